"""What those commands hand back that look at dead letters (contract 2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from shema_cli.clock import age, parse_iso
from shema_cli.condition.growth import NO_GROWTH, Growth
from shema_cli.dlq.families.results import ErrorFamily, KnownFamilies, News, acknowledged_document
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.letters.selection import family_of
from shema_cli.frozen import dataclass
from shema_cli.json_text import loads
from shema_cli.moments import read_moment
from shema_cli.people.results import NAME_COLUMNS, Named, Names
from shema_cli.people.shown import Subject, subject_of
from shema_cli.results import Result, Table, counted
from shema_cli.shell import to_type

if TYPE_CHECKING:
    from shema_cli.dlq.families.acknowledged import Standing
    from shema_cli.store.listeners import Listeners


@dataclass(frozen=True)
class Row:
    """One entry as `list` and `show` tell it.

    `standing`: how its family stands where it is acknowledged; `new`: whether it failed since the admin's last look.
    """

    entry: Entry
    index: int
    replays: int
    now: datetime
    standing: Standing | None = None
    new: bool = False

    @cached_property
    def subject(self) -> Subject:
        """Whom its event is about."""
        if not self.entry.valid:
            return Subject()
        event = loads(self.entry.event)
        return subject_of(event.get("data", event) if isinstance(event, dict) else None)

    @property
    def age_s(self) -> float | None:
        moment = read_moment(self.entry.failed_at)
        return round((self.now - moment).total_seconds(), 3) if moment else None

    def document(self) -> dict[str, object]:
        entry = self.entry
        return {
            "id": entry.id,
            "index": self.index,
            "event_type": entry.event_type,
            "event_id": entry.event_id,
            "channel": entry.channel,
            "error": entry.error,
            "failed_at": entry.failed_at,
            "age_s": self.age_s,
            "replays": self.replays,
            "valid": entry.valid,
            "reason": entry.reason,
            "fingerprint": family_of(entry),
        }


def none_of(listed: int) -> str:
    """What is said where nothing is shown of a list that holds so many entries."""
    return f"none of {listed:,} match" if listed else "no dead letters"


@dataclass(frozen=True)
class EntryListing(Result):
    """`{"entries", "total", "shown"}`; `total` counts what the filters let through of the `listed` entries.

    `untimed` are left out only because they do not say when they failed.
    """

    is_list = True

    rows: tuple[Row, ...]
    total: int
    listed: int = 0
    untimed: int = 0
    names: Names = field(default_factory=Names)
    told: bool = True
    news: News = field(default_factory=News)

    def about(self, row: Row) -> Named:
        return self.names.of(*row.subject)

    def document(self) -> dict[str, object]:
        return {
            "entries": [self._document(row) for row in self.rows],
            "total": self.total,
            "shown": len(self.rows),
            **self.news.document(self.news.count),
        }

    def _document(self, row: Row) -> dict[str, object]:
        return row.document() | acknowledged_document(row.standing, told=self.told) | self.news.document(row.new)

    def table(self) -> Table:
        where = ("event_id", "channel", "reason")
        columns = ("id", "event_type", "error", "failed_at", "age", "replays", *where, *FAMILY_COLUMNS, *NAME_COLUMNS)
        rows = ((*self._cells(row), *_family_cells(row), *self.about(row).cells()) for row in self.rows)
        return Table(columns, rows)

    @staticmethod
    def _cells(row: Row) -> Sequence[object]:
        entry = row.entry
        where = (entry.event_id, entry.channel, entry.reason)
        return (entry.id, entry.event_type, entry.error, entry.failed_at, age(row.age_s), row.replays, *where)

    def notes(self) -> Iterable[str]:
        if self.news.told:
            yield self.news.told
        if len(self.rows) < self.total:
            yield f"{len(self.rows):,} of {self.total:,}; more with --limit"


FAMILY_COLUMNS = ("fingerprint", "acknowledged")


def _family_cells(row: Row) -> tuple[str | None, str | None]:
    return family_of(row.entry), row.standing.state.value if row.standing else None


@dataclass(frozen=True)
class Attempt:
    """An earlier replay of the same event."""

    at: str
    by: str

    def document(self) -> dict[str, str]:
        return {"at": self.at, "by": self.by}


@dataclass(frozen=True)
class Publication:
    """One publication of the event, as the history has it: when it was recorded, and its id there."""

    at: str
    id: str

    def document(self) -> dict[str, str]:
        return {"at": self.at, "id": self.id}


@dataclass(frozen=True)
class CopiesOfEntry:
    """How many entries have the event of one entry, itself included, and those of them that are not the same bytes."""

    number: int = 1
    others: tuple[Entry, ...] = ()

    def documents(self) -> list[dict[str, str | None]]:
        return [{"id": entry.id, "error": entry.error, "failed_at": entry.failed_at} for entry in self.others]


@dataclass(frozen=True)
class ShownEntry(Result):
    """One entry with all that is known of it. `listeners` is None where it would go nowhere.

    `identical` counts the entries with the same bytes, itself included; `attempts` are the earlier replays that are
    still remembered, the latest first. `published` is what the history has of its event, the oldest first. `told`:
    whether it is known what is acknowledged.
    """

    row: Row
    listeners: Listeners | None
    identical: int
    max_replays: int
    attempts: tuple[Attempt, ...] = ()
    copies: CopiesOfEntry = CopiesOfEntry()
    about: Named = field(default_factory=Named)
    published: tuple[Publication, ...] = ()
    told: bool = True

    def content(self) -> dict[str, object]:
        """`{"entry": decoded}`, or `{"raw": text}` with `\\xNN` for bytes that are not UTF-8."""
        raw = self.row.entry.raw
        try:
            return {"entry": loads(raw)}
        except ValueError:
            return {"raw": raw.decode("utf-8", "backslashreplace")}

    def document(self) -> dict[str, object]:
        return (
            self.row.document()
            | acknowledged_document(self.row.standing, told=self.told)
            | self.content()
            | self._heard()
            | {
                "copies": max(self.identical, self.copies.number),
                "others": self.copies.documents(),
                "attempts": [attempt.document() for attempt in self.attempts],
                "published": [publication.document() for publication in self.published],
            }
        )

    def _heard(self) -> dict[str, object]:
        found = self.listeners
        return {**found.document(), **found.missing_document()} if found else {"listeners": None}

    def table(self) -> Table:
        names = zip(NAME_COLUMNS, self.about.cells(), strict=True)
        return Table(("field", "value"), [*self.document().items(), *names])

    def notes(self) -> Iterable[str]:
        if self.identical > 1:
            yield f"{self.identical} identical entries share this id; choosing it chooses all of them"
        if self.copies.others:
            name = self.row.entry.event_id
            yield f"{entries_and_events(self.copies.number, 1)}: a replay publishes it once; {name} chooses all of them"
        if self.row.replays >= self.max_replays:
            yield f"replayed {self.row.replays} times: it comes back no more without --force"


@dataclass(frozen=True)
class Times:
    """When dead letters failed: the oldest (`oldest_id`: its eventId, or its id), the newest, and how many in each of
    the 24 hours before `now`. `undated` do not say when, or not so that it can be read."""

    now: datetime
    oldest: str | None = None
    newest: str | None = None
    oldest_id: str | None = None
    growth: Growth = NO_GROWTH
    undated: int = 0

    def old_s(self, moment: str | None) -> float | None:
        """Seconds since one of these."""
        parsed = parse_iso(moment) if moment else None
        return (self.now - parsed).total_seconds() if parsed else None


@dataclass(frozen=True)
class Stats(Result):
    """All of it in numbers. `by_error` are the most frequent of so many `families`; `limited`: as many as were asked
    for."""

    total: int
    invalid: int
    times: Times
    by_type: Mapping[str, int]
    by_error: tuple[ErrorFamily, ...]
    listed: int = 0
    untimed: int = 0
    families: int = 0
    limited: bool = False
    known: KnownFamilies = field(default_factory=KnownFamilies)
    news: News = field(default_factory=News)

    @property
    def urgent(self) -> Sequence[ErrorFamily]:
        """The families in the order in which somebody should look at them: those that are known last, what has returned
        and what is rising first, and then the largest."""
        return sorted(self.by_error, key=lambda one: (one.known, not one.returned, not one.growth.rising, -one.count))

    def document(self) -> dict[str, object]:
        families = (family.document(told=self.known.told, news=self.news) for family in self.by_error)
        return {
            "total": self.total,
            "invalid": self.invalid,
            "oldest": self.times.oldest,
            "newest": self.times.newest,
            "oldest_at": self.times.oldest,
            **self.times.growth.document(),
            "undated": self.times.undated,
            "by_type": dict(self.by_type),
            "by_error": list(families),
            "acknowledged": self.known.document(),
            **self.news.document(self.news.count),
        }

    def table(self) -> Table:
        times = self.times
        rows: list[tuple[object, ...]] = [("total", "", self.total, None, times.oldest, times.newest)]
        rows += [("invalid", "", self.invalid, None, None, None)]
        rows += [("type", name, count, None, None, None) for name, count in self.by_type.items()]
        rows = [(*row, times.growth.last_hour if row[0] == "total" else None, None) for row in rows]
        rows += [
            ("error", f.fingerprint, f.count, f.example, f.first, f.last, f.growth.last_hour, f.state)
            for f in self.by_error
        ]
        return Table(("kind", "name", "count", "example", "first", "last", "last_hour", "acknowledged"), rows)

    def notes(self) -> Iterable[str]:
        if self.by_error:
            first = self.urgent[0].fingerprint
            yield f"look: {to_type('shema dlq list --limit 5 --fingerprint', first)}"
            yield f"once mended: {to_type('shema dlq replay --dry-run --fingerprint', first)}"


def ordered(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first, then by name."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def entries_and_events(entries: int, events: int) -> str:
    """`5 entries, 1 event`: what was taken out, and what was published."""
    return f"{counted(entries, 'entry', 'entries')}, {counted(events, 'event')}"
