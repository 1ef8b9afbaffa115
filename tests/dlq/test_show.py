"""Looking at dead letters: list, show, stats."""

from __future__ import annotations

import json
import re

import pytest
import redis

from shema_cli.clock import local_instant
from tests.dlq.support import FLIGHT, Service, Shema, entry_id, event, letter, push, stored
from tests.events.history.writing import History


def test_lists_newest_first_with_everything_that_is_known(dlq: Shema, redis_client: redis.Redis) -> None:
    raws = [letter(0), b"\xff\xfe", letter(2, error=None)]
    push(redis_client, raws)
    result = dlq.json("list")
    assert (result["total"], result["shown"]) == (3, 3)
    newest, broken, oldest = result["entries"]
    assert set(newest) == {
        "id", "index", "event_type", "event_id", "channel", "error", "failed_at", "age_s", "replays", "valid", "reason",
        "fingerprint", "acknowledged",
    }  # fmt: skip
    assert newest["id"] == entry_id(raws[2])
    assert (newest["index"], broken["index"], oldest["index"]) == (0, 1, 2)
    assert (newest["error"], newest["valid"], newest["reason"]) == (None, True, None)
    assert (oldest["event_type"], oldest["channel"]) == ("ENROLLMENT_APPROVED", "enrollment.approved")
    assert oldest["event_id"] == "evt_00000000"
    assert oldest["failed_at"] == "2026-01-02T00:00:00.000Z"
    assert oldest["age_s"] > 0
    assert (broken["valid"], broken["reason"], broken["channel"]) == (False, "not UTF-8", None)


def test_limit_and_filters(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(n, "ENROLLMENT_APPROVED" if n % 2 else "BOOKING_CREATED") for n in range(120)])
    result = dlq.json("list", "--limit", "2")
    assert (result["total"], result["shown"]) == (120, 2)
    assert [entry["index"] for entry in result["entries"]] == [0, 1]
    assert dlq.json("list")["shown"] == 50
    chosen = dlq.json("list", "--type", "BOOKING_CREATED", "--limit", "3")
    assert (chosen["total"], chosen["shown"]) == (60, 3)
    assert [entry["index"] for entry in chosen["entries"]] == [1, 3, 5]
    assert dlq("list", "--limit", "0").code == 2


def test_only_invalid_ones(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(0), b"junk", b"[1]"])
    assert [entry["id"] for entry in dlq.json("list", "--invalid")["entries"]] == [entry_id(b"[1]"), entry_id(b"junk")]


def test_an_empty_list(dlq: Shema) -> None:
    assert dlq.json("list") == {"entries": [], "total": 0, "shown": 0}
    stats = dlq.json("stats")
    nothing: dict[str, object] = {
        "total": 0,
        "invalid": 0,
        "oldest": None,
        "newest": None,
        "oldest_at": None,
        "per_hour": [0] * 24,
        "rising": False,
        "undated": 0,
        "by_type": {},
        "by_error": [],
    }
    assert stats == nothing | {"acknowledged": {"entries": 0, "quiet": []}}
    assert dlq.json("replay", "--all", "--yes")["remaining"] == 0
    assert dlq("list").code == 0


def test_what_is_in_flight_belongs_to_the_list(dlq: Shema, redis_client: redis.Redis) -> None:
    redis_client.lpush(FLIGHT, letter(0), letter(1))
    push(redis_client, [letter(2)])
    run = dlq("list", "-o", "json")
    assert [entry["event_id"] for entry in run.json["entries"]] == ["evt_00000002", "evt_00000001", "evt_00000000"]
    assert "2 entries are in flight" in run.err
    assert "shema dlq recover" in run.err
    assert dlq.json("show", "evt_00000000")["index"] == 2
    assert dlq.json("stats")["total"] == 3


def test_show_tells_entry_listeners_and_replays(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1, n=12345678901234567890, empty=[])])
    shown = dlq.json("show", entry_id(stored(redis_client)[0])[:6])
    assert shown["entry"]["event"] == event(1, n=12345678901234567890, empty=[])
    assert (shown["listeners"], shown["replays"], shown["index"]) == (0, 0, 0)
    assert "raw" not in shown


def test_show_tells_earlier_attempts(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    for error in ("first", "second", "third"):
        push(redis_client, [letter(1, error=error), letter(2)])
        if error != "third":
            dlq.json("replay", "--all", "--yes")
    shown = dlq.json("show", entry_id(letter(1, error="third")))
    assert shown["replays"] == len(shown["attempts"]) == 2
    assert {attempt["by"] for attempt in shown["attempts"]} == {"admin@shema.test"}
    latest, first = (attempt["at"] for attempt in shown["attempts"])
    assert latest >= first
    drawn = dlq("show", entry_id(letter(1, error="third")), terminal=True).out
    assert f"{local_instant(first)} by admin@shema.test" in re.sub(r"\x1b\[[0-9;]*m", "", drawn)
    assert dlq.json("show", entry_id(letter(2)))["replays"] == 2


@pytest.mark.parametrize(
    ("raw", "text"), [(b"a\xff\x1b[31m", "a\\xff\x1b[31m"), (b"", ""), (b'{"event":NaN}', '{"event":NaN}')]
)
def test_show_of_what_cannot_be_decoded(dlq: Shema, redis_client: redis.Redis, raw: bytes, text: str) -> None:
    push(redis_client, [raw])
    shown = dlq.json("show", entry_id(raw))
    assert shown["raw"] == text
    assert "entry" not in shown
    assert (shown["valid"], shown["listeners"]) == (False, None)
    assert "\x1b" not in dlq("show", entry_id(raw)).out


def test_show_of_numbers_that_json_can_write_and_python_cannot(dlq: Shema, redis_client: redis.Redis) -> None:
    raw = b'{"event":{"eventType":"A","huge":1e999,"long":%s}}' % (b"9" * 5000)
    push(redis_client, [raw])
    run = dlq("show", entry_id(raw), "-o", "json")
    assert "Infinity" not in run.out
    assert run.json["entry"]["event"] == {"eventType": "A", "huge": "1e999", "long": "9" * 5000}


def test_show_of_nothing(dlq: Shema, redis_client: redis.Redis) -> None:
    assert dlq.json("show", "ffffffff", code=1)["error"]["code"] == "entry_not_found"
    assert dlq("show", "abc").code == 2


def test_stats_fold_errors_and_count_types(dlq: Shema, redis_client: redis.Redis) -> None:
    errors = ["Timeout after 5000ms", "Timeout after 7000ms", "connect ECONNREFUSED 10.0.0.1:80", None]
    push(redis_client, [*(letter(n, error=text) for n, text in enumerate(errors)), letter(9, "BOOKING_CREATED"), b"x"])
    stats = dlq.json("stats")
    assert (stats["total"], stats["invalid"]) == (6, 1)
    assert stats["by_type"] == {"ENROLLMENT_APPROVED": 4, "BOOKING_CREATED": 1}
    assert (stats["oldest"], stats["newest"]) == ("2026-01-02T00:00:00.000Z", "2026-01-02T00:00:09.000Z")
    timeouts = stats["by_error"][0]
    assert (timeouts["count"], timeouts["example"]) == (3, "Timeout after 5000ms")
    assert (timeouts["first"], timeouts["last"]) == ("2026-01-02T00:00:00.000Z", "2026-01-02T00:00:09.000Z")
    assert sum(family["count"] for family in stats["by_error"]) == 5
    assert dlq.json("stats", "--type", "BOOKING_CREATED")["total"] == 1


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_person_sees_it_at_every_width(
    dlq: Shema, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    push(redis_client, [letter(n, error=f"Timeout after {n}ms while calling http://chat:3005/api") for n in range(5)])
    push(redis_client, [b"\x1b]0;owned\x07[red]x[/red]"])
    for words in (("list",), ("stats",), ("show", "evt_00000003"), ("show", entry_id(b"\x1b]0;owned\x07[red]x[/red]"))):
        run = dlq(*words, terminal=True)
        assert run.code == 0
        assert "\x1b]" not in run.out
        assert "\x07" not in run.out
        plain = re.sub(r"\x1b\[[0-9;]*m", "", run.out)
        assert max(map(len, plain.splitlines())) <= width, plain
        assert "Timeout" in plain or "owned" in plain


def test_csv_and_tabs(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(0, error='=HYPERLINK("http://evil")')])
    assert "'=HYPERLINK" in dlq("list", "-o", "csv").out
    assert dlq("list").out.split("\t")[0] == entry_id(stored(redis_client)[0])


def test_redis_out_of_reach(dlq_env: dict[str, str]) -> None:
    away = Shema({**dlq_env, "REDIS_URL": "redis://127.0.0.1:1/0"})
    for words in (("list",), ("stats",), ("replay", "--all", "--yes"), ("recover",)):
        run = away(*words, "-o", "json")
        assert run.code == 3, run.out
        assert json.loads(run.out)["error"]["code"] == "redis_unreachable"


def test_an_entry_is_shown_in_its_own_digits(dlq: Shema, redis_client: redis.Redis) -> None:
    data = '{"a":12345678901234567.89,"d":1.10,"e":1e5,"z":-0,"dup":1,"dup":2}'
    raw = f'{{"event":{{"eventType":"USER_UPDATED","eventId":"evt_digits","data":{data}}},"error":1.10}}'
    push(redis_client, [raw.encode()])
    assert f'"entry":{raw},' in dlq("show", "evt_digits", "-o", "json").out


def test_an_event_that_is_no_dead_letter_is_found_in_the_history(dlq: Shema, redis_client: redis.Redis) -> None:
    history = History(redis_client)
    recorded = history.event(1, 7, enrollmentId="enr-1")
    for word in ("evt_7", recorded):
        shown = dlq("show", word, "--json")
        assert (shown.code, shown.json["error"]["code"]) == (1, "only_in_history")
        assert "published on enrollment.approved at" in shown.json["error"]["message"]
        assert f"shema trace {word}" in shown.json["error"]["hint"]
        assert f"shema events resend {recorded}" in shown.json["error"]["hint"]
    assert dlq("show", "enr-1", "--json").json["error"]["code"] == "entry_not_found", "it is only mentioned"


def test_a_dead_letter_says_when_it_was_published(dlq: Shema, redis_client: redis.Redis) -> None:
    raw = letter(7)
    push(redis_client, [raw])
    assert dlq.json("show", entry_id(raw))["published"] == []
    history = History(redis_client)
    recorded = history.message(1, "enrollment.approved", json.dumps(json.loads(raw)["event"]))
    shown = dlq.json("show", entry_id(raw))
    assert [one["id"] for one in shown["published"]] == [recorded]
    assert recorded in dlq("show", entry_id(raw), terminal=True).out
