"""Where an id stands in the history, and who heard it there."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.events.history.find import MOST, FoundInHistory, find, made_at
from shema_cli.store.connection import Store
from tests.events.history.writing import History
from tests.support.store import store_at
from tests.support.valkey import Valkey


class Frozen(SystemClock):
    """Whose time is up when it is asked so often."""

    def __init__(self, asked: int) -> None:
        self.left = asked

    def monotonic(self) -> float:
        self.left -= 1
        return 0.0 if self.left > 0 else 1e9


@pytest.fixture
def history(redis_client: redis.Redis) -> History:
    written = History(redis_client)
    written.begin(0)
    written.names_from_here(0.1)
    return written


@pytest.fixture
def store(valkey: Valkey) -> Store:
    return store_at(valkey.url)


def look(store: Store, *ids: str) -> FoundInHistory:
    return find(store, ids, clock=SystemClock())


def event(id: str, enrollment: str = "enr-1") -> str:
    return json.dumps({"eventType": "ENROLLMENT_APPROVED", "eventId": id, "data": {"enrollmentId": enrollment}})


def uuid_7(ms: int) -> str:
    return f"evt_{UUID(int=(ms << 80) | (7 << 76) | (2 << 62) | 5)}"


def test_nothing_recorded_is_nothing_found(store: Store) -> None:
    assert look(store, "evt_1") == FoundInHistory()


def test_by_the_historys_own_id_and_by_its_event(history: History, store: Store) -> None:
    first = history.message(1, "enrollment.approved", event("evt_1"))
    second = history.message(2, "enrollment.approved", event("evt_2"))
    escaped = history.message(4, "user.updated", '{"eventId":"\\u0061na"}')
    history.message(5, "user.updated", b"\xff evt_1")
    again = history.message(6, "enrollment.approved", event("evt_2"))
    expected = {first: [first], "evt_2": [second, again], "ana": [escaped], "enr-1": [], "evt": [], "1-1": []}
    for id, ids in expected.items():
        found = look(store, id)
        assert ([one.id for one in found.messages], found.since_ms) == (ids, 0), id


def test_an_id_says_when_it_was_made(history: History) -> None:
    assert made_at(uuid_7(history.now_ms)) == history.now_ms
    assert (made_at("evt_node_1"), made_at("01234567-0123-4123-8123-0123456789ab")) == (None, None)


def test_what_was_made_long_ago_is_found_though_there_is_no_time_to_go_back_so_far(
    history: History, store: Store
) -> None:
    wanted = uuid_7(history.ms(10))
    id = history.message(10.2, "enrollment.approved", event(wanted))
    for number in range(500):
        history.message(600 + number, "user.updated", event(f"evt_{number}"))
    assert [one.id for one in look(store, wanted).messages] == [id]
    found = find(store, [wanted], clock=Frozen(2))
    assert [one.id for one in found.messages] == [id], "it was looked at first"
    assert found.since_ms > history.ms(10), "and this is told of the rest"


def test_nothing_long_before_an_id_was_made_is_looked_at(history: History, store: Store) -> None:
    history.message(1, "enrollment.approved", event(uuid_7(history.ms(3000))))
    found = look(store, uuid_7(history.ms(3000)))
    assert (found.messages, found.since_ms) == ((), 0)


def test_how_far_was_looked_is_told_when_the_time_is_up(history: History, store: Store) -> None:
    history.message(1, "enrollment.approved", event("evt_1"))
    for number in range(300):
        history.message(600 + number, "user.updated", event("evt_2"))
    found = find(store, ["evt_1"], clock=Frozen(3))
    assert found.messages == ()
    assert history.ms(600) < found.since_ms <= history.ms(900)


def test_the_newest_of_very_many(history: History, store: Store) -> None:
    ids = [history.message(number, "enrollment.approved", event("evt_1")) for number in range(MOST + 5)]
    found = look(store, "evt_1")
    assert [one.id for one in found.messages] == ids[5:]
    assert found.since_ms == history.ms(5)
