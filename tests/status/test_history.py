"""The history by its newest entries: gaps, who records, who missed what."""

from __future__ import annotations

import json

import pytest

from shema_cli.status import history
from shema_cli.status.history import look_at_history
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.keys import REGISTRY_PREFIX
from tests.support.registry import value
from tests.support.world import StillClock


def add(store: Store, ago_ms: int, **fields: object) -> None:
    """An entry of so long ago; they come in the order of time."""
    at = now_ms(store) - ago_ms
    stored = {"at": at, **fields}
    store.client.xadd(keys.HISTORY, stored, id=f"{at}-*")  # type: ignore[arg-type]


def now_ms(store: Store) -> int:
    seconds, micros = store.client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def heard(store: Store, ago_ms: int = 0, *, lease_ms: int = 60_000, present: tuple[str, ...] | None = None) -> None:
    """A recorder that has heard everything until so long ago, and holds its turn for so long still."""
    now = now_ms(store)
    state = {"epoch": "e", "began": 1, "heard": now - ago_ms, "writer": "w", "lease": now + lease_ms}
    store.client.hset(keys.HISTORY_STATE, mapping=state)  # type: ignore[arg-type]
    if present is not None:
        store.client.hset(keys.HISTORY_STATE, "present", json.dumps(present))


def test_nothing_was_ever_recorded(store: Store, clock: StillClock) -> None:
    assert not look_at_history(store, clock).recorded


def test_a_recorder_that_runs_and_one_that_does_not(store: Store, clock: StillClock) -> None:
    heard(store)
    assert look_at_history(store, clock).silent_s == 0
    heard(store, 120_000)
    found = look_at_history(store, clock)
    assert found.silent_s == pytest.approx(120, abs=30)
    assert found.gap_s == found.silent_s


def test_a_recorder_that_has_given_its_turn_back_runs_no_more(store: Store, clock: StillClock) -> None:
    heard(store, 2000)
    assert look_at_history(store, clock).silent_s == 0
    heard(store, 2000, lease_ms=0)
    assert 2 <= look_at_history(store, clock).silent_s < 60


def test_a_service_is_away_when_neither_of_its_names_is_there(store: Store, clock: StillClock) -> None:
    store.client.hset(f"{REGISTRY_PREFIX}chat", "http://chat:1", value(listens=["user.updated"]))
    add(store, 90_000, kind="presence", client="chat", state="up", between=now_ms(store) - 91_000)
    add(store, 80_000, kind="presence", client="chat-service", state="down", between=now_ms(store) - 85_000)
    add(store, 70_000, channel="user.updated", payload="{}")
    heard(store)
    assert look_at_history(store, clock).missed == ()
    add(store, 60_000, kind="presence", client="chat", state="down", between=now_ms(store) - 61_000)
    add(store, 50_000, channel="user.updated", payload="{}")
    (missed,) = look_at_history(store, clock).missed
    assert (missed.service, missed.events) == ("chat", 1)
    heard(store, present=("chat", "user"))  # it came before all that was read
    assert look_at_history(store, clock).missed == ()


def test_gaps_of_the_last_day_count_and_the_time_before_the_first_start_does_not(
    store: Store, clock: StillClock
) -> None:
    heard(store)
    for ago, begin in ((100_000_000, 1), (50_000_000, 0), (30_000_000, now_ms(store) - 30_600_000)):
        end = now_ms(store) - ago
        add(store, ago, **{"kind": "gap", "from": begin, "to": end, "cause": "killed"})
    found = look_at_history(store, clock)
    assert found.gap_s == pytest.approx(600, abs=5)
    assert found.gap_cause == "killed"
    assert found.looked_back_s == 86_400


def test_what_a_service_that_is_away_has_missed(store: Store, clock: StillClock) -> None:
    heard(store)
    store.client.hset(f"{REGISTRY_PREFIX}chat", "http://chat:1", value(listens=["chat:session:*", "user.updated"]))
    store.client.hset(f"{REGISTRY_PREFIX}user", "http://user:1", value(listens=["user.updated"]))
    add(store, 90_000, channel="user.updated", payload="{}")
    add(store, 80_000, kind="presence", client="chat-service", state="down", between=now_ms(store) - 85_000)
    add(store, 70_000, channel="user.updated", payload="{}")
    add(store, 60_000, channel="chat:session:7", payload="{}")
    add(store, 50_000, channel="booking.created", payload="{}")
    add(store, 40_000, kind="presence", client="user", state="down", between=now_ms(store) - 41_000)
    add(store, 30_000, kind="presence", client="user", state="up", between=now_ms(store) - 31_000)
    (missed,) = look_at_history(store, clock).missed
    assert (missed.service, missed.events) == ("chat", 2)
    assert missed.away_s == pytest.approx(85, abs=30)


def test_of_a_long_history_the_newest_part_is_read(store: Store, clock: StillClock) -> None:
    heard(store)
    start, pipeline = now_ms(store) - 60_000, store.client.pipeline(transaction=False)
    for number in range(5000):
        pipeline.xadd(keys.HISTORY, {"channel": "a", "payload": "{}", "at": start + number}, id=f"{start + number}-0")
    pipeline.execute()
    found = look_at_history(store, clock)
    assert found.entries == 5000
    assert found.looked_back_s < 60
    assert history.MOST_READ < 5000


def test_what_somebody_else_put_there_is_passed_over(store: Store, clock: StillClock) -> None:
    heard(store)
    add(store, 10, junk="\x1b[31m")
    add(store, 5, kind="gap")
    assert look_at_history(store, clock).gap_s == 0
