"""The whole list in a few numbers, in memory that does not grow with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from shema_cli.clock import iso
from shema_cli.condition.growth import HOURS, HourCounts, hours_ago
from shema_cli.dlq.families.acknowledged import Standing
from shema_cli.dlq.families.last_look import Eyes
from shema_cli.dlq.families.results import ErrorFamily, KnownFamilies, News
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.results import Stats, Times, ordered
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.moments import read_moment

MOST_FAMILIES = 10_000
MOST_TYPES = 10_000
OTHERS = "(others)"
Noted = Callable[[str | None, int, Entry], object]
"""Told of each entry that counts: its family (None: it is no event), its position from the oldest, and the entry."""


def not_noted(_family: str | None, _position: int, _entry: Entry) -> None:
    """Nobody looks on."""


class _Family:
    """One family of errors so far."""

    __slots__ = ("count", "example", "first", "hours", "last", "new")

    def __init__(self, example: str | None) -> None:
        self.example = example
        self.count = self.new = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.hours = HourCounts()

    def add(self, moment: datetime | None, hour: int | None, *, new: bool) -> None:
        self.count += 1
        self.new += new
        self.hours.add(hour)
        if moment is not None:
            self.first = moment if self.first is None or moment < self.first else self.first
            self.last = moment if self.last is None or moment > self.last else self.last

    def told(self, fingerprint: str, standing: Standing | None) -> ErrorFamily:
        moments = (_iso(self.first), _iso(self.last))
        growth = self.hours.growth()
        return ErrorFamily(fingerprint, self.count, self.example, *moments, standing, self.new, growth)


class _StatsSoFar:
    def __init__(self, now: datetime, eyes: Eyes | None) -> None:
        self.now = now
        self.a_day_ago = now - timedelta(hours=HOURS)
        self.eyes = eyes
        self.total = self.invalid = self.listed = self.untimed = self.new = self.undated = 0
        self.types: Counter[str] = Counter()
        self.families: dict[str, _Family] = {}
        self.hours = HourCounts()
        self.oldest: datetime | None = None
        self.newest: datetime | None = None
        self.oldest_entry: Entry | None = None

    def add(self, entry: Entry) -> str | None:
        """The family that it was counted in; None for what is no event."""
        self.total += 1
        moment = read_moment(entry.failed_at)
        new = self.eyes is not None and self.eyes.is_new(moment)
        self.new += new
        hour = self._hour(moment, entry)
        if entry.reason is not None:
            self.invalid += 1
            return None
        name = entry.event_type or OTHERS
        self.types[name if name in self.types or len(self.types) < MOST_TYPES else OTHERS] += 1
        key = fingerprint(entry.error)
        family = self.families.get(key)
        if family is None:
            key = key if len(self.families) < MOST_FAMILIES else OTHERS
            family = self.families.setdefault(key, _Family(entry.error))
        family.add(moment, hour, new=new)
        return key

    def _hour(self, moment: datetime | None, entry: Entry) -> int | None:
        """In which of the last 24 hours it failed, which is counted."""
        if moment is None:
            self.undated += 1
            return None
        if self.oldest is None or moment < self.oldest:
            self.oldest, self.oldest_entry = moment, entry
        if self.newest is None or moment > self.newest:
            self.newest = moment
        if moment <= self.a_day_ago:
            return None
        hour = hours_ago((self.now - moment).total_seconds())
        self.hours.add(hour)
        return hour

    def times(self) -> Times:
        oldest = self.oldest_entry
        return Times(
            self.now,
            _iso(self.oldest),
            _iso(self.newest),
            (oldest.event_id or oldest.id) if oldest else None,
            self.hours.growth(),
            self.undated,
        )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def stats(
    store: DeadLetters,
    filters: Filters,
    now: datetime,
    most_families: int | None = None,
    eyes: Eyes | None = None,
    noted: Noted = not_noted,
) -> Stats:
    """Walk over the list once; `most_families` cuts `by_error` after the most frequent.

    How an acknowledged family stands is told by all of its entries, whatever the filters let through.
    """
    count, failures = _StatsSoFar(now, eyes), eyes.failures() if eyes else None
    everything, ruled_out = not filters, filters.ruled_out
    for position, raw in store.oldest_first():
        count.listed += 1
        if failures is None and ruled_out(raw):
            continue
        entry = parse_entry(raw)
        if failures:
            failures.add(entry)
        if everything or filters.match(entry):
            noted(count.add(entry), position, entry)
        else:
            count.untimed += filters.is_untimed(entry)
    families = sorted(count.families.items(), key=lambda pair: (-pair[1].count, pair[0]))
    told = [family.told(key, failures.standing(key) if failures else None) for key, family in families]
    return Stats(
        count.total,
        count.invalid,
        count.times(),
        ordered(count.types),
        tuple(told[:most_families]),
        count.listed,
        count.untimed,
        families=len(told),
        limited=most_families is not None,
        known=KnownFamilies.of(told, failures),
        news=News.of(count.new, eyes),
    )
