"""The whole list in a few numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shema_cli.dlq.stats
from shema_cli.clock import iso
from shema_cli.condition.growth import NO_GROWTH
from shema_cli.dlq.families.results import News
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.results import Stats
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.stats import stats
from tests.dlq.support import entry_id, event, letter, push
from tests.support.in_process import in_process, store_in_process

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def counted(raws: list[bytes], filters: Filters | None = None, most_families: int | None = None) -> Stats:
    client = in_process()
    if raws:
        push(client, raws)
    return stats(DeadLetters(store_in_process(client)), filters or Filters(), NOW, most_families)


def failing(*ages_h: float, error: str = "late") -> list[bytes]:
    """One that failed so many hours ago, each."""
    return [failed(NOW - timedelta(hours=age), error=error) for age in ages_h]


def failed(at: datetime | str, error: str = "late", number: int = 1) -> bytes:
    said = at if isinstance(at, str) else iso(at)
    return json.dumps({"event": event(number), "error": error, "failedAt": said}).encode()


def test_each_hour_of_the_last_day_is_counted_the_last_one_last() -> None:
    found = counted(failing(30, 23.9, 2.5, 1.5, 0.5, 0.1, 0)).times
    assert found.growth.per_hour == (1, *(0,) * 20, 1, 1, 3)
    assert (found.growth.rising, found.growth.told, found.growth.of_a_day) == (True, "rising +3/h", 6)
    assert (found.oldest, found.newest) == (iso(NOW - timedelta(hours=30)), iso(NOW))


def test_a_clock_that_is_ahead_says_now_and_what_says_no_time_is_told() -> None:
    found = counted([*failing(-2), failed("yesterday"), failed(""), b"junk"]).times
    assert (found.growth.last_hour, found.growth.of_a_day, found.undated) == (1, 1, 3)


def test_each_family_grows_by_itself() -> None:
    raws = [*failing(0.5, 1.5, 1.6), *failing(0.2, 0.3, 1.1, error="no seat"), *failing(40, error="gone")]
    grown = {family.example: family.growth for family in counted(raws).by_error}
    assert [grown["late"].told, grown["no seat"].told, grown["gone"].told] == ["+1/h", "rising +2/h", ""]
    (first, *_) = counted(raws).by_error
    document = first.document(told=True, news=News())
    assert (document["per_hour"], document["rising"]) == (list(first.growth.per_hour), first.growth.rising)
    assert document["oldest_at"] == document["first"]


def test_the_oldest_is_named_by_its_event() -> None:
    raws = [failed(NOW - timedelta(hours=1), number=7), failed(NOW - timedelta(hours=9), number=8), b"junk"]
    assert counted(raws).times.oldest_id == "evt_00000008"
    bare = json.dumps({"error": "x", "failedAt": iso(NOW)}).encode()
    assert counted([bare]).times.oldest_id == entry_id(bare)


@settings(deadline=None, max_examples=30)
@given(ages=st.lists(st.floats(-3, 100), min_size=1, max_size=30))
def test_all_that_failed_in_the_last_day_is_counted_once(ages: list[float]) -> None:
    found = counted(failing(*ages))
    within = sum(1 for age in ages if (NOW - parsed(age)).total_seconds() < 24 * 3600)
    assert sum(found.times.growth.per_hour) == within
    assert found.by_error[0].growth == found.times.growth


def parsed(age_h: float) -> datetime:
    """The moment as it is written, to the millisecond."""
    return datetime.fromisoformat(iso(NOW - timedelta(hours=age_h)))


def test_what_should_be_looked_at_first() -> None:
    raws = [*failing(*[30] * 9, error="large"), *failing(0.1, 0.2, error="small and rising"), *failing(5, 6, error="b")]
    assert [family.example for family in counted(raws).urgent] == ["small and rising", "large", "b"]
    assert counted(raws).by_error[0].example == "large", "as a document has them, the most frequent first"


def test_an_empty_list_has_no_moments() -> None:
    empty = counted([])
    assert (empty.total, empty.times.oldest, empty.times.newest, empty.times.growth) == (0, None, None, NO_GROWTH)


def test_types_and_families_come_most_frequent_first_then_by_name() -> None:
    kinds = ["USER_UPDATED", "BOOKING_CREATED", "ENROLLMENT_APPROVED", "ENROLLMENT_APPROVED"]
    found = counted([letter(n, kind, error=f"no seat in {kind.lower()}") for n, kind in enumerate(kinds)])
    assert list(found.by_type.items()) == [("ENROLLMENT_APPROVED", 2), ("BOOKING_CREATED", 1), ("USER_UPDATED", 1)]
    assert [family.count for family in found.by_error] == [2, 1, 1]
    assert found.by_error[1].fingerprint < found.by_error[2].fingerprint


def test_the_most_frequent_families_are_enough_when_so_many_are_wanted() -> None:
    raws = [letter(n, error=error) for n, error in enumerate(["late", "late", "no seat"])]
    (family,) = counted(raws, most_families=1).by_error
    assert (family.example, family.count, family.first) == ("late", 2, "2026-01-02T00:00:00.000Z")


def test_filters_choose_what_is_counted() -> None:
    raws = [letter(1, error="late"), letter(2, error="no seat"), b"junk"]
    assert counted(raws, Filters(error="SEAT")).total == 1
    assert counted(raws, Filters(invalid=True)).total == counted(raws).invalid == 1
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert counted(raws, Filters(since=noon)).total == 0
    assert counted(raws, Filters(since=noon - timedelta(days=1), until=noon)).total == 2


def test_memory_is_bounded_however_many_types_and_families_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shema_cli.dlq.stats, "MOST_TYPES", 3)
    monkeypatch.setattr(shema_cli.dlq.stats, "MOST_FAMILIES", 3)
    words = ["amber", "birch", "cedar", "delta", "ember"]
    found = counted([letter(n, word.upper(), error=word) for n, word in enumerate(words)])
    assert found.by_type == {"(others)": 2, "AMBER": 1, "BIRCH": 1, "CEDAR": 1}
    assert {family.fingerprint: family.count for family in found.by_error}["(others)"] == 2
    assert sum(family.count for family in found.by_error) == 5
