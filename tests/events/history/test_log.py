"""The steps in which the history is claimed and written, each carried out once or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shema_cli.errors import Failed
from shema_cli.events.history.log import Answer, HistoryLog, Keep, Step, entry, messages
from shema_cli.events.history.stream import state_of
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.events.history.recording import payloads
from tests.support.store import store_at
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

FOR_EVER = Keep(4e9)


@pytest.fixture
def stores(any_server: Valkey) -> Iterator[list[Store]]:
    found = [store_at(any_server.url) for _ in range(2)]
    yield found
    for one in found:
        one.close()


def claimed(store: Store, keep: Keep = FOR_EVER) -> HistoryLog:
    log = HistoryLog(store, keep)
    assert log.claim("", 0, 0).word == "none"
    return log


def append(log: HistoryLog, place: str, *sent: bytes, at_ms: int = 1000, **more: Any) -> Answer:
    log.send(step(place, *sent, at_ms=at_ms), **more)
    answer = eventually(lambda: log.answer(1.0))
    assert answer
    return answer


def step(place: str, *sent: bytes, at_ms: int = 1000) -> Step:
    pairs = [word for payload in sent for word in (b"a.b", payload)]
    return Step(0, place, 5, list(messages(at_ms, pairs)) if pairs else [], {})


def test_only_the_writer_writes_and_only_behind_the_place_that_stands(any_server: Valkey, stores: list[Store]) -> None:
    first = claimed(stores[0])
    assert append(first, "m 1 x", b"1").word == "done"
    assert HistoryLog(stores[1], FOR_EVER).claim("m 1 x", 0, 0).word == "held"

    strange = HistoryLog(stores[1], FOR_EVER)
    strange.id = first.id
    assert strange.claim("m 1 x", 0, 0).word == "yours"
    assert append(strange, "m 2 x", b"2").word == "done"
    assert append(first, "m 2 y", b"twice").word == "moved"

    assert append(strange, "m 2 x", give_back=True).word == "done"
    second = HistoryLog(stores[0], FOR_EVER)
    assert second.claim("m 1 x", 0, 0).word == "moved"
    assert second.claim("m 2 x", 0, 0).word == "yours"
    assert append(strange, "m 3 z", b"late").word == "fenced"
    assert payloads(any_server.url) == [b"1", b"2"]
    for log in (first, strange, second):
        log.let_go()


def test_of_those_that_wait_the_one_that_remembers_more_goes_on(any_server: Valkey, stores: list[Store]) -> None:
    writer = claimed(stores[0])
    append(writer, "m 1 x", b"1", give_back=True)
    less, more = HistoryLog(stores[0], FOR_EVER), HistoryLog(stores[1], FOR_EVER)
    assert less.claim("m 1 x", 600, 5).word == "wait"
    assert more.claim("m 1 x", 600, 8).word == "wait"
    with any_server.client() as client:
        client.hincrby(keys.HISTORY_STATE, "lease", -700)
    assert less.claim("m 1 x", 600, 5).word == "wait"
    assert more.claim("m 1 x", 600, 8).word == "yours"
    for log in (writer, more):
        log.let_go()


def test_steps_that_were_sent_ahead_of_one_that_failed_have_no_effect(any_server: Valkey, stores: list[Store]) -> None:
    log = claimed(stores[0])
    append(log, "m 1 x", b"1")
    with any_server.client() as client:
        client.hset(keys.HISTORY_STATE, "place", "m 9 other")
    for number in (2, 3, 4):
        log.send(step(f"m {number} x", b"%d" % number))
    assert [eventually(lambda: log.answer(1.0)).word for _ in range(3)] == ["moved"] * 3  # type: ignore[union-attr]
    assert payloads(any_server.url) == [b"1"]
    log.let_go()


def test_a_server_that_forgets_scripts_is_given_the_text_again(any_server: Valkey, stores: list[Store]) -> None:
    from shema_cli.store.errors import Passing

    log = claimed(stores[0])
    append(log, "m 1 x", b"1")
    with any_server.client() as client:
        client.script_flush()
    with pytest.raises(Passing):
        append(log, "m 2 x", b"2")
    log.let_go()
    assert log.claim("m 1 x", 0, 0).word == "yours"
    assert append(log, "m 2 x", b"2").word == "done"
    assert payloads(any_server.url) == [b"1", b"2"]
    log.let_go()


def test_what_is_older_than_is_kept_goes_and_the_size_stays_exact(any_server: Valkey, stores: list[Store]) -> None:
    log = claimed(stores[0], Keep(60))
    seconds, _ = stores[0].client.time()
    old, new = (seconds - 3600) * 1000, seconds * 1000
    append(log, "m 1 x", *(b"%d" % number for number in range(1500)), at_ms=old)
    log.send(
        Step(0, "m 2 x", new, [*entry(new, {b"kind": b"mark", b"mark": b"m"}), *messages(new, [b"c", b"new"])], {})
    )
    assert eventually(lambda: log.answer(1.0))
    for _ in range(3):
        append(log, "m 2 x")
    assert payloads(any_server.url) == [b"new"]
    state = state_of(stores[0])
    assert state
    with any_server.client() as client:
        stored = client.xrange(keys.HISTORY)
    assert state.size == sum(len(word) for _, fields in stored for pair in fields.items() for word in pair)
    assert state.trimmed_ms == old
    assert state.entries == 2
    log.let_go()


def test_the_last_entry_is_never_trimmed_away(any_server: Valkey, stores: list[Store]) -> None:
    log = claimed(stores[0], Keep(60, most_bytes=1))
    for number in range(3):
        append(log, f"m {number} x", b"%d" % number, at_ms=1000 + number)
    assert payloads(any_server.url) == [b"2"]
    log.let_go()


def test_a_clock_that_was_set_back_leaves_ids_in_order_and_tells_the_moment(
    any_server: Valkey, stores: list[Store]
) -> None:
    log = claimed(stores[0], FOR_EVER)
    append(log, "m 1 x", b"1", at_ms=9_000)
    append(log, "m 2 x", b"2", at_ms=2_000)
    with any_server.client() as client:
        assert [(id, fields[b"at"]) for id, fields in client.xrange(keys.HISTORY)] == [
            (b"9000-0", b"9000"),
            (b"9000-1", b"2000"),
        ]
    log.let_go()


def test_what_is_too_old_goes_and_the_lease_stands_also_where_memory_is_full(
    any_server: Valkey, stores: list[Store]
) -> None:
    first = claimed(stores[0])
    append(first, "m 1 x", b"old", b"the last")
    log = HistoryLog(stores[1], Keep(60))
    log.id = first.id
    assert log.claim("m 1 x", 0, 0).word == "yours"
    with any_server.client() as client:
        client.config_set("maxmemory", "1")
        try:
            before = client.hget(keys.HISTORY_STATE, "lease")
            for _ in range(2):  # the first has something to remove, which makes room by itself
                assert append(log, "m 1 x").word == "done"
            assert client.hget(keys.HISTORY_STATE, "lease") != before
            assert client.xlen(keys.HISTORY) == 1
            with pytest.raises(Failed, match="memory"):
                append(log, "m 2 x", b"new", at_ms=3000)
        finally:
            client.config_set("maxmemory", "0")
    for one in (first, log):
        one.let_go()


def test_what_somebody_else_has_removed_is_trimmed_and_its_size_is_not_counted(
    any_server: Valkey, stores: list[Store]
) -> None:
    log = claimed(stores[0])
    append(log, "m 1 x", *(b"%d" % number for number in range(100)), at_ms=1000)
    append(log, "m 2 x", b"the last", at_ms=2000)
    before = state_of(stores[0])
    with any_server.client() as client:
        client.xtrim(keys.HISTORY, maxlen=1, approximate=False)
    found = state_of(stores[0])
    append(log, "m 3 x")
    after = state_of(stores[0])
    assert before
    assert found
    assert after
    assert (before.was_cut, found.was_cut, after.was_cut) == (False, True, False)
    assert (before.trimmed_ms, after.trimmed_ms) == (0, 2000)
    assert after.size < before.size / 50
    log.let_go()


def test_a_state_that_is_none_stops_no_step_half_way(any_server: Valkey, stores: list[Store]) -> None:
    log = claimed(stores[0], Keep(4e9, most_bytes=10_000))
    append(log, "m 1 x", b"1")
    with any_server.client() as client:
        garbage = ("size", "oldest", "entries", "trimmed", "heard", "last", "looked")
        client.hset(keys.HISTORY_STATE, mapping=dict.fromkeys(garbage, "nan"))
        assert append(log, "m 2 x", b"2").word == "done"
        client.hset(keys.HISTORY_STATE, mapping={"writer": "somebody", "lease": "inf"})
    other = HistoryLog(stores[1], FOR_EVER)
    assert other.claim("m 2 x", 0, 0).word == "yours"
    assert append(other, "m 3 x", b"3").word == "done"
    assert payloads(any_server.url) == [b"1", b"2", b"3"]
    for one in (log, other):
        one.let_go()


def test_an_entry_of_somebody_else_holds_up_no_trimming(any_server: Valkey, stores: list[Store]) -> None:
    log = claimed(stores[0], Keep(60))
    seconds, _ = stores[0].client.time()
    ahead = (seconds + 9_000_000) * 1000
    append(log, "m 1 x", b"1", at_ms=(seconds - 3600) * 1000)
    with any_server.client() as client:
        client.xadd(keys.HISTORY, {"a": "b"}, id=f"{ahead}-0")
    append(log, "m 2 x", b"2", at_ms=(seconds - 3600) * 1000)
    append(log, "m 3 x", b"3", at_ms=seconds * 1000)
    append(log, "m 4 x")
    assert payloads(any_server.url) == [b"3"]
    log.let_go()
