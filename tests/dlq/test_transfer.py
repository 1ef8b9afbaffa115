from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from typing import Any

import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dlq.support import FLIGHT, LIST, RUNS, SHEMA, Shema, entry_id, letter, push, remove, stored
from tests.support.trail import ended

RAWS = [letter(0), b"\xff\xfe\x00", b"", letter(3, name="Çağla 🎻"), b"not json\n\r", letter(0), b"\xe2\x80\xa8"]


def test_export_and_import_bring_back_every_byte_in_order(
    dlq: Shema, redis_client: redis.Redis, tmp_path: Path
) -> None:
    push(redis_client, RAWS)
    assert dlq.json("export", "letters.ndjson") == {"exported": 7, "file": "letters.ndjson"}
    assert stat.S_IMODE((tmp_path / "letters.ndjson").stat().st_mode) == 0o600
    redis_client.delete(LIST)
    assert dlq.json("import", "letters.ndjson", "--yes") == {"imported": 7, "duplicates": 0}
    assert stored(redis_client) == RAWS
    assert dlq.json("import", "letters.ndjson", "--yes") == {"imported": 0, "duplicates": 7}
    assert stored(redis_client) == RAWS


def test_export_to_stdout_and_import_from_stdin(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, RAWS)
    out = dlq("export", "-").out
    assert [json.loads(line)["id"] for line in out.splitlines()] == [entry_id(raw) for raw in RAWS]
    redis_client.delete(LIST)
    assert dlq.json("import", "-", "--yes", stdin=(out + out).encode()) == {"imported": 7, "duplicates": 7}
    assert stored(redis_client) == RAWS


def test_import_keeps_what_is_there_and_fills_in_the_rest(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, RAWS)
    lines = dlq("export", "-").out.encode()
    remove(redis_client, letter(0))
    redis_client.rpoplpush(LIST, FLIGHT)  # one in flight is there as well
    assert dlq.json("import", "-", "--yes", stdin=lines) == {"imported": 1, "duplicates": 6}
    assert sorted(stored(redis_client)) == sorted(RAWS)


def test_export_of_a_selection(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, RAWS)
    out = dlq("export", "-", "--invalid").out
    assert [json.loads(line)["id"] for line in out.splitlines()] == [entry_id(RAWS[n]) for n in (1, 2, 4, 6)]


def test_a_bad_line_imports_nothing(dlq: Shema, redis_client: redis.Redis) -> None:
    good = dlq_line(letter(1))
    for bad in (
        b"x",
        b"{}",
        b'{"raw":1}',
        b'{"raw_b64":"%"}',
        b"[]",
        b'{"id":"000000000000","raw":"x"}',
        b'{"raw":"\\ud800"}',
    ):
        error = dlq.json("import", "-", "--yes", code=2, stdin=good + bad + b"\n")["error"]
        assert error["code"] == "bad_export"
        assert "line 2" in error["message"]
    assert stored(redis_client) == []


def test_import_says_what_it_would_do(dlq: Shema, redis_client: redis.Redis) -> None:
    assert dlq.json("import", "-", "--dry-run", stdin=dlq_line(letter(1))) == {"imported": 0, "duplicates": 0}
    assert "1 would be imported" in dlq("import", "-", "--dry-run", stdin=dlq_line(letter(1))).err
    assert dlq("import", "-", stdin=dlq_line(letter(1))).code == 2  # nobody there to ask
    assert dlq("import", "missing.ndjson", "--yes").code == 2
    assert stored(redis_client) == []


def test_two_imports_at_once_are_one(dlq: Shema, redis_client: redis.Redis) -> None:
    now = int(redis_client.time()[0]) * 1000
    other: dict[Any, Any] = {"state": "live", "action": "dlq.import", "started": 1, "frontier": 0, "bound": 0, "seq": 0}
    redis_client.hset(f"{SHEMA}run:other", mapping=other)
    redis_client.zadd(RUNS, {"other": now + 60_000})
    beating = threading.Event()

    def live() -> None:  # renews its lease, as a run that lives does
        end = now + 60_000
        while not beating.wait(0.05):
            redis_client.zadd(RUNS, {"other": (end := end + 50)})

    heart = threading.Thread(target=live)
    heart.start()
    try:
        error = dlq.json("import", "-", "--yes", code=5, stdin=dlq_line(letter(1)))["error"]
    finally:
        beating.set()
        heart.join()
    assert error["code"] == "import_running"
    assert stored(redis_client) == []


def dlq_line(raw: bytes) -> bytes:
    return json.dumps({"id": entry_id(raw), "raw": raw.decode()}).encode() + b"\n"


def test_discard_writes_an_export_that_brings_everything_back(
    dlq: Shema, redis_client: redis.Redis, tmp_path: Path
) -> None:
    push(redis_client, RAWS)
    result = dlq.json("discard", "--all", "--yes")
    assert result["discarded"] == 7
    export = tmp_path / result["export"]
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    assert stored(redis_client) == []
    assert not redis_client.exists(FLIGHT)
    assert dlq.json("import", result["export"], "--yes")["imported"] == 7
    assert stored(redis_client) == RAWS
    actions = [entry["action"] for entry in ended(redis_client)]
    assert actions == ["dlq.discard", "dlq.import"]


def test_discard_of_some_keeps_the_others_in_order(dlq: Shema, redis_client: redis.Redis, tmp_path: Path) -> None:
    raws = [letter(n, "ENROLLMENT_APPROVED" if n % 5 else "BOOKING_CREATED") for n in range(600)] + [b"junk"]
    push(redis_client, raws)
    result = dlq.json("discard", "--type", "BOOKING_CREATED", "--yes", "--export", "gone.ndjson", "--limit", "100")
    assert result == {"discarded": 100, "export": "gone.ndjson"}
    left = [raw for n, raw in enumerate(raws) if n % 5 or n >= 500]
    assert stored(redis_client) == left
    assert dlq.json("discard", entry_id(b"junk"), "--yes")["discarded"] == 1
    assert stored(redis_client) == left[:-1]
    exported = [json.loads(line)["id"] for line in (tmp_path / "gone.ndjson").read_text().splitlines()]
    assert exported == [entry_id(raws[n]) for n in range(0, 500, 5)]


def test_discard_changes_nothing_when_the_export_cannot_be_written(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, RAWS)
    Path("taken.ndjson").write_text("mine")
    assert dlq("discard", "--all", "--yes", "--export", "taken.ndjson").code == 2
    assert dlq("discard", "--all", "--yes", "--export", "no/such/folder.ndjson").code == 1
    assert Path("taken.ndjson").read_text() == "mine"
    assert stored(redis_client) == RAWS


def test_discard_asks_and_plans(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, RAWS)
    assert dlq("discard", "--all").code == 2
    assert dlq("discard", "--yes").code == 2
    assert dlq.json("discard", "--all", "--dry-run")["plan"]["discard"] == 7
    error = dlq.json("discard", "--type", "NONE", "--yes", code=1)["error"]
    assert (error["code"], error["message"]) == ("nothing_selected", "none of 7 match: --type NONE")
    assert stored(redis_client) == RAWS
    assert not list(Path().glob("*.ndjson"))


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.fixed_dictionaries(
    {"eventType": st.sampled_from(["A_B", "", " ", "é", 7, None]) | st.text(max_size=5), "x": JSONISH}
)
ENTRIES = st.one_of(
    st.binary(max_size=40),
    JSONISH.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"event": EVENTS | JSONISH}, optional={"error": JSONISH, "failedAt": JSONISH | st.just("2026-01-01T00:00:00Z")}
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(raws=st.lists(ENTRIES, min_size=1, max_size=12))
def test_whatever_an_entry_is_nothing_crashes_and_no_byte_is_lost(
    dlq: Shema, redis_client: redis.Redis, raws: list[bytes]
) -> None:
    redis_client.flushall()
    push(redis_client, raws)
    assert dlq.json("list")["total"] == len(raws)
    for words in (("list",), ("stats",), ("list", "-o", "csv")):
        assert dlq(*words).code == 0
        assert dlq(*words, terminal=True).code == 0
    assert dlq.json("stats")["total"] == len(raws)
    for raw in raws[:2]:
        shown = dlq.json("show", entry_id(raw))
        assert shown["id"] == entry_id(raw)
        assert shown["copies"] == raws.count(raw)
    exported = dlq("export", "-").out.encode()
    result = dlq.json("discard", "--all", "--yes")
    assert result["discarded"] == len(raws)
    assert stored(redis_client) == []
    Path(result["export"]).unlink()
    assert dlq.json("import", "-", "--yes", stdin=exported)["imported"] == len(raws)
    assert stored(redis_client) == raws
