"""A trace as a story: what several sources tell of one thing is one line (contract 3.4).

A decision stands in its record, in the trail and, as its event, in the history. So does a replay in the trail and, as
what it published, in the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from shema_cli.clock import local_time, parse_iso
from shema_cli.frozen import dataclass
from shema_cli.trace.results import RUNS, FoundIn, Trace, TraceEvent

TOGETHER_S = 10.0
"""What is told of one event within this much is one thing."""
UNDATED = "at a time that nobody wrote down"
DAY = "%A %-d %B %Y"
FACTS = (FoundIn.USER, FoundIn.COURSE)
_RUN = "run"


@dataclass(frozen=True)
class Line:
    """`events`: what tells of it, the one in whose words first."""

    at: datetime | None
    events: tuple[TraceEvent, ...]
    again: bool = False

    @property
    def first(self) -> TraceEvent:
        return self.events[0]

    @property
    def words(self) -> str:
        told = "published again" if self.again and self.first.source is FoundIn.HISTORY else self.first.words
        heard = next((event.heard for event in self.events if event.heard), "")
        return "; ".join(part for part in (told or self.first.summary, heard) if part)

    def takes(self, event: TraceEvent, at: datetime | None) -> bool:
        """Whether this event tells of the same thing."""
        if self.at is None or at is None or _teller(event) in map(_teller, self.events):
            return False
        return abs((at - self.at).total_seconds()) <= TOGETHER_S

    def with_event(self, event: TraceEvent) -> Line:
        told = sorted((*self.events, event), key=_rank)
        return replace(self, events=tuple(told))


@dataclass(frozen=True)
class Day:
    """`title`: the date where the machine is, with the offset that held then."""

    title: str
    lines: tuple[Line, ...]


def days(trace: Trace) -> Iterator[Day]:
    """The story, day by day; what has no time stands at the end."""
    for title, lines in groupby(_lines(trace.events), key=lambda line: _title(line.at)):
        yield Day(title, tuple(lines))


def _lines(events: Iterable[TraceEvent]) -> list[Line]:
    lines: list[Line] = []
    last: dict[str, int] = {}
    for event in events:
        at = parse_iso(event.at)
        if event.source in FACTS and at is None:
            continue
        number = last.get(event.event_id) if _is_of_an_event(event) else None
        if number is not None and lines[number].takes(event, at):
            lines[number] = lines[number].with_event(event)
            continue
        if _is_of_an_event(event):
            last[event.event_id] = len(lines)
        lines.append(Line(at, (event,), again=number is not None))
    return lines


def _is_of_an_event(event: TraceEvent) -> bool:
    return bool(event.event_id) and event.source is not FoundIn.DEAD_LETTERS


def _teller(event: TraceEvent) -> str:
    return _RUN if event.kind in RUNS else event.source.value


def _rank(event: TraceEvent) -> int:
    return [FoundIn.DECISIONS.value, FoundIn.AUDIT.value, _RUN, FoundIn.HISTORY.value].index(_teller(event))


def _title(at: datetime | None) -> str:
    return local_time(at, DAY) if at else UNDATED
