"""One pass over the list: what is kept of a family, and in what order they come."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from shema_cli.clock import SystemClock
from shema_cli.condition.facts import AckState
from shema_cli.condition.growth import Growth
from shema_cli.dlq.families.acknowledged import Acknowledgement, Standing
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.stats import MOST_FAMILIES
from shema_cli.triage.families import MOST_PLACES, Counting, Families, Family, oldest_of, read_families
from tests.dlq.support import push, remove
from tests.support.in_process import InProcessClient, InProcessServer, store_in_process
from tests.triage.place import NO_COLUMN, TIMEOUT, failed, family

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=9)


@pytest.fixture
def client() -> InProcessClient:
    return InProcessServer().client()


@pytest.fixture
def store(client: InProcessClient) -> DeadLetters:
    return DeadLetters(store_in_process(client))


def read(store: DeadLetters, filters: Filters | None = None, *, known: bool = False) -> Families:
    return read_families(store, filters or Filters(), SystemClock(), Counting(), known=known)


def standing(state: AckState) -> Standing:
    return Standing(Acknowledgement("0", NOW, "ana@shema.test"), state)


WORST_FIRST = (
    Family("returned", 1, standing=standing(AckState.RETURNED)),
    Family("rising", 2, growth=Growth((*[0] * 22, 1, 2))),
    Family("large", 9, first=NOW, last=NOW, growth=Growth((*[0] * 22, 1, 1))),
    Family("old", 3, first=EARLIER),
    Family("young", 3, first=NOW),
    Family("over", 2, standing=standing(AckState.EXPIRED)),
    Family(None, 1),
    Family("known", 99, standing=standing(AckState.KNOWN)),
)


@pytest.mark.parametrize("order", list(permutations(range(len(WORST_FIRST)), 3))[::17])
def test_the_worst_comes_first(order: tuple[int, ...]) -> None:
    some = [WORST_FIRST[place] for place in order]
    assert sorted(some, key=lambda one: one.urgency) == [WORST_FIRST[place] for place in sorted(order)]


def test_what_is_kept_of_a_family(store: DeadLetters, client: InProcessClient) -> None:
    push(client, [failed(1, ago_h=5), failed(2, NO_COLUMN, ago_h=1.5), failed(3, ago_h=0.5), b"not JSON"])
    found = read(store)
    assert (found.total, found.listed) == (4, 4)
    one, two, three = found.families
    assert (one.fingerprint, one.count, one.example) == (family(), 2, TIMEOUT)
    assert (one.growth.last_hour, one.growth.hour_before, one.growth.rising, list(one.places)) == (1, 0, True, [0, 2])
    assert {two.name, three.name} == {family(NO_COLUMN), "(no events)"}


def test_the_filters_are_those_of_the_list(store: DeadLetters, client: InProcessClient) -> None:
    push(client, [failed(1), failed(2, NO_COLUMN), b"not JSON"])
    only = read(store, Filters(fingerprint=family(NO_COLUMN)))
    assert [(one.name, one.count) for one in only.families] == [(family(NO_COLUMN), 1)]
    assert only.listed == 3
    assert [one.fingerprint for one in read(store, Filters(invalid=True)).families] == [None]


def entries_of(store: DeadLetters, one: Family, found: Families) -> list[bytes]:
    return [entry.raw for entry in oldest_of(store, one, Filters(), found.taken)]


def test_the_entries_are_read_when_they_are_wanted(store: DeadLetters, client: InProcessClient) -> None:
    """Wherever they stand among others, the oldest first, and no more than are shown."""
    raws = [failed(n, TIMEOUT if n % 30 == 0 else f"error {'abcdefghi'[n % 9]}") for n in range(4000)]
    push(client, raws)
    found = read(store)
    one = next(each for each in found.families if each.fingerprint == family())
    assert (one.count, len(one.places)) == (134, MOST_PLACES)
    assert entries_of(store, one, found) == raws[0 : 30 * MOST_PLACES : 30]


def test_they_are_found_where_the_list_has_moved(store: DeadLetters, client: InProcessClient) -> None:
    raws = [failed(n, TIMEOUT if n % 2 else NO_COLUMN) for n in range(40)]
    push(client, raws)
    found = read(store)
    one = next(each for each in found.families if each.fingerprint == family())
    for raw in raws[:21]:
        remove(client, raw)
    push(client, [failed(99)])
    assert set(raws[21::2]) <= set(entries_of(store, one, found))


def test_entries_of_any_size_are_bounded(store: DeadLetters, client: InProcessClient) -> None:
    push(client, [failed(n, note="x" * 400_000) for n in range(40)])
    found = read(store)
    looked = entries_of(store, found.families[0], found)
    assert 0 < len(looked) < 40


def test_ten_thousand_families_take_little(store: DeadLetters, client: InProcessClient) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = (f"{a}{b}{c}" for a in letters for b in letters for c in letters)
    push(client, [failed(n, f"error {word}") for n, word in zip(range(MOST_FAMILIES + 500), words, strict=False)])
    tracemalloc.start()
    found = read(store)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(found.families), found.beyond) == (MOST_FAMILIES, 500)
    assert held < 20_000_000
