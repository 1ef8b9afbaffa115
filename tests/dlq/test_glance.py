"""The dead letters in a bounded look: all are counted, the newest are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shema_cli.clock import iso
from shema_cli.condition.facts import AckState, LetterFacts
from shema_cli.dlq import glance
from shema_cli.dlq.glance import look_at_letters, names_of
from shema_cli.dlq.letters.fingerprint import fingerprint
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


def acknowledge(store: Store, clock: StillClock, error: str, hours: float = 0, **told: object) -> str:
    """So many hours ago, when the newest of the family had just failed."""
    at, name = iso(clock.now() - timedelta(hours=hours)), fingerprint(error)
    ack = {"at": at, "newest": at, "actorEmail": "dina@shema.test", **told}
    store.client.hset(keys.ACKNOWLEDGED, name, json.dumps(ack))
    return name


def test_a_family_that_is_known_is_left_out_of_all_but_the_count(store: Store, clock: StillClock) -> None:
    put(store, letter(clock, 300), letter(clock, 5), letter(clock, 4, "course.test:3003"), letter(clock, 3, "x" * 9))
    name = acknowledge(store, clock, "Timeout after 1ms")
    acknowledge(store, clock, "course.test:3003")
    found = look(store, clock)
    assert (found.total, found.waiting, found.acknowledged, found.unread) == (4, 1, 3, None)
    assert (found.last_hour, found.known_last_hour, found.from_services) == (1, 2, {})
    assert (found.oldest_s, found.oldest_waiting_s, found.waiting_for_s) == (300 * 60, 180, 180)
    assert (found.known[0].fingerprint, found.known[0].count, found.known[0].state) == (name, 2, AckState.KNOWN)
    assert [one.example for one in found.families] == ["x" * 9]


def test_a_family_that_returned_counts_again_and_says_so(store: Store, clock: StillClock) -> None:
    put(store, letter(clock, 30 * 60), letter(clock, 5))
    acknowledge(store, clock, "Timeout after 1ms", 30, note="moved")
    (family,) = look(store, clock).families
    assert (family.state, family.count, family.last_hour) == (AckState.RETURNED, 2, 1)
    assert "silent since" in family.said
    assert family.said.endswith(": moved")


def test_a_family_whose_acknowledgement_is_over_counts_again(store: Store, clock: StillClock) -> None:
    put(store, letter(clock, 5))
    acknowledge(store, clock, "Timeout after 1ms", until=iso(clock.now() + timedelta(seconds=1)))
    assert look(store, clock).waiting == 0
    clock.advance(1)
    (family,) = look(store, clock).families
    assert family.state is AckState.EXPIRED


def test_of_a_long_list_more_is_read_and_no_return_is_claimed_of_what_was_not(store: Store, clock: StillClock) -> None:
    """A family that fails all the time is not silent because its older entries are not read."""
    number = glance.KNOWN_TIMES * glance.MOST_READ + 1000
    put(store, *(letter(clock, 60 * 400 * (number - n) / number) for n in range(number)))
    acknowledge(store, clock, "Timeout after 1ms", 400)
    found = look(store, clock)
    assert (found.total, found.sample, found.acknowledged, found.waiting) == (
        number,
        number - 1000,
        number - 1000,
        1000,
    )
    assert found.families == ()


def test_a_return_is_seen_where_the_list_is_too_long_to_be_read(
    store: Store, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance, "MOST_READ", 10)
    put(store, *(letter(clock, 60 * hours, "other") for hours in range(200, 0, -1)), letter(clock, 1))
    acknowledge(store, clock, "Timeout after 1ms", 150)
    found = look(store, clock)
    assert found.sampled
    assert [family.state for family in found.families] == [None, AckState.RETURNED]


@pytest.mark.parametrize("stands", ["other", "known"])
def test_the_oldest_that_waits_is_told_as_far_as_it_is_known(
    store: Store, clock: StillClock, monkeypatch: pytest.MonkeyPatch, stands: str
) -> None:
    monkeypatch.setattr(glance, "MOST_READ", 1)
    name = {"other": "other", "known": "Timeout"}[stands]
    put(store, letter(clock, 600, name), *(letter(clock, 20, "Timeout") for _ in range(9)), letter(clock, 10, "other"))
    acknowledge(store, clock, "Timeout")
    assert look(store, clock).oldest_waiting_s == {"other": 36000, "known": 600}[stands]


def test_acknowledgements_that_cannot_be_read_leave_nothing_out_and_are_told(store: Store, clock: StillClock) -> None:
    put(store, letter(clock, 5))
    store.client.set(keys.ACKNOWLEDGED, "x")
    found = look(store, clock)
    assert (found.waiting, found.acknowledged) == (1, 0)
    assert "WRONGTYPE" in (found.unread or "")


def test_entries_that_do_not_say_when_they_failed(store: Store, clock: StillClock) -> None:
    put(store, b'{"event":{}}', b"[1]", b"not json")
    found = look(store, clock)
    assert (found.total, found.oldest_s, found.last_hour, found.rising) == (3, None, 0, False)
