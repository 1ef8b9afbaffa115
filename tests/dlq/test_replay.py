from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.dlq.run.bounces import BounceWatch
from tests.dlq.support import FLIGHT, LIST, RUNS, SHEMA, Service, Shema, entry_id, event, letter, numbers, push, stored
from tests.support.subscriber import Heard, TailLike
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey


def test_replays_everything_oldest_first_and_exactly_as_stored(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(n) for n in range(450)]
    push(redis_client, raws)
    result = dlq.json("replay", "--all", "--yes")
    assert result == {
        "replayed": 450, "events": 450, "unheard": 0, "skipped": 0, "invalid": 0, "failed": 0, "bounced": 0, "gone": 0,
        "remaining": 0, "problems": [],
    }  # fmt: skip
    payloads = service.payloads(450)
    assert payloads == [json.dumps(event(n), separators=(",", ":")).encode() for n in range(450)]
    assert stored(redis_client) == []
    assert redis_client.keys("*run:*") == []
    assert redis_client.zcard(RUNS) == 0


@pytest.mark.parametrize(
    "event_text",
    [
        '{"eventType":"ENROLLMENT_APPROVED","n":9007199254740993,"data":{}}',
        '{"data":{"list":[],"object":{},"f":1.10,"e":1E+2,"z":-0.0},"eventType":"ENROLLMENT_APPROVED"}',
        '{ "eventType" : "ENROLLMENT_APPROVED" , "name":"Çağla 🎻 \\u00e9", "a":1, "a":2 }',
        '{"eventType":"ENROLLMENT_APPROVED","half":"\\ud83d"}',
    ],
)
@pytest.mark.parametrize("shape", ['{{"event":{0},"error":"x"}}', '\n{{ "error":"ü","event" : {0} ,"failedAt":null}}'])
def test_the_bytes_of_the_event_are_what_is_published(
    dlq: Shema, redis_client: redis.Redis, service: Service, event_text: str, shape: str
) -> None:
    push(redis_client, [shape.format(event_text).encode()])
    assert dlq.json("replay", "--all", "--yes")["replayed"] == 1
    assert service.payloads(1) == [event_text.encode()]


def test_the_last_of_two_events_counts_as_in_javascript(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    first, last = json.dumps(event(1)), json.dumps(event(2))
    push(redis_client, [f'{{"event":{first},"ev\\u0065nt":{last}}}'.encode()])
    assert dlq.json("replay", "--all", "--yes")["replayed"] == 1
    assert service.payloads(1) == [last.encode()]


def test_chat_messages_go_to_their_session(dlq: Shema, redis_client: redis.Redis, valkey: Valkey) -> None:
    message = {"type": "new_message", "sessionId": "a:b", "senderId": "u", "message": "halo"}
    push(redis_client, [json.dumps({"event": message, "error": "x"}).encode()])
    with Service(valkey.port, channels=(), patterns=("chat:session:*",)) as chat:
        assert dlq.json("replay", "--all", "--yes")["replayed"] == 1
        chat.payloads(1)
        assert chat.heard == [Heard("chat:session:a:b", json.dumps(message).encode())]


def test_what_nobody_hears_stays_byte_for_byte(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    raws = [letter(n, "BOOKING_CREATED") for n in range(300)] + [b"\xff\x00", b"{}"]
    push(redis_client, raws)
    result = dlq.json("replay", "--all", "--yes", code=5)
    assert (result["replayed"], result["unheard"], result["invalid"], result["remaining"]) == (0, 300, 2, 302)
    assert {"id": entry_id(raws[0]), "outcome": "unheard", "message": "nobody listens to booking.created"} in result[
        "problems"
    ]
    assert redis_client.lrange(LIST, 0, -1) == raws[::-1]
    assert not redis_client.exists(FLIGHT)
    assert not service.heard
    assert audited(redis_client) == []
    assert redis_client.keys(f"{SHEMA}*") == []


def test_a_mix_is_partly_done_and_keeps_its_order(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    raws = [letter(n, "ENROLLMENT_APPROVED" if n % 3 else "BOOKING_CREATED") for n in range(700)]
    push(redis_client, raws)
    result = dlq.json("replay", "--all", "--yes", code=1)
    heard = [n for n in range(700) if n % 3]
    assert (result["replayed"], result["unheard"]) == (len(heard), 700 - len(heard))
    assert numbers(service.payloads(len(heard))) == heard
    assert redis_client.lrange(LIST, 0, -1) == [raw for n, raw in enumerate(raws) if n % 3 == 0][::-1]


def test_allow_unheard_publishes_all_the_same(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1)])
    assert dlq.json("replay", "--all", "--yes", "--allow-unheard")["replayed"] == 1
    assert stored(redis_client) == []


def test_a_subscriber_of_another_pattern_is_no_listener(dlq: Shema, redis_client: redis.Redis, valkey: Valkey) -> None:
    push(redis_client, [letter(1)])
    with Service(valkey.port, channels=("enrollment.rejected",), patterns=("chat:session:*",)):
        assert dlq.json("replay", "--all", "--yes", code=5)["unheard"] == 1


def test_our_own_tails_are_no_listeners(dlq: Shema, redis_client: redis.Redis, valkey: Valkey) -> None:
    push(redis_client, [letter(1)])
    with TailLike(valkey.port, b"enrollment.*") as tail:
        assert dlq.json("replay", "--all", "--yes", code=5)["unheard"] == 1
        assert not tail.heard, "what nobody hears is not tried"
    assert stored(redis_client) == [letter(1)]


def test_a_replay_is_audited_once(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(n) for n in range(300)])
    dlq.json("replay", "--all", "--yes", "--rate", "100000")
    begun, fields = audited(redis_client)
    assert (begun["action"], fields["action"]) == ("dlq.replay.begun", "dlq.replay")
    assert ended(redis_client) == [fields]
    assert fields["actorEmail"] == "admin@shema.test"
    details = json.loads(fields["details"])
    assert (details["replayed"], details["selection"]) == (300, "--all")


@pytest.mark.parametrize("count", [1, 3])
def test_by_id_prefix_and_event_id(dlq: Shema, redis_client: redis.Redis, service: Service, count: int) -> None:
    raws = [letter(n) for n in range(1000)]
    push(redis_client, raws)
    chosen = [5, 500, 999][:count]
    words = [entry_id(raws[5]), entry_id(raws[500])[:9], "evt_00000999"][:count]
    result = dlq.json("replay", *words, "--yes")
    assert (result["replayed"], result["remaining"]) == (count, 1000 - count)
    assert numbers(service.payloads(count)) == chosen
    assert redis_client.lrange(LIST, 0, -1) == [raw for n, raw in enumerate(raws) if n not in chosen][::-1]


def test_ids_from_a_file_and_from_stdin(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    raws = [letter(n) for n in range(4)]
    push(redis_client, raws)
    text = f"# mine\n\n{entry_id(raws[2])}\n  {entry_id(raws[0])}\n".encode()
    assert dlq.json("replay", "--ids-file", "-", "--yes", stdin=text)["replayed"] == 2
    assert numbers(service.payloads(2)) == [0, 2]
    assert dlq("replay", "--ids-file", "-", "--type", "*", "--yes", stdin=b"\n").code == 1
    assert len(stored(redis_client)) == 2


def test_an_unknown_id_is_not_found_and_others_are_done(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(1), letter(2)]
    push(redis_client, raws)
    missing = dlq.json("replay", "ffffffffffff", "--yes", code=1)
    assert missing["error"]["code"] == "entry_not_found"
    result = dlq.json("replay", "ffffffffffff", entry_id(raws[1]), "--yes", code=1)
    assert result["replayed"] == 1
    assert result["problems"] == [
        {"id": "ffffffffffff", "outcome": "not_found", "message": "no dead letter has this id"}
    ]


def test_an_ambiguous_prefix_lists_what_it_fits(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    by_head: dict[str, list[bytes]] = {}
    for raw in map(letter, range(2000)):
        by_head.setdefault(entry_id(raw)[:4], []).append(raw)
    head, pair = next((head, raws) for head, raws in by_head.items() if len(raws) > 1)
    push(redis_client, pair)
    error = dlq.json("replay", head, "--yes", code=2)["error"]
    assert error["code"] == "ambiguous_id"
    assert all(entry_id(raw) in error["message"] for raw in pair)
    assert stored(redis_client) == pair
    assert dlq("replay", head[:3], "--yes").code == 2


def test_no_selection_names_the_ways_to_select(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1)])
    run = dlq("replay", "--yes")
    assert run.code == 2
    assert "--all" in run.err
    assert "--ids-file" in run.err
    assert dlq("replay", "--all", entry_id(letter(1)), "--yes").code == 2


def test_identical_entries_are_chosen_together(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(1), letter(2), letter(1)])
    assert dlq.json("replay", entry_id(letter(1)), "--yes")["replayed"] == 2
    assert stored(redis_client) == [letter(2)]


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (("--type", "BOOKING_CREATED"), [1, 3]),
        (("--type", "booking.*"), [1, 3]),
        (("--error", "REFUSED"), [2, 3]),
        (("--since", "2026-01-02T00:00:02Z"), [2, 3]),
        (("--until", "2026-01-02T00:00:02Z"), [0, 1, 2]),
        (("--type", "BOOKING_CREATED", "--error", "refused"), [3]),
        (("--all", "--limit", "2"), [0, 1]),
    ],
)
def test_filters(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey, words: tuple[str, ...], chosen: list[int]
) -> None:
    errors = [
        "Timeout after 5000ms",
        "Timeout after 70ms",
        "connect ECONNREFUSED 10.0.0.1:80",
        "ECONNREFUSED 10.0.0.2:80",
    ]
    kinds = ["ENROLLMENT_APPROVED", "BOOKING_CREATED"] * 2
    raws = [letter(n, kinds[n], errors[n]) for n in range(4)]
    push(redis_client, raws)
    with Service(valkey.port, channels=("booking.created", "enrollment.approved")) as both:
        assert dlq.json("replay", *words, "--yes")["replayed"] == len(chosen)
        assert numbers(both.payloads(len(chosen))) == chosen
    assert redis_client.lrange(LIST, 0, -1) == [raw for n, raw in enumerate(raws) if n not in chosen][::-1]


def test_a_fingerprint_chooses_its_family(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(0), letter(1, error="Timeout after 70ms"), letter(2, error="no seat left")])
    family = dlq.json("stats")["by_error"][0]
    assert family["count"] == 2
    assert dlq.json("replay", "--fingerprint", family["fingerprint"], "--yes")["replayed"] == 2
    assert stored(redis_client) == [letter(2, error="no seat left")]


def test_an_event_comes_back_three_times_and_no_more(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    for round_ in range(3):
        push(redis_client, [letter(1, error=f"round {round_}")])
        assert dlq.json("replay", "--all", "--yes")["replayed"] == 1
    push(redis_client, [letter(1, error="again")])
    assert dlq.json("list")["entries"][0]["replays"] == 3
    result = dlq.json("replay", "--all", "--yes", code=5)
    assert (result["replayed"], result["skipped"], result["problems"][0]["outcome"]) == (0, 1, "skipped")
    assert dlq.json("replay", "--all", "--yes", "--max-replays", "4")["replayed"] == 1
    push(redis_client, [letter(1, error="and again")])
    assert dlq.json("replay", "--all", "--yes", "--force")["replayed"] == 1
    assert len(service.payloads(5)) == 5


def test_replays_of_the_period_before_count(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(1), letter(1), letter(1)])
    assert dlq.json("replay", "--all", "--yes", "--each")["events"] == 3
    names: Any = redis_client.keys(f"{SHEMA}replays:*")
    for key in names:
        period, *shard = key.decode().removeprefix(f"{SHEMA}replays:").split(":")
        redis_client.rename(key, ":".join([f"{SHEMA}replays", str(int(period) - 1), *shard]))
    push(redis_client, [letter(1), letter(2)])
    result = dlq.json("replay", "--all", "--yes", code=1)
    assert (result["replayed"], result["skipped"]) == (1, 1)
    assert dlq.json("list")["entries"][0]["replays"] == 3


def test_an_invalid_entry_by_id_is_a_failure_and_under_all_is_not(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [b"not json", letter(1)])
    assert dlq.json("replay", entry_id(b"not json"), "--yes", code=1)["invalid"] == 1
    result = dlq.json("replay", "--all", "--yes")
    assert (result["replayed"], result["invalid"], result["remaining"]) == (1, 1, 1)
    assert stored(redis_client) == [b"not json"]


def test_later_arrivals_are_left_alone(dlq: Shema, redis_client: redis.Redis, valkey: Valkey) -> None:
    push(redis_client, [letter(n) for n in range(500)])

    with Service(valkey.port) as service:
        late = [letter(1000 + n) for n in range(50)]

        def one_more(_: Heard) -> None:
            if len(service.heard) < len(late):
                redis_client.lpush(LIST, late[len(service.heard)])

        service.on_message = one_more
        result = dlq.json("replay", "--all", "--yes", "--rate", "2000")
        assert result["replayed"] == 500
        assert numbers(service.payloads(500)) == list(range(500))
    assert stored(redis_client) == late


def test_verify_reports_what_comes_back(dlq: Shema, redis_client: redis.Redis, valkey: Valkey) -> None:
    push(redis_client, [letter(n) for n in range(10)])

    def fail(heard: Heard) -> None:
        (number,) = numbers([heard.payload])
        if number in (3, 7):
            redis_client.lpush(LIST, letter(number, error="still failing"))

    with Service(valkey.port) as service:
        service.on_message = fail
        result = dlq.json("replay", "--all", "--yes", "--verify", "0.6", code=1)
    assert (result["replayed"], result["bounced"], result["remaining"]) == (10, 2, 2)
    assert [problem["outcome"] for problem in result["problems"]] == ["bounced"] * 2
    assert result["problems"][0]["id"] == entry_id(letter(3, error="still failing"))


def test_the_canary_goes_on_when_nothing_comes_back(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(n) for n in range(10)])
    result = dlq.json("replay", "--all", "--yes", "--canary", "2", "--verify", "0.2")
    assert result["replayed"] == 10
    assert numbers(service.payloads(10)) == list(range(10))


def test_a_canary_says_what_it_waits_for_and_waits_once_when_nothing_is_left(
    dlq: Shema, redis_client: redis.Redis, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    original = BounceWatch.until

    def until(self: BounceWatch, seconds: float, *rest: Any) -> None:
        waits.append(seconds)
        original(self, seconds, *rest)

    monkeypatch.setattr(BounceWatch, "until", until)
    push(redis_client, [letter(n) for n in range(3)])
    run = dlq("replay", "--all", "--yes", "--canary", "5", "--verify", "0.3", "-o", "json")
    assert (run.code, run.json["replayed"], waits) == (0, 3, [0.3])
    assert run.err.count("3 replayed; watching 1 s more") == 1
    push(redis_client, [letter(n) for n in range(10, 14)])
    run = dlq("replay", "--all", "--yes", "--canary", "1", "--verify", "0.3")
    assert waits == [0.3] * 3
    assert run.err.index("1 replayed; watching 1 s more") < run.err.index("4 replayed; watching 1 s more")
    push(redis_client, [letter(20)])
    assert "1 replayed; watching 1 s more" in dlq("replay", "--all", "--yes", "--verify", "0.3").err


def test_the_question_says_what_a_canary_does(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(n) for n in range(3)])
    asked = dlq("replay", "--all", "--canary", "2", stdin=b"n\n", terminal=True).err
    assert "2  of them first; the others if none comes back within 10 s" in asked
    assert "of them first" not in dlq("replay", "--all", "--canary", "3", stdin=b"n\n", terminal=True).err


def test_the_canary_stops_the_rest_when_it_comes_back(dlq: Shema, redis_client: redis.Redis, valkey: Valkey) -> None:
    push(redis_client, [letter(n) for n in range(10)])

    def fail(heard: Heard) -> None:
        redis_client.lpush(LIST, letter(numbers([heard.payload])[0], error="still failing"))

    with Service(valkey.port) as service:
        service.on_message = fail
        result = dlq.json("replay", "--all", "--yes", "--canary", "2", "--verify", "5", code=1)
    assert (result["replayed"], result["bounced"], result["remaining"]) == (2, 2, 10)
    assert result["stopped"]["code"] == "canary_stopped"
    assert result["stopped"]["message"] == "the canary stopped it: 2 of 2 came back; 8 others left alone"
    assert not redis_client.exists(FLIGHT)


def test_the_canary_stops_when_nobody_hears_it(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(n) for n in range(10)])
    result = dlq.json("replay", "--all", "--yes", "--canary", "1", "--verify", "5", code=5)
    assert (result["replayed"], result["unheard"]) == (0, 1)


def test_a_dry_run_plans_and_changes_nothing(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    raws = [letter(0), letter(1, "BOOKING_CREATED"), b"junk"]
    push(redis_client, raws)
    result = dlq.json("replay", "--all", "--dry-run")
    assert (result["replayed"], result["remaining"]) == (0, 3)
    assert result["plan"]["channels"] == {
        "booking.created": {"entries": 1, "listeners": 0},
        "enrollment.approved": {"entries": 1, "listeners": 1},
    }
    plan = result["plan"]
    assert (plan["replay"], plan["events"], plan["unheard"], plan["invalid"]) == (1, 1, 1, 1)
    assert stored(redis_client) == raws
    assert not service.payloads(1, 0.1)
    assert redis_client.keys(f"{LIST}*") == [LIST.encode()]


def test_without_a_terminal_it_asks_for_the_flag(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(0)])
    run = dlq("replay", "--all")
    assert run.code == 2
    assert "--yes" in run.err
    assert stored(redis_client) == [letter(0)]
    assert not service.heard
    assert redis_client.zcard(RUNS) == 0


def test_the_confirmation_states_what_will_happen(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(0), letter(1), letter(2, "BOOKING_CREATED")])
    run = dlq("replay", "--all", stdin=b"n\n", terminal=True)
    assert run.code == 5
    facts = (
        "Replay 2 dead letters",
        "old",
        "enrollment.approved",
        "1 listener",
        "nobody listens, left alone",
        "Target: ",
    )
    for fact in facts:
        assert fact in run.err, run.err
    assert len(stored(redis_client)) == 3
    assert redis_client.zcard(RUNS) == 0


def test_edit_publishes_what_the_editor_left(
    dlq_env: dict[str, str], redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(0), letter(1, n=12345678901234567890), letter(2)])
    dlq = Shema({**dlq_env, "EDITOR": "sed -i s/enr_1/enr_one/"})
    run = dlq("replay", "evt_00000001", "--edit", "--yes", "-o", "json")
    assert run.json["replayed"] == 1
    assert '-    "enrollmentId": "enr_1"' in run.err
    assert '+    "enrollmentId": "enr_one"' in run.err
    expected = json.dumps(event(1, n=12345678901234567890), separators=(",", ":")).replace("enr_1", "enr_one")
    assert service.payloads(1) == [expected.encode()]
    assert stored(redis_client) == [letter(0), letter(2)]


@pytest.mark.parametrize(
    ("editor", "code"),
    [
        ("true", 5),
        ("false", 1),
        ("sed -i s/eventType/eventKind/", 2),
        ("sed -i '$ a 1'", 2),
        ("", 2),
        ("sed -i s/enrollmentId/enrolmentId/", 2),
        ("sed -i s/APPROVED/APROVED/", 2),
        ("sed -i s/1.0/9.0/", 2),
    ],
)
def test_an_edit_that_cannot_be_published_changes_nothing(
    dlq_env: dict[str, str], redis_client: redis.Redis, service: Service, editor: str, code: int
) -> None:
    push(redis_client, [letter(1)])
    run = Shema({**dlq_env, "EDITOR": editor})("replay", "evt_00000001", "--edit", "--yes", "-o", "json")
    assert run.code == code, run.out
    assert stored(redis_client) == [letter(1)]
    assert not service.heard


def test_an_edit_is_asked_for_once_with_the_difference_and_its_digests_are_audited(
    dlq_env: dict[str, str], redis_client: redis.Redis, service: Service, tmp_path: Path
) -> None:
    raws = [letter(1, error=f"service-{n} down") for n in range(3)]
    push(redis_client, [*raws, letter(2)])
    dlq = Shema({**dlq_env, "EDITOR": "sed -i s/s1/s2/"})
    asked = dlq("replay", "evt_00000001", "--edit", stdin=b"y\n", terminal=True)
    assert asked.code == 0, asked.err
    assert asked.err.count("[y/N]") == 1
    assert asked.err.index('+    "studentId": "s2"') < asked.err.index("3 entries, 1 event")
    stored_event = json.dumps(event(1), separators=(",", ":")).encode()
    assert service.payloads(1) == [stored_event.replace(b"s1", b"s2")]
    assert stored(redis_client) == [letter(2)]
    begun, ended = audited(redis_client)
    details = json.loads(ended["details"])
    before, after = (sha256(payload).hexdigest() for payload in (stored_event, service.heard[0].payload))
    assert details["edited"] == {"before": before, "after": after}
    assert f"--edit {before} {after}" in json.loads(begun["details"])["selection"]
    assert f"shema dlq import {details['original']}" in asked.err
    assert dlq.json("import", details["original"], "--yes")["imported"] == 3
    assert stored(redis_client) == [letter(2), *raws]


def test_what_was_written_is_kept_when_it_does_not_go_out(dlq_env: dict[str, str], redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1)])
    dlq = Shema({**dlq_env, "EDITOR": "sed -i s/s1/s2/"})
    for words, stdin in ((("--yes",), b""), (("--allow-unheard",), b"n\n"), (("--dry-run",), b"")):
        run = dlq("replay", "evt_00000001", "--edit", *words, stdin=stdin, terminal=True)
        (kept,) = re.findall(r"what you wrote is kept in (\S+)", run.err)
        assert '"studentId": "s2"' in Path(kept).read_text()
        Path(kept).unlink()
    assert stored(redis_client) == [letter(1)]
    assert not list(Path().glob("*.ndjson"))


def test_what_cannot_be_published_can_be_edited_again(
    dlq_env: dict[str, str], redis_client: redis.Redis, service: Service, tmp_path: Path
) -> None:
    push(redis_client, [letter(1)])
    editor = tmp_path / "editor"
    editor.write_text(
        "#!/bin/sh\nif grep -q oops $1; then sed -i /oops/d $1; else sed -i s/s1/s2/ $1; echo oops >>$1; fi\n"
    )
    editor.chmod(0o700)
    dlq = Shema({**dlq_env, "VISUAL": str(editor), "EDITOR": "false"})
    no = dlq("replay", "evt_00000001", "--edit", stdin=b"n\n", terminal=True)
    assert (no.code, "Edit it again?" in no.err, "oops" in _kept(no.err)) == (2, True, True)
    yes = dlq("replay", "evt_00000001", "--edit", stdin=b"y\ny\n", terminal=True)
    assert yes.code == 0, yes.err
    assert b'"s2"' in service.payloads(1)[0]


def _kept(said: str) -> str:
    (name,) = re.findall(r"what you wrote is kept in (\S+)", said)
    text = Path(name).read_text()
    Path(name).unlink()
    return text


def test_what_the_stored_event_has_at_fault_is_only_warned_of(
    dlq_env: dict[str, str], redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(1, more=1)])
    run = Shema({**dlq_env, "EDITOR": "sed -i s/s1/s2/"})("replay", "evt_00000001", "--edit", "--yes")
    assert run.code == 0
    assert "as it was stored, enrollment.approved: unknown field more" in run.err


def test_an_invalid_entry_can_be_made_valid(
    dlq_env: dict[str, str], redis_client: redis.Redis, service: Service
) -> None:
    raw = json.dumps({"event": {**event(1), "eventType": ""}, "error": "x"}).encode()
    push(redis_client, [raw])
    dlq = Shema({**dlq_env, "EDITOR": """sed -i 's/"eventType": ""/"eventType": "ENROLLMENT_APPROVED"/'"""})
    assert dlq.json("replay", entry_id(raw), "--edit", "--yes")["replayed"] == 1
    assert json.loads(service.payloads(1)[0]) == event(1)


def test_an_editor_is_looked_for_where_there_is_a_terminal(
    dlq_env: dict[str, str], redis_client: redis.Redis, service: Service, tmp_path: Path
) -> None:
    push(redis_client, [letter(1)])
    (tmp_path / "nano").write_text("#!/bin/sh\nexec /bin/sed -i s/s1/s2/ $1\n")
    (tmp_path / "nano").chmod(0o700)
    dlq = Shema({**dlq_env, "PATH": str(tmp_path)})
    assert dlq("replay", "evt_00000001", "--edit", stdin=b"y\n", terminal=True).code == 0
    assert b'"s2"' in service.payloads(1)[0]
    push(redis_client, [letter(2)])
    assert dlq.json("replay", "evt_00000002", "--edit", "--yes", code=2)["error"]["code"] == "no_editor"


def test_edit_takes_one_event(dlq_env: dict[str, str], redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(1), letter(2)])
    dlq = Shema({**dlq_env, "EDITOR": "sed -i s/s1/s2/"})
    assert dlq.json("replay", "--all", "--edit", "--yes", code=2)["error"]["code"] == "edit_one"
    assert dlq.json("replay", "--all", "--edit", "--limit", "1", "--yes")["replayed"] == 1
    assert numbers(service.payloads(1)) == [1]


def test_rate_zero_is_no_rate(dlq: Shema) -> None:
    assert dlq("replay", "--all", "--rate", "0", "--yes").code == 2
