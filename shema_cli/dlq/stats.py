"""The whole list in a few numbers, in memory that does not grow with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from shema_cli.clock import iso
from shema_cli.dlq.families.last_look import Eyes
from shema_cli.dlq.families.results import ErrorFamily, KnownFamilies, News
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.results import Stats, ordered
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.moments import read_moment

MOST_FAMILIES = 10_000
MOST_TYPES = 10_000
BUCKETS = 16
FINEST = 2048
OTHERS = "(others)"
Noted = Callable[[str | None, int, Entry], object]
"""Told of each entry that counts: its family (None: it is no event), its position from the oldest, and the entry."""


def not_noted(_family: str | None, _position: int, _entry: Entry) -> None:
    """Nobody looks on."""


@dataclass
class _Family:
    example: str | None
    count: int = 0
    first: str | None = None
    last: str | None = None
    new: int = 0

    def add(self, moment: str | None, *, new: bool) -> None:
        self.count += 1
        self.new += new
        if moment is not None:
            self.first = moment if self.first is None or moment < self.first else self.first
            self.last = moment if self.last is None or moment > self.last else self.last


class Histogram:
    """Counts over time in buckets that double their width whenever there are too many of them."""

    def __init__(self) -> None:
        self._width = 1
        self._counts: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        self._counts[int(seconds // self._width)] += 1
        while len(self._counts) > FINEST:
            self._width *= 2
            wider: Counter[int] = Counter()
            for bucket, count in self._counts.items():
                wider[bucket // 2] += count
            self._counts = wider

    def buckets(self) -> tuple[tuple[datetime, int], ...]:
        """At most 16 buckets of one width from the first moment to the last."""
        if not self._counts:
            return ()
        first, last = min(self._counts), max(self._counts)
        span = (last - first) // BUCKETS + 1
        counts = [0] * ((last - first) // span + 1)
        for bucket, count in self._counts.items():
            counts[(bucket - first) // span] += count
        starts = (datetime.fromtimestamp((first + i * span) * self._width, UTC) for i in range(len(counts)))
        return tuple(zip(starts, counts, strict=True))


class _StatsSoFar:
    def __init__(self, eyes: Eyes | None) -> None:
        self.eyes = eyes
        self.total = self.invalid = self.listed = self.untimed = self.new = 0
        self.types: Counter[str] = Counter()
        self.families: dict[str, _Family] = {}
        self.histogram = Histogram()
        self.oldest: str | None = None
        self.newest: str | None = None

    def add(self, entry: Entry) -> str | None:
        """The family that it was counted in; None for what is no event."""
        self.total += 1
        new = self.eyes is not None and self.eyes.is_new(entry)
        self.new += new
        moment = self._moment(entry.failed_at)
        if not entry.valid:
            self.invalid += 1
            return None
        name = entry.event_type or OTHERS
        self.types[name if name in self.types or len(self.types) < MOST_TYPES else OTHERS] += 1
        key = fingerprint(entry.error)
        family = self.families.get(key)
        if family is None:
            key = key if len(self.families) < MOST_FAMILIES else OTHERS
            family = self.families.setdefault(key, _Family(entry.error))
        family.add(moment, new=new)
        return key

    def _moment(self, text: str | None) -> str | None:
        """The time as ISO text in UTC, by which texts can be compared; noted in the histogram."""
        parsed = read_moment(text)
        if parsed is None:
            return None
        self.histogram.add(parsed.timestamp())
        moment = iso(parsed)
        self.oldest = moment if self.oldest is None or moment < self.oldest else self.oldest
        self.newest = moment if self.newest is None or moment > self.newest else self.newest
        return moment


def stats(
    store: DeadLetters,
    filters: Filters,
    most_families: int | None = None,
    eyes: Eyes | None = None,
    noted: Noted = not_noted,
) -> Stats:
    """Walk over the list once; `most_families` cuts `by_error` after the most frequent.

    How an acknowledged family stands is told by all of its entries, whatever the filters let through.
    """
    count, failures = _StatsSoFar(eyes), eyes.failures() if eyes else None
    for position, raw in store.oldest_first():
        entry = parse_entry(raw)
        count.listed += 1
        if failures:
            failures.add(entry)
        if filters.match(entry):
            noted(count.add(entry), position, entry)
        else:
            count.untimed += filters.is_untimed(entry)
    families = sorted(count.families.items(), key=lambda pair: (-pair[1].count, pair[0]))
    told = [
        ErrorFamily(key, f.count, f.example, f.first, f.last, failures.standing(key) if failures else None, f.new)
        for key, f in families
    ]
    return Stats(
        count.total,
        count.invalid,
        count.oldest,
        count.newest,
        ordered(count.types),
        tuple(told[:most_families]),
        count.histogram.buckets(),
        count.listed,
        count.untimed,
        known=KnownFamilies.of(told, failures),
        news=News.of(count.new, eyes),
    )
