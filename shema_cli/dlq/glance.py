"""The dead letters in a bounded look: how many, since when, what fails, and whether they grow (contract 3.5).

The list may have hundreds of thousands of entries: the newest are read, as many as `MOST_READ` and `MOST_BYTES` allow,
and the oldest; all are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from shema_cli.clock import Clock
from shema_cli.condition.facts import Family, LetterFacts
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Failed
from shema_cli.moments import read_moment
from shema_cli.settings.values import Settings
from shema_cli.store import keys
from shema_cli.store.connection import Store

MOST_READ = 2000
MOST_BYTES = 4_000_000
FIRST_PAGE = 16
HOUR_S = 3600.0
MOST_FAMILIES = 20
NO_ERROR = "no error told"

Acknowledged = Callable[[str], bool]
"""Whether the family of this fingerprint is known, and so left out."""


def nothing_acknowledged(_fingerprint: str) -> bool:
    """Every family counts."""
    return False


def glance(store: Store, clock: Clock, settings: Settings) -> LetterFacts:
    """The dead letters as everybody who only looks is told of them. Raises Unreachable and Failed."""
    urls = settings.service_urls()
    return look_at_letters(store, clock, {name: names_of(name, found) for name, found in urls.items()})


def look_at_letters(
    store: Store,
    clock: Clock,
    services: Mapping[str, Sequence[str]],
    acknowledged: Acknowledged = nothing_acknowledged,
) -> LetterFacts:
    """`services`: of each, the words by which an error names it, in lower case. Raises Unreachable and Failed."""
    now = clock.now()
    with store.errors():
        pipeline = store.client.pipeline(transaction=False)
        pipeline.llen(keys.DEAD_LETTERS)
        pipeline.llen(keys.IN_FLIGHT)
        pipeline.lindex(keys.DEAD_LETTERS, -1)
        waiting, in_flight, oldest = pipeline.execute()
        sample = _Sample(now, services, acknowledged)
        for raw in _newest(store, waiting):
            sample.add(parse_entry(raw))
    abandoned = _abandoned(store) if in_flight else 0
    return sample.facts(waiting + in_flight, abandoned, _age_s(parse_entry(oldest), now) if oldest else None)


def _newest(store: Store, waiting: int) -> Iterator[bytes]:
    """The newest entries, page after page, each four times the one before, until enough were read."""
    start, size, held = 0, FIRST_PAGE, 0
    while start < min(waiting, MOST_READ) and held < MOST_BYTES:
        page: list[bytes] = store.client.lrange(keys.DEAD_LETTERS, start, start + size - 1)  # type: ignore[assignment]
        if not page:
            return
        yield from page
        start += len(page)
        held += sum(map(len, page))
        fitting = max(1, (MOST_BYTES - held) * start // max(1, held))
        size = min(4 * size, MOST_READ - start, fitting)


def _abandoned(store: Store) -> int:
    """Entries that a dead run holds; 0 where this user may not ask."""
    with suppress(Failed):
        return DeadLetters(store).look().abandoned
    return 0


def _age_s(entry: Entry, now: datetime) -> float | None:
    moment = read_moment(entry.failed_at)
    return max(0.0, (now - moment).total_seconds()) if moment else None


@dataclass
class _Growing:
    example: str
    count: int = 0
    last_hour: int = 0


@dataclass
class _Sample:
    """What is known of the entries read so far."""

    now: datetime
    services: Mapping[str, Sequence[str]]
    acknowledged: Acknowledged
    read: int = 0
    left_out: int = 0
    last_hour: int = 0
    hour_before: int = 0
    oldest_s: float = 0.0
    families: dict[str, _Growing] = field(default_factory=dict)
    named: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        self.read += 1
        key = fingerprint(entry.error) if entry.valid else ""
        old_s = _age_s(entry, self.now)
        self.oldest_s = max(self.oldest_s, old_s or 0.0)
        if self.acknowledged(key):
            self.left_out += 1
            return
        recent = old_s is not None and old_s <= HOUR_S
        self.last_hour += recent
        self.hour_before += old_s is not None and HOUR_S < old_s <= 2 * HOUR_S
        example = (entry.error or NO_ERROR) if entry.valid else f"invalid: {entry.reason}"
        family = self.families.setdefault(key or f"invalid: {entry.reason}", _Growing(example))
        family.count += 1
        family.last_hour += recent
        self.named.update(self._named_by(entry.error))

    def _named_by(self, error: str | None) -> Iterator[str]:
        text = (error or "").lower()
        return (name for name, words in self.services.items() if any(word in text for word in words))

    def facts(self, total: int, abandoned: int, oldest_s: float | None) -> LetterFacts:
        whole = self.read >= total
        families = sorted(self.families.items(), key=lambda pair: (-pair[1].count, pair[0]))
        return LetterFacts(
            total=total,
            sample=min(self.read, total),
            oldest_s=oldest_s if oldest_s is not None else self.oldest_s or None,
            families=tuple(Family(key, f.example, f.count, f.last_hour) for key, f in families),
            last_hour=self.last_hour,
            hour_before=self._before(total, oldest_s, whole=whole),
            from_services=dict(self.named),
            acknowledged=self.left_out,
            abandoned=abandoned,
        )

    def _before(self, total: int, oldest_s: float | None, *, whole: bool) -> float | None:
        """How many came in the hour before the last: counted where the sample reaches back so far, else what came in
        an hour on the average of all the time before."""
        if whole or self.oldest_s >= 2 * HOUR_S:
            return self.hour_before
        if oldest_s is None or oldest_s <= HOUR_S:
            return None
        return (total - self.last_hour) * HOUR_S / (oldest_s - HOUR_S)


def names_of(name: str, urls: Sequence[str]) -> tuple[str, ...]:
    """The words by which an error names a service: never the name alone, which is a word of every other error too."""
    hosts = (url.partition("://")[2].partition("/")[0].lower() for url in urls)
    return (f"{name}-service", f"{name} service", f"{name}_service", *(host for host in hosts if host))
