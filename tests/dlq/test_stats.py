"""The whole list in a few numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shema_cli.dlq.stats
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.results import Stats
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.stats import BUCKETS, Histogram, stats
from tests.dlq.support import letter, push
from tests.support.in_process import in_process, store_in_process


def counted(raws: list[bytes], filters: Filters | None = None, most_families: int | None = None) -> Stats:
    client = in_process()
    if raws:
        push(client, raws)
    return stats(DeadLetters(store_in_process(client)), filters or Filters(), most_families)


@settings(deadline=None)
@given(moments=st.lists(st.floats(0, 4e9), min_size=1, max_size=60))
def test_a_histogram_counts_every_moment_in_at_most_16_buckets_of_one_width(moments: list[float]) -> None:
    histogram = Histogram()
    for moment in moments:
        histogram.add(moment)
    buckets = histogram.buckets()
    assert len(buckets) <= BUCKETS
    assert sum(count for _, count in buckets) == len(moments)
    assert buckets[0][0] <= datetime.fromtimestamp(min(moments), UTC)
    starts = [start for start, _ in buckets]
    assert len({later - earlier for earlier, later in pairwise(starts)}) <= 1


def test_a_histogram_of_many_moments_stays_small_and_loses_none() -> None:
    histogram = Histogram()
    for second in range(10_000):
        histogram.add(second)
    assert sum(count for _, count in histogram.buckets()) == 10_000
    assert len(histogram.buckets()) <= BUCKETS


def test_an_empty_list_has_no_moments() -> None:
    empty = counted([])
    assert (empty.total, empty.oldest, empty.newest, empty.histogram) == (0, None, None, ())


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
