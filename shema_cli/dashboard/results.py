"""What the dashboard shows: five numbers, and for each where it came from (contract 2.3, `dashboard`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from shema_cli.clock import TIME_OF_DAY, age, iso, local_time
from shema_cli.dashboard.sources import StatSource
from shema_cli.dashboard.trend import Trends
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table
from shema_cli.settings.target import Target

if TYPE_CHECKING:
    from shema_cli.condition.facts import LetterFacts, RegistryFacts

COLUMNS = ("stat", "value", "state", "as_of", "age_s", "duration_ms", "service", "circuit", "request_id", "error")


class SchoolState(StrEnum):
    HEALTHY = "healthy"  # all five numbers are live
    DEGRADED = "degraded"  # some are not


class ReadingState(StrEnum):
    LIVE = "live"  # the service gave it just now
    STALE = "stale"  # the last value that the service gave
    UNAVAILABLE = "unavailable"  # neither


@dataclass(frozen=True)
class SourceProblem:
    """Why a service gave no number. `answered`: it answered all the same; `ours`: it was this machine that failed."""

    code: str
    message: str
    answered: bool = False
    ours: bool = False


WAITING = SourceProblem("waiting", "asked; no answer yet")


@dataclass(frozen=True)
class Kept:
    """A number that a service gave once, and when."""

    value: int
    as_of: datetime


@dataclass(frozen=True)
class SourceAnswer:
    """What one call came to: a value, or a problem."""

    source: StatSource
    at: datetime
    value: int | None = None
    problem: SourceProblem | None = None
    duration_ms: float = 0.0
    request_id: str | None = None
    circuit: str = "closed"
    instance: str | None = None


@dataclass(frozen=True)
class Reading:
    """One number as it is shown. `previous` is what it was at the last look."""

    answer: SourceAnswer
    state: ReadingState
    value: int | None
    as_of: datetime | None
    age_s: float | None
    previous: Kept | None = None

    @property
    def source(self) -> StatSource:
        return self.answer.source

    @property
    def change(self) -> int | None:
        """The difference to the last look, where both are known."""
        return None if self.value is None or self.previous is None else self.value - self.previous.value

    def document(self) -> dict[str, object]:
        problem = self.answer.problem
        return {
            "state": self.state.value,
            "as_of": iso(self.as_of) if self.as_of else None,
            "age_s": None if self.age_s is None else round(self.age_s, 3),
            "duration_ms": round(self.answer.duration_ms, 1),
            "request_id": self.answer.request_id,
            "circuit": self.answer.circuit,
            "error": {"code": problem.code, "message": problem.message} if problem else None,
        }


@dataclass(frozen=True)
class Surroundings:
    """What stands around the five numbers on a terminal. A None is not known (yet); `…_problem` says why."""

    letters: LetterFacts | None = None
    redis_ms: float | None = None
    redis_problem: str | None = None
    redis_refuses: bool = False  # it answered so itself
    registry: RegistryFacts | None = None
    registry_problem: str | None = None


@dataclass(frozen=True)
class Live:
    """What `--watch` knows beside the snapshot: each number as it was asked every `every_s` seconds of this session,
    and which have just changed."""

    history: Mapping[str, Sequence[int | None]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    every_s: float = 0.0


@dataclass(frozen=True)
class Snapshot(Result):
    """The five numbers at one moment."""

    timestamp: datetime
    readings: tuple[Reading, ...]
    target: Target | None = None
    warnings: tuple[str, ...] = ()
    surroundings: Surroundings | None = None
    trends: Trends = field(default_factory=Trends)
    words: bool = False  # to be shown without drawing characters
    lines: int | None = None  # how many the terminal has that it is shown on

    @property
    def school(self) -> SchoolState | None:
        """None while some service has neither answered nor failed."""
        if any(reading.answer.problem == WAITING for reading in self.readings):
            return None
        return SchoolState.HEALTHY if self.exit_code is ExitCode.DONE else SchoolState.DEGRADED

    def since_yesterday(self, reading: Reading) -> int | None:
        """How much a live number has changed in a day; None where nobody looked about then."""
        then = self.trends.of(reading.source.stat).yesterday(self.timestamp)
        return None if then is None or reading.state is not ReadingState.LIVE else (reading.value or 0) - then

    def in_words(self) -> Snapshot:
        return replace(self, words=True)

    @property
    def exit_code(self) -> ExitCode:
        """0 all live; 1 some are not; 3 none is."""
        live = sum(reading.state is ReadingState.LIVE for reading in self.readings)
        if live == len(self.readings):
            return ExitCode.DONE
        return ExitCode.FAILED if live else ExitCode.UNREACHABLE

    def document(self) -> dict[str, object]:
        return {
            "stats": {reading.source.stat: reading.value for reading in self.readings},
            "timestamp": iso(self.timestamp),
            "sources": {reading.source.service: reading.document() for reading in self.readings},
        }

    def line(self) -> str:
        """The five numbers on a line, for a terminal on which nothing may move."""
        shown = (f"{r.source.title}: {_shown(r)}{self._trend_of(r)}" for r in self.readings)
        return f"{local_time(self.timestamp, TIME_OF_DAY)}  {', '.join(shown)}"

    def _trend_of(self, reading: Reading) -> str:
        change = self.since_yesterday(reading)
        return "" if change is None else f" ({told_change(change)})"

    def table(self) -> Table:
        """Rows; for those to whom they are read, what has changed since yesterday as well."""
        rows = [_row(reading) for reading in self.readings]
        if not self.words:
            return Table(COLUMNS, rows)
        changes = [self.since_yesterday(reading) for reading in self.readings]
        return Table((*COLUMNS, "since_yesterday"), [(*row, _signed(c)) for row, c in zip(rows, changes, strict=True)])


def settle(
    answer: SourceAnswer, kept: Kept | None, now: datetime, max_stale_s: float, previous: Kept | None = None
) -> Reading:
    """The reading for an answer: live, else the last good value if it is young enough, else unavailable."""
    if answer.value is not None:
        return Reading(answer, ReadingState.LIVE, answer.value, answer.at, _age_s(answer.at, now), previous)
    if kept is not None and (old := _age_s(kept.as_of, now)) <= max_stale_s:
        return Reading(answer, ReadingState.STALE, kept.value, kept.as_of, old, previous)
    return Reading(answer, ReadingState.UNAVAILABLE, None, None, None, previous)


def _age_s(moment: datetime, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds())


def _row(reading: Reading) -> tuple[object, ...]:
    shown, problem = reading.document(), reading.answer.problem
    timing = (shown["as_of"], shown["age_s"], shown["duration_ms"])
    return (
        reading.source.stat,
        reading.value,
        shown["state"],
        *timing,
        reading.source.service,
        shown["circuit"],
        shown["request_id"],
        f"{problem.code}: {problem.message}" if problem else None,
    )


def told_change(change: int) -> str:
    return f"{_signed(change)} since yesterday" if change else "as yesterday"


def _signed(change: int | None) -> str | None:
    return None if change is None else f"{change:+,}"


def _shown(reading: Reading) -> str:
    if reading.state is ReadingState.UNAVAILABLE:
        return "unavailable"
    return f"{reading.value}" if reading.state is ReadingState.LIVE else f"{reading.value} ({age(reading.age_s)} old)"
