"""Reading the history, whatever stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.events.history.entries import (
    RecordedCounts,
    RecordedGap,
    RecordedMark,
    RecordedMessage,
    RecordedPresence,
    Unreadable,
)
from shema_cli.events.history.stream import STALE_AFTER_MS, by_ids, forward, settled_state, state_of
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.pages import PAGE_BYTES
from tests.support.history import Written
from tests.support.store import store_at
from tests.support.valkey import Valkey
from tests.support.world import StillClock


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    store = store_at(valkey.url)
    yield store
    store.close()


def test_every_kind_of_entry_is_read_as_what_it_is(store: Store) -> None:
    for id, fields in (
        ("5-0", {"channel": b"a.b", "payload": b"\xff{}", "at": 5}),
        ("6-0", {"kind": "gap", "from": 0, "to": 6, "cause": "no recorder ran", "at": 6}),
        ("7-0", {"kind": "presence", "client": "schedule", "state": "down", "between": 5, "at": 7}),
        ("8-0", {"kind": "counts", "enrollment.approved": 4, "at": 8}),
        ("9-0", {"kind": "mark", "mark": "m1", "at": 9}),
        ("10-0", {"hash": b"\xff"}),
        ("11-0", {"kind": "other"}),
    ):
        store.client.xadd(keys.HISTORY, fields, id=id)  # type: ignore[arg-type]

    assert list(forward(store)) == [
        RecordedMessage("5-0", 5, b"a.b", b"\xff{}"),
        RecordedGap("6-0", 6, 0, 6, "no recorder ran"),
        RecordedPresence("7-0", 7, "schedule", up=False, between_ms=5),
        RecordedCounts("8-0", 8, {"enrollment.approved": 4}),
        RecordedMark("9-0", 9, "m1"),
        Unreadable("10-0", 10, "no channel or no payload"),
        Unreadable("11-0", 11, "of the kind 'other'"),
    ]


def test_a_walk_over_many_pages_begins_at_a_moment_or_behind_an_entry(store: Store) -> None:
    with store.client.pipeline() as pipeline:
        for at in range(1, 2501):
            pipeline.xadd(keys.HISTORY, {"channel": "c", "payload": str(at), "at": at}, id=f"{at}-0")
        pipeline.execute()

    assert [entry.at_ms for entry in forward(store, since_ms=1200)] == list(range(1200, 2501))
    assert [entry.at_ms for entry in forward(store, after="2000-0")] == list(range(2001, 2501))


@pytest.mark.parametrize("size", [10, PAGE_BYTES // 3, PAGE_BYTES, 2 * PAGE_BYTES])
def test_entries_are_read_by_their_ids_in_the_order_asked_for(store: Store, size: int) -> None:
    for number in range(1, 8):
        fields: Any = {"channel": "a.b", "payload": b"%d" % number * size, "at": number}
        store.client.xadd(keys.HISTORY, fields, id=f"{number}-0")
    asked = ["9-0", "6-0", "2-0", "2-5", "3-0", "4-0", "1-0", "8-0"]

    found = list(by_ids(store, SystemClock(), asked))

    assert [entry.id for entry in found] == ["6-0", "2-0", "3-0", "4-0", "1-0"]
    assert [entry.payload for entry in found if isinstance(entry, RecordedMessage)][1] == b"2" * size


def test_more_ids_than_are_asked_for_at_once(store: Store) -> None:
    with store.client.pipeline(transaction=False) as pipeline:
        for number in range(1, 2501):
            pipeline.xadd(keys.HISTORY, {"channel": "a.b", "payload": "x", "at": number}, id=f"{number}-0")
        pipeline.execute()
    ids = [f"{number}-0" for number in range(1, 2501)]

    assert [entry.id for entry in by_ids(store, SystemClock(), ids)] == ids


def test_what_was_heard_before_is_left_out_also_where_a_clock_was_set_back(store: Store) -> None:
    store.client.xadd(keys.HISTORY, {"channel": "c", "payload": "late", "at": 9000}, id="9000-0")
    store.client.xadd(keys.HISTORY, {"channel": "c", "payload": "set back", "at": 100}, id="9000-1")

    assert [entry.at_ms for entry in forward(store, since_ms=5000)] == [9000]
    assert [entry.at_ms for entry in forward(store, since_ms=50)] == [9000, 100]


def test_there_is_no_state_before_anything_was_recorded(store: Store) -> None:
    assert state_of(store) is None


def test_the_state_tells_who_is_there_and_since_when_nobody_records(store: Store) -> None:
    seconds, _ = store.client.time()
    heard = seconds * 1000 - 60_000
    stored = ("epoch", "e1", "began", 1, "heard", heard, "present", '["booking"]', "usual", "no JSON", "size", 12)
    store.client.hset(keys.HISTORY_STATE, items=list(stored))

    state = state_of(store)

    assert state
    assert (state.epoch, state.began_ms, state.size, state.present) == ("e1", 1, 12, frozenset({"booking"}))
    assert state.usual == {}
    assert (gap := state.gap_at_the_end())
    assert (gap.from_ms, gap.to_ms) == (heard, state.now_ms)


class Meanwhile(StillClock):
    """What happens while somebody waits, once."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens = list(happens)

    def sleep(self, seconds: float) -> None:
        self._happens.pop()()


def test_a_recorder_that_has_just_died_is_not_taken_for_one_that_is_about_to_write(
    store: Store, redis_client: redis.Redis
) -> None:
    written = Written(redis_client)
    heard = written.now_ms - 2500
    written.state(heard=heard)
    longer = Meanwhile(lambda: written.state(heard=heard - STALE_AFTER_MS))

    state = settled_state(store, longer)

    assert state
    assert (gap := state.gap_at_the_end())
    assert gap.cause == "no recorder is running"


def test_one_that_writes_may_be_a_second_behind_and_no_other(store: Store, redis_client: redis.Redis) -> None:
    written = Written(redis_client)
    heard = written.now_ms - 100
    written.state(heard=heard, writer="r1", lease=heard + 5000)
    assert settled_state(store, Meanwhile())

    written.state(heard=heard, writer="", lease=heard + 5000)
    state = settled_state(store, Meanwhile(lambda: written.state(heard=heard - STALE_AFTER_MS)))

    assert state
    assert state.gap_at_the_end()


def test_a_recorder_that_is_only_slow_is_waited_for(store: Store, redis_client: redis.Redis) -> None:
    written = Written(redis_client)
    written.state(heard=written.now_ms - 2500)
    writes = Meanwhile(lambda: written.state(heard=written.now_ms + 1))

    state = settled_state(store, writes)

    assert state
    assert state.gap_at_the_end() is None


def test_what_was_asked_for_and_is_written_is_not_waited_for(store: Store, redis_client: redis.Redis) -> None:
    written = Written(redis_client)
    heard = written.now_ms - 2500
    written.state(heard=heard)

    assert settled_state(store, Meanwhile(), heard - 1)
