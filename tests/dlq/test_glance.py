"""The dead letters in a bounded look: all are counted, the newest are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shema_cli.clock import iso
from shema_cli.condition.facts import LetterFacts
from shema_cli.dlq import glance
from shema_cli.dlq.glance import look_at_letters, names_of
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.dlq.support import event
from tests.support.store import store_at
from tests.support.valkey import Valkey
from tests.support.world import StillClock

SERVICES = {"course": names_of("course", ["http://course.test:3003/v1"])}


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    store = store_at(valkey.url)
    yield store
    store.close()


@pytest.fixture
def clock() -> StillClock:
    """Now, and it stays so."""
    return StillClock(datetime.now(UTC).replace(microsecond=0))


def letter(clock: StillClock, minutes: float, error: str = "Timeout after 5000ms", number: int = 1) -> bytes:
    """One that failed so many minutes ago."""
    failed_at = iso(clock.now() - timedelta(minutes=minutes))
    return json.dumps({"event": event(number), "error": error, "failedAt": failed_at}).encode()


def put(store: Store, *raws: bytes) -> None:
    """The last is the newest."""
    pipeline = store.client.pipeline(transaction=False)
    for raw in raws:
        pipeline.lpush(keys.DEAD_LETTERS, raw)
    pipeline.execute()


def look(store: Store, clock: StillClock) -> LetterFacts:
    return look_at_letters(store, clock, SERVICES)


def test_none(store: Store, clock: StillClock) -> None:
    assert look(store, clock) == LetterFacts(0, hour_before=0)


def test_how_many_since_when_and_what_fails(store: Store, clock: StillClock) -> None:
    put(store, letter(clock, 300), b"\xff", letter(clock, 90), letter(clock, 5, "Timeout after 9000ms"))
    put(store, letter(clock, 1, "POST http://course.test:3003/v1/x answered 500"))
    found = look(store, clock)
    assert (found.total, found.sample, found.oldest_s) == (5, 5, 300 * 60)
    assert (found.last_hour, found.hour_before, found.rising) == (2, 1, True)
    assert [(family.count, family.last_hour) for family in found.families] == [(3, 1), (1, 1), (1, 0)]
    assert found.families[0].example == "Timeout after 9000ms"
    assert found.from_services == {"course": 1}
    assert not found.sampled


@pytest.mark.parametrize(
    "error", ["course-service is away", "calling COURSE_SERVICE", "the course service said no", "course.test:3003"]
)
def test_an_error_names_a_service_by_more_than_a_word_that_others_use(
    store: Store, clock: StillClock, error: str
) -> None:
    put(store, letter(clock, 1, error), letter(clock, 1, "the course is full"))
    assert look(store, clock).from_services == {"course": 1}


def test_of_very_many_the_newest_are_read_and_all_are_counted(store: Store, clock: StillClock) -> None:
    old = letter(clock, 600)
    store.client.eval("for i = 1, 100000 do redis.call('LPUSH', KEYS[1], ARGV[1]) end", 1, keys.DEAD_LETTERS, old)
    put(store, *(letter(clock, 5, number=n) for n in range(3000)))
    found = look(store, clock)
    assert (found.total, found.sample, found.sampled) == (103_000, glance.MOST_READ, True)
    assert found.oldest_s == 600 * 60
    assert found.last_hour == glance.MOST_READ
    assert found.hour_before == pytest.approx((103_000 - glance.MOST_READ) / 9)


def test_large_entries_are_read_as_far_as_their_size_allows(store: Store, clock: StillClock) -> None:
    put(store, *(letter(clock, 1, "x" * 200_000) for _ in range(60)))
    found = look(store, clock)
    assert found.total == 60
    assert glance.MOST_BYTES / 200_000 - 1 <= found.sample < 40


def test_ten_thousand_families_are_counted_and_few_are_kept_as_examples(store: Store, clock: StillClock) -> None:
    words = ("".join(chr(97 + n // 26**place % 26) for place in range(4)) for n in range(10_000))
    put(store, *(letter(clock, 1, f"error {word}") for word in words))
    found = look(store, clock)
    assert len(found.families) == glance.MOST_READ
    assert found.sampled


def test_what_is_in_flight_is_counted_and_what_nobody_holds_is_told(store: Store, clock: StillClock) -> None:
    put(store, letter(clock, 5))
    store.client.lpush(keys.IN_FLIGHT, letter(clock, 6))
    found = look(store, clock)
    assert (found.total, found.abandoned) == (2, 1)


def test_a_family_that_is_known_is_left_out_of_all_but_the_count(store: Store, clock: StillClock) -> None:
    put(store, letter(clock, 5), letter(clock, 4, "other"))
    known = look(store, clock).families[0].fingerprint
    found = look_at_letters(store, clock, SERVICES, lambda fingerprint: fingerprint == known)
    assert (found.total, found.waiting, found.acknowledged, found.last_hour) == (2, 1, 1, 1)
    assert known not in [family.fingerprint for family in found.families]


def test_entries_that_do_not_say_when_they_failed(store: Store, clock: StillClock) -> None:
    put(store, b'{"event":{}}', b"[1]", b"not json")
    found = look(store, clock)
    assert (found.total, found.oldest_s, found.last_hour, found.rising) == (3, None, 0, False)
