"""What is known of one subject, in order of time (contract 3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from enum import StrEnum

from shema_cli.clock import local_time_of_ms, parse_iso
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.people.results import NAME_COLUMNS, Course, Named, Names, Person
from shema_cli.people.search import MatchedPerson
from shema_cli.people.shown import Subject
from shema_cli.results import Result, Source, Sources, SourceState, Table, counted, told_of_sources
from shema_cli.shell import to_type

COLUMNS = ("at", "source", "kind", "summary", "actor", "event_id", "id")
SHOWN_IDS = 5
_STREAM_ID = re.compile(r"\d{1,20}-\d{1,20}", re.ASCII)
NOBODY = Subject()


class FoundIn(StrEnum):
    """The source of an event; `LIVE` what `--follow` hears."""

    USER = "user"
    ENROLLMENT = "enrollment"
    COURSE = "course"
    DECISIONS = "decisions"
    AUDIT = "audit"
    DEAD_LETTERS = "dead_letters"
    HISTORY = "history"
    LIVE = "live"


SOURCES = tuple(source for source in FoundIn if source is not FoundIn.LIVE)
"""Where `trace` looks."""
RUNS = ("replay", "discard", "import", "resend")
"""The kinds of what a run did to an event."""


@dataclass(frozen=True)
class TraceEvent(Result):
    """Something that happened, or that is told. `at`: ISO-8601, empty where nobody wrote it down.

    `kind`: person, enrollment, course, decision, audit, dead_letter, event, chat, invalid, or one of `RUNS`. `id`: what
    it has where it was found. `words`: the same as `summary` for whoever knows of whom it is told, `heard`: who heard
    it, and who was away. `about`, `enrollment_id`: whom it is about.
    """

    at: str
    source: FoundIn
    kind: str
    summary: str
    actor: str = ""
    event_id: str = ""
    id: str = ""
    words: str = ""
    heard: str = ""
    about: Subject = NOBODY
    enrollment_id: str = ""

    @property
    def told(self) -> str:
        """All of it in one line."""
        return "; ".join(part for part in (self.summary, self.heard) if part)

    def document(self) -> dict[str, str | None]:
        """`{"at", "source", "kind", "summary", "actor", "event_id", "id"}`."""
        return dict(zip(COLUMNS, self.row(), strict=True))

    def row(self) -> tuple[str | None, ...]:
        cells = (self.at, self.source.value, self.kind, self.told, self.actor, self.event_id, self.id)
        return tuple(cell or None for cell in cells)

    def table(self) -> Table:
        return Table((*COLUMNS, *NAME_COLUMNS), [(*self.row(), None, None)])

    def line(self) -> str:
        return "  ".join(cell or "-" for cell in self.row())


@dataclass(frozen=True)
class Shown(TraceEvent):
    """An event with the names of whom it is about, for a stream."""

    named: Named = field(default_factory=Named)

    @classmethod
    def of(cls, event: TraceEvent, named: Named) -> Shown:
        return cls(**vars(event), named=named)

    def table(self) -> Table:
        return Table((*COLUMNS, *NAME_COLUMNS), [(*self.row(), *self.named.cells())])


@dataclass(frozen=True)
class Opening(Result):
    """What stands before the events of a stream of JSON: whom they are about, and who told."""

    subject: str
    sources: Mapping[str, str]

    def document(self) -> dict[str, object]:
        """`{"subject", "sources"}`."""
        return {"subject": self.subject, "sources": dict(self.sources)}

    def line(self) -> str:
        return self.subject


@dataclass(frozen=True)
class Trace(Result):
    """All that is known of a subject, oldest first, what has no time last.

    `ids`: those through which it hangs together. `cut`: how many events a source had, where not all of them are here.
    `recorded_ms`: up to when the history was read, None where it was not. `unrecorded`: spans (ms) of which the history
    knows nothing; from 0: since ever.
    """

    is_list = True

    subject: str
    events: tuple[TraceEvent, ...]
    sources: Sources
    ids: frozenset[str] = frozenset()
    people: Mapping[str, Person] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    cut: Mapping[str, int] = field(default_factory=dict)
    recorded_ms: int | None = None
    unrecorded: tuple[tuple[int, int], ...] = ()
    more_names: Names = field(default_factory=Names)

    @property
    def silent(self) -> list[str]:
        """The sources that should have told, and did not."""
        return [name for name, source in self.sources.items() if source.silent]

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.FAILED if self.silent else ExitCode.DONE

    def named(self, names: Names) -> Trace:
        """With names that were looked up besides."""
        return replace(self, more_names=names)

    @property
    def names(self) -> Names:
        """What the sources told of people and courses, and what else is known."""
        told = self.more_names
        return Names({**told.people, **self.people}, {**told.courses, **self.courses}, told.silent, told.not_configured)

    @property
    def nameless(self) -> list[Subject]:
        """Whom it is about besides those of whom the sources told, each once."""
        found = dict.fromkeys(event.about for event in self.events if event.about != NOBODY)
        lacking = (
            Subject(
                one.student_id if one.student_id not in self.people else None,
                one.course_id if one.course_id not in self.courses else None,
            )
            for one in found
        )
        return [one for one in dict.fromkeys(lacking) if one != NOBODY]

    def sources_told(self) -> dict[str, str]:
        """`{name: "answered" | "unavailable" | "not_recorded"}`."""
        return {name: _standing(source) for name, source in self.sources.items()}

    def opening(self) -> Opening:
        return Opening(self.subject, self.sources_told())

    def document(self) -> dict[str, object]:
        """`{"subject", "events", "sources"}`, and `"total"` where events were left out."""
        events = [event.document() for event in self.events]
        total = {"total": len(events) + sum(self._left_out.values())} if self.cut else {}
        return {"subject": self.subject, "events": events, "sources": self.sources_told(), **total}

    def table(self) -> Table:
        names = self.names
        rows = [(*event.row(), *names.of(*event.about).cells()) for event in self.events]
        return Table((*COLUMNS, *NAME_COLUMNS), rows)

    def line(self) -> str:
        return self.subject

    def remarks(self) -> Iterable[str]:
        """What is not told: by whom, and why; what was left out; and what nobody recorded."""
        yield from told_of_sources({name: one for name, one in self.sources.items() if one.why})
        for name, count in self._left_out.items():
            kept = sum(event.source.value == name for event in self.events)
            yield f"{_plain(name)}: the newest {kept:,} of {kept + count:,}"
        yield from self._not_recorded()

    def _not_recorded(self) -> Iterable[str]:
        """The times after its first event that nobody recorded; of what was before the history, when it began."""
        first = next((at for one in self.events if one.kind != "person" and (at := parse_iso(one.at))), None)
        if first is None:
            return
        since_ms = first.timestamp() * 1000
        spans = [span for span in self.unrecorded if span[1] > since_ms]
        yield from (
            f"history: recorded only since {local_time_of_ms(to_ms)}" for from_ms, to_ms in spans if not from_ms
        )
        known = [span for span in spans if span[0]]
        if known:
            from_ms, to_ms = known[-1]
            all_of_them = f" ({counted(len(known), 'time')} in all)" if len(known) > 1 else ""
            last = f"from {local_time_of_ms(from_ms)} to {local_time_of_ms(to_ms)}"
            yield f"history: nobody recorded {last}{all_of_them}"

    @property
    def _left_out(self) -> dict[str, int]:
        kept = {name: sum(event.source.value == name for event in self.events) for name in self.cut}
        return {name: total - kept[name] for name, total in self.cut.items()}

    def notes(self) -> Iterable[str]:
        shown = {event.event_id for event in self.events} | {event.id for event in self.events}
        others = sorted(self.ids - shown - {self.subject})
        if others:
            more = f" and {len(others) - SHOWN_IDS:,} more" if len(others) > SHOWN_IDS else ""
            yield f"also looked for: {', '.join(' '.join(one.split()) for one in others[:SHOWN_IDS])}{more}"


@dataclass(frozen=True)
class Candidates(Result):
    """The people whom a text may mean, best first; `more`: there may be others."""

    text: str
    people: tuple[MatchedPerson, ...]
    sources: Sources
    more: bool = False

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.FAILED

    @property
    def message(self) -> str:
        return f"{self.text!r} may be {counted(len(self.people), 'person', 'people')}{' or more' if self.more else ''}"

    @property
    def hint(self) -> str:
        return f"name one by id or email: {to_type('shema trace', self.people[0].person.id)}"

    def document(self) -> dict[str, object]:
        """`{"error": {"code", "message", "hint"}, "candidates": [{"id", "name", "email"}]}`."""
        error = {"code": "ambiguous", "message": self.message, "hint": self.hint}
        return {"error": error, "candidates": [one.person.document() for one in self.people]}

    def table(self) -> Table:
        return Table(
            ("id", "name", "email"), [(one.person.id, one.person.name, one.person.email) for one in self.people]
        )

    def notes(self) -> Iterable[str]:
        yield self.message
        yield self.hint


def in_order(events: Iterable[TraceEvent]) -> tuple[TraceEvent, ...]:
    """By time, the decision before its audit entry, entries of a stream as they stand there; what has no time last."""

    def moment(event: TraceEvent) -> tuple[float, int, tuple[int, ...]]:
        at = parse_iso(event.at)
        place = tuple(map(int, event.id.split("-"))) if _STREAM_ID.fullmatch(event.id) else ()
        return at.timestamp() if at else float("inf"), list(FoundIn).index(event.source), place

    return tuple(sorted(events, key=moment))


def _standing(source: Source) -> str:
    """Whoever is not configured, or has no such list, did not answer."""
    answered = source.state in (SourceState.ANSWERED, SourceState.NOT_RECORDED)
    return source.state.value if answered else SourceState.UNAVAILABLE.value


def _plain(name: str) -> str:
    return name.replace("_", " ")
