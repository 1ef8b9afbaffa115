"""The families of dead letters, worst first, out of one pass over the list (contract 3.5).

What is kept of a family does not grow with it: its numbers, and where its oldest entries stand, which are read when the
family is looked at.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from datetime import datetime

from shema_cli.clock import Clock, parse_iso
from shema_cli.condition.facts import AckState
from shema_cli.condition.growth import NO_GROWTH, Growth
from shema_cli.dlq.families.acknowledged import Standing, read_acknowledged
from shema_cli.dlq.families.last_look import Eyes
from shema_cli.dlq.families.results import ErrorFamily
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.results import Stats
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.stats import OTHERS, stats
from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import bounded
from shema_cli.store.pages import FIRST_PAGE, next_size

MOST_PLACES = 100
"""How many of a family's entries are looked at, the oldest."""
MOST_WALKED = 20_000
"""Entries that are read to find them where the list has moved since they were counted."""
MOST_MOVED = 1000
"""How far at least before their places: others than shema take from the list without counting it."""
MOST_BYTES = 4_000_000
APART = 8
"""Places that are no farther apart than this are read together."""
TOGETHER = 16
NO_EVENTS = "(no events)"


@dataclass(frozen=True)
class Family:
    """The dead letters of one error. Those that are no events have no `fingerprint`; they can only be discarded.

    `new`: how many failed since this admin last looked; `places`: where its oldest stand, from the oldest of all.
    """

    fingerprint: str | None
    count: int
    example: str | None = None
    first: datetime | None = None
    last: datetime | None = None
    growth: Growth = NO_GROWTH
    new: int = 0
    standing: Standing | None = None
    places: Sequence[int] = field(default=(), compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.fingerprint or NO_EVENTS

    @property
    def returned(self) -> bool:
        return self.standing is not None and self.standing.state is AckState.RETURNED

    @property
    def known(self) -> bool:
        """Somebody has acknowledged it, and that holds."""
        return self.standing is not None and self.standing.known

    def narrow(self, filters: Filters) -> Filters:
        """Those of its entries that the filters let through."""
        if self.fingerprint is None:
            return replace(filters, invalid=True)
        return replace(filters, fingerprint=self.fingerprint)

    @property
    def urgency(self) -> tuple[object, ...]:
        """By which the worst comes first: returned, rising, largest, oldest; what is known comes last."""
        oldest = self.first.timestamp() if self.first else float("inf")
        return (self.known, not self.returned, not self.growth.rising, -self.count, oldest, self.name)


@dataclass(frozen=True)
class Families:
    """What one pass has found. `total` of the `listed` entries are let through by the filters.

    `left_out`: families that are known, which are not gone through; `beyond`: entries of families that were too many to
    be told apart. `taken` tells whether the list was taken from since.
    """

    families: tuple[Family, ...] = ()
    total: int = 0
    listed: int = 0
    left_out: tuple[Family, ...] = ()
    beyond: int = 0
    taken: int = 0
    warnings: tuple[str, ...] = ()

    def named(self, name: str) -> Family | None:
        return next((one for one in (*self.families, *self.left_out) if one.name == name), None)


@dataclass
class Counting:
    """How far a pass is, for whoever waits for it."""

    entries: int = 0


def read_families(
    store: DeadLetters,
    filters: Filters,
    clock: Clock,
    counting: Counting,
    *,
    known: bool = False,
    since: datetime | None = None,
) -> Families:
    """One pass over the list. With `known`, the acknowledged ones too, at the end; what failed after `since` is new.

    Raises Unreachable and Failed.
    """
    eyes = Eyes(read_acknowledged(store.redis), clock.now(), since)
    places = _Places(counting)
    taken = store.page(0, 0).taken
    found = stats(store, filters, eyes.now, eyes=eyes, noted=places.note)
    families = sorted(places.families(found), key=lambda one: one.urgency)
    return Families(
        families=tuple(one for one in families if known or not one.known),
        total=found.total,
        listed=found.listed,
        left_out=() if known else tuple(one for one in families if one.known),
        beyond=next((one.count for one in found.by_error if one.fingerprint == OTHERS), 0),
        taken=taken,
        warnings=tuple(eyes.acknowledged.warnings()),
    )


class _Places:
    """Where the oldest entries of each family stand."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._of: dict[str | None, array[int]] = {}

    def note(self, family: str | None, position: int, _entry: Entry) -> None:
        self._counting.entries += 1
        places = self._of.get(family)
        if places is None:
            places = self._of[family] = array("Q")
        if len(places) < MOST_PLACES:
            places.append(position)

    def families(self, found: Stats) -> Iterator[Family]:
        for one in found.by_error:
            if one.fingerprint != OTHERS:
                yield self._family(one)
        if found.invalid:
            yield Family(None, found.invalid, places=self._of[None])

    def _family(self, told: ErrorFamily) -> Family:
        return Family(
            fingerprint=told.fingerprint,
            count=told.count,
            example=bounded(told.example) if told.example else None,
            first=parse_iso(told.first) if told.first else None,
            last=parse_iso(told.last) if told.last else None,
            growth=told.growth,
            new=told.new,
            standing=told.standing,
            places=self._of[told.fingerprint],
        )


def oldest_of(store: DeadLetters, family: Family, filters: Filters, taken: int) -> list[Entry]:
    """The oldest entries of a family, at most `MOST_PLACES` of `MOST_BYTES`, as they are now.

    `taken` is that of the pass. Where they no longer stand where it found them, they are looked for before that.
    """
    matches = family.narrow(filters).match
    found: list[Entry] = []
    held, moved = 0, 0
    for first, count in _spans(family.places):
        page = store.page(first, count)
        moved = max(0, page.taken - taken)
        there = [entry for entry in map(parse_entry, page.raws) if matches(entry)]
        found += there
        held += sum(len(entry.raw) for entry in there)
        if moved or held > MOST_BYTES:
            break
    if family.places and (moved or (len(found) < len(family.places) and held <= MOST_BYTES)):
        found = _walked(store, max(0, family.places[0] - max(moved, MOST_MOVED)), matches)
    return found[:MOST_PLACES]


def _spans(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, how many): what is read at once."""
    first = last = -1
    for place in places:
        if first < 0:
            first = last = place
        elif place - last > APART or place - first >= TOGETHER:
            yield first, last - first + 1
            first = place
        last = place
    if first >= 0:
        yield first, last - first + 1


def _walked(store: DeadLetters, position: int, matches: Callable[[Entry], bool]) -> list[Entry]:
    """From a position on, as far as `MOST_WALKED` goes."""
    found: list[Entry] = []
    size, end, held = FIRST_PAGE, position + MOST_WALKED, 0
    while position < end and len(found) < MOST_PLACES and held < MOST_BYTES:
        raws = store.page(position, min(size, end - position)).raws
        if not raws:
            break
        some = [entry for entry in map(parse_entry, raws) if matches(entry)]
        found += some
        held += sum(len(entry.raw) for entry in some)
        position += len(raws)
        size = next_size(size, list(map(len, raws)))
    return found
