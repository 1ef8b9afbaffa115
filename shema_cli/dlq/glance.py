"""The dead letters in a bounded look: how many, since when, what fails, and whether they grow (contract 3.5).

The list may have hundreds of thousands of entries: the newest are read, as many as `MOST_READ` and `MOST_BYTES` allow,
and the oldest; all are counted. Families that are known to somebody are told apart (`families/acknowledged.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from datetime import datetime

from shema_cli.clock import Clock
from shema_cli.condition.facts import Family, LetterFacts
from shema_cli.condition.growth import HOUR_S, hours_ago
from shema_cli.dlq.families.acknowledged import Acknowledged, Failures, Standing, failed_by, read_acknowledged
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import family_of
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Failed
from shema_cli.frozen import dataclass
from shema_cli.moments import read_moment
from shema_cli.settings.values import Settings
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.pages import FIRST_PAGE, next_size

MOST_READ = 2000
MOST_BYTES = 4_000_000
KNOWN_TIMES = 5
"""So many times as much is read where families are acknowledged: what was not read counts as waiting."""
LONGEST_S = 1.0
"""So long as this lasts more than `MOST_READ` are read."""
MOST_FAMILIES = 20
NO_ERROR = "no error told"


def glance(store: Store, clock: Clock, settings: Settings) -> LetterFacts:
    """The dead letters as everybody who only looks is told of them. Raises Unreachable and Failed."""
    urls = settings.service_urls()
    return look_at_letters(store, clock, {name: names_of(name, found) for name, found in urls.items()})


def look_at_letters(store: Store, clock: Clock, services: Mapping[str, Sequence[str]]) -> LetterFacts:
    """`services`: of each, the words by which an error names it, in lower case. Raises Unreachable and Failed."""
    now = clock.now()
    with store.errors():
        pipeline = store.client.pipeline(transaction=False)
        pipeline.llen(keys.DEAD_LETTERS)
        pipeline.llen(keys.IN_FLIGHT)
        pipeline.lindex(keys.DEAD_LETTERS, -1)
        waiting, in_flight, oldest = pipeline.execute()
    acknowledged = read_acknowledged(store) if waiting or in_flight else Acknowledged()
    sample = _Sample(now, services, Failures(acknowledged, now))
    with store.errors():
        ends = clock.monotonic() + LONGEST_S
        for raw in _newest(store, waiting, KNOWN_TIMES if acknowledged.families else 1):
            if sample.read >= MOST_READ and clock.monotonic() > ends:
                break
            sample.add(parse_entry(raw))
    abandoned = _abandoned(store) if in_flight else 0
    return sample.facts(waiting + in_flight, abandoned, parse_entry(oldest) if oldest else None)


def _newest(store: Store, waiting: int, times: int) -> Iterator[bytes]:
    """The newest entries, page after page, each four times the one before, until enough were read."""
    most, most_bytes = times * MOST_READ, times * MOST_BYTES
    start, size, held = 0, FIRST_PAGE, 0
    while start < min(waiting, most) and held < most_bytes:
        page: list[bytes] = store.client.lrange(keys.DEAD_LETTERS, start, start + size - 1)  # type: ignore[assignment]
        if not page:
            return
        yield from page
        lengths = list(map(len, page))
        start += len(page)
        held += sum(lengths)
        size = next_size(size, lengths, most - start, most_bytes - held)


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
    newest: str
    count: int = 0
    last_hour: int = 0
    hour_before: int = 0
    oldest_s: float = 0.0
    named: Counter[str] = field(default_factory=Counter)

    def family(self, fingerprint: str, standing: Standing | None) -> Family:
        counts = (self.count, self.last_hour, self.hour_before)
        if standing is None:
            return Family(fingerprint, self.example, *counts, newest=self.newest)
        said = "" if standing.known else standing.told
        return Family(fingerprint, self.example, *counts, standing.state, said, self.newest)


@dataclass
class _Sample:
    """What is known of the entries read so far."""

    now: datetime
    services: Mapping[str, Sequence[str]]
    failures: Failures
    read: int = 0
    oldest_s: float = 0.0
    reached: datetime | None = None
    families: dict[str, _Growing] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        self.read += 1
        name, failed = _name_of(entry), failed_by(entry, self.now)
        self.failures.note(name, failed)
        self.reached = failed or self.reached
        old_s = _age_s(entry, self.now)
        self.oldest_s = max(self.oldest_s, old_s or 0.0)
        example = (entry.error or NO_ERROR) if entry.valid else f"invalid: {entry.reason}"
        family = self.families.get(name) or self.families.setdefault(name, _Growing(example, entry.id))
        family.count += 1
        hour = None if old_s is None else hours_ago(old_s)
        family.last_hour += hour == 0
        family.hour_before += hour == 1
        family.oldest_s = max(family.oldest_s, old_s or 0.0)
        family.named.update(self._named_by(entry.error))

    def _named_by(self, error: str | None) -> Iterator[str]:
        text = (error or "").lower()
        return (name for name, words in self.services.items() if any(word in text for word in words))

    def facts(self, total: int, abandoned: int, oldest: Entry | None) -> LetterFacts:
        """`oldest`: the last entry of the list, which the sample may not reach."""
        whole = self.read >= total
        if not whole and self.reached is not None:
            self.failures.leave_open(self.reached)
        known, waiting = self._apart()
        told_s = _age_s(oldest, self.now) if oldest else None
        named: Counter[str] = Counter()
        for _, family in waiting:
            named.update(family.named)
        last_hour = sum(family.last_hour for _, family in waiting)
        return LetterFacts(
            total=total,
            sample=min(self.read, total),
            oldest_s=told_s if told_s is not None else self.oldest_s or None,
            families=self._told(waiting),
            last_hour=last_hour,
            hour_before=self._before(sum(f.hour_before for _, f in waiting), total - last_hour, told_s, whole=whole),
            from_services=dict(named),
            acknowledged=sum(family.count for _, family in known),
            abandoned=abandoned,
            known=self._told(known),
            known_last_hour=sum(family.last_hour for _, family in known),
            oldest_waiting_s=self._oldest_waiting(waiting, oldest, told_s, whole=whole),
            unread=self.failures.acknowledged.unread,
        )

    def _apart(self) -> tuple[list[tuple[str, _Growing]], list[tuple[str, _Growing]]]:
        """The families that are known, and all others; the largest first."""
        known: list[tuple[str, _Growing]] = []
        waiting: list[tuple[str, _Growing]] = []
        for name, family in sorted(self.families.items(), key=lambda pair: (-pair[1].count, pair[0])):
            (known if self._known(name) else waiting).append((name, family))
        return known, waiting

    def _known(self, name: str) -> bool:
        standing = self.failures.standing(name)
        return standing is not None and standing.known

    def _told(self, families: Sequence[tuple[str, _Growing]]) -> tuple[Family, ...]:
        return tuple(family.family(name, self.failures.standing(name)) for name, family in families)

    def _oldest_waiting(
        self, waiting: Sequence[tuple[str, _Growing]], oldest: Entry | None, told_s: float | None, *, whole: bool
    ) -> float | None:
        """The oldest of those that are not known: of the sample, or the very last where that is one of them."""
        found = max((family.oldest_s for _, family in waiting), default=0.0)
        if not whole and oldest is not None and not self._known(_name_of(oldest)):
            found = max(found, told_s or 0.0)
        return found or None

    def _before(self, counted: int, older: int, oldest_s: float | None, *, whole: bool) -> float | None:
        """How many came in the hour before the last: counted where the sample reaches back so far, else what came in
        an hour on the average of all the time before."""
        if whole or self.oldest_s >= 2 * HOUR_S:
            return counted
        if oldest_s is None or oldest_s <= HOUR_S:
            return None
        return older * HOUR_S / (oldest_s - HOUR_S)


def _name_of(entry: Entry) -> str:
    """The fingerprint of its family; of an entry without an error that can be read, why it is invalid."""
    return family_of(entry) or f"invalid: {entry.reason}"


def names_of(name: str, urls: Sequence[str]) -> tuple[str, ...]:
    """The words by which an error names a service: never the name alone, which is a word of every other error too."""
    hosts = (url.partition("://")[2].partition("/")[0].lower() for url in urls)
    return (f"{name}-service", f"{name} service", f"{name}_service", *(host for host in hosts if host))
