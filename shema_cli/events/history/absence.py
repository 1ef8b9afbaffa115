"""When a service was there, as far as the history tells: what it has heard, and what it cannot have (contract 3.3).

An entry's id is what is gone by; the moments decide only about what was heard between two looks of
the writer, at one of which the service was there and at the other not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from enum import Enum

from shema_cli.events.history.entries import (
    HistoryEntry,
    Order,
    RecordedCounts,
    RecordedGap,
    RecordedMessage,
    RecordedPresence,
    order_of,
)
from shema_cli.events.history.stream import HistoryState
from shema_cli.frozen import dataclass

FIRST_LOOK_MS = 2000
"""Within that much the writer looks for the first time; what it sees held before."""
_FIRST: Order = (0, 0)


class Whereabouts(Enum):
    PRESENT = "present"
    AWAY = "away"
    UNKNOWN = "unknown"


class WasHeard(Enum):
    """Whether a message was heard. `MAYBE`: it was published between two looks, so it counts as missed."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"
    UNKNOWN = "unknown"


@dataclass(frozen=True, order=True)
class Span:
    """From one moment to another, in milliseconds since 1970."""

    from_ms: int
    to_ms: int

    @property
    def seconds(self) -> float:
        return (self.to_ms - self.from_ms) / 1000


@dataclass(frozen=True)
class _Part:
    """A part of the stream, from `order` on. It became so between `between_ms` and `at_ms`."""

    whereabouts: Whereabouts
    order: Order
    between_ms: int
    at_ms: int

    @property
    def was_seen_to_change(self) -> bool:
        return self.between_ms != self.at_ms

    def may_hold(self, message: RecordedMessage, order: Order) -> bool:
        """Whether a message above this part was published after the service was last seen otherwise.

        After a clock was set back the ids go on in their own time, so both are asked.
        """
        nearest = self.order[0] - max(0, self.at_ms - self.between_ms)
        return message.at_ms >= self.between_ms and order[0] >= nearest


class Absence:
    """Where one service was, all the time of a walk. `away` leaves out what is `unknown`."""

    def __init__(self, parts: Sequence[_Part], gaps: Iterable[Span], window: Span, *, seen: bool) -> None:
        self._parts = parts
        self._orders = [part.order for part in parts]
        self.seen = seen
        spans = list(_spans(parts, window))
        self.unknown = _merged([*gaps, *(span for where, span in spans if where is Whereabouts.UNKNOWN)], window)
        away = _merged([span for where, span in spans if where is Whereabouts.AWAY], window)
        self.away = tuple(_without(away, self.unknown))

    def heard(self, message: RecordedMessage) -> WasHeard:
        """Whether the service was there when this was published."""
        order = order_of(message.id)
        number = bisect_right(self._orders, order) - 1
        part = self._parts[number]
        following = self._parts[number + 1] if number + 1 < len(self._parts) else None
        match part.whereabouts:
            case Whereabouts.AWAY:
                came_back = following is not None and following.whereabouts is Whereabouts.PRESENT
                soon = came_back and following is not None and message.at_ms > following.between_ms
                just_gone = part.was_seen_to_change and message.at_ms <= part.at_ms
                return WasHeard.MAYBE if soon or just_gone else WasHeard.NO
            case Whereabouts.PRESENT:
                goes = following is not None and following.whereabouts is Whereabouts.AWAY
                if goes and following is not None and following.may_hold(message, order):
                    return WasHeard.MAYBE
                just_back = part.was_seen_to_change and message.at_ms <= part.at_ms and order[0] <= part.order[0]
                return WasHeard.MAYBE if just_back else WasHeard.YES
        return WasHeard.UNKNOWN


@dataclass
class Traces:
    """What of the stream bears on the clients of these names; all else is passed over."""

    names: frozenset[str]
    _told: list[RecordedPresence | RecordedCounts] = field(default_factory=list)
    _gaps: list[Span] = field(default_factory=list)
    _tells_names: bool | None = None

    def add(self, entry: HistoryEntry) -> None:
        match entry:
            case RecordedGap():
                self._gaps.append(Span(entry.from_ms, entry.to_ms))
            case RecordedPresence():
                if self._tells_names is not True:
                    self._tells_names = True
                    self._told.append(entry)
                elif entry.client in self.names:
                    self._told.append(entry)
            case RecordedCounts():
                if not entry.counts or self._tells_names is not False:
                    self._tells_names = not entry.counts
                    self._told.append(entry)

    def absence(self, state: HistoryState, window: Span) -> Absence:
        """Where they were in this time. `state` tells it where nobody has come or gone."""
        last = state.present or frozenset()
        own = [entry for entry in self._told if isinstance(entry, RecordedPresence) and entry.client in self.names]
        seen = bool(own) or not self.names.isdisjoint(last)
        gap = state.gap_at_the_end()
        gaps = [*self._gaps, *([Span(gap.from_ms, gap.to_ms)] if gap else [])]
        parts = list(_parts(self._told, self.names, self._at_first(last, state), window.from_ms))
        if self._told and _tells_from_here(self._told[0]):
            parts = _from_the_first_look(parts, gaps)
        return Absence(parts, gaps, window, seen=seen)

    def _at_first(self, last: frozenset[str], state: HistoryState) -> frozenset[str] | None:
        """Who of them was there before anything was told; None where that is not known."""
        if not self._told:
            return None if state.present is None else self.names & last
        if isinstance(self._told[0], RecordedCounts):
            return None
        there = set()
        for name in self.names:
            first = next((entry for entry in self._told if _tells_of(entry, name)), None)
            if isinstance(first, RecordedPresence):
                there |= set() if first.up else {name}
            elif first is None and name in last:
                there.add(name)
            elif first is not None and any(isinstance(e, RecordedPresence) and e.client == name for e in self._told):
                return None
        return frozenset(there)


def _tells_of(entry: RecordedPresence | RecordedCounts, name: str) -> bool:
    return isinstance(entry, RecordedCounts) or entry.client == name


def _parts(
    told: Iterable[RecordedPresence | RecordedCounts],
    names: frozenset[str],
    at_first: frozenset[str] | None,
    from_ms: int,
) -> Iterator[_Part]:
    """The parts in their order; those of no length stand among them, and mean nothing."""
    there = set(at_first or ())
    where = Whereabouts.UNKNOWN if at_first is None else Whereabouts.PRESENT if there else Whereabouts.AWAY
    yield _Part(where, _FIRST, from_ms, from_ms)
    for entry in told:
        order = order_of(entry.id)
        if isinstance(entry, RecordedCounts):
            there.clear()
            now, between_ms = Whereabouts.UNKNOWN if entry.counts else Whereabouts.AWAY, entry.at_ms
        elif entry.client in names:
            (there.add if entry.up else there.discard)(entry.client)
            now, between_ms = Whereabouts.PRESENT if there else Whereabouts.AWAY, entry.between_ms
        else:
            continue
        if now is not where:
            where = now
            yield _Part(now, order, between_ms, entry.at_ms)


def _tells_from_here(entry: RecordedPresence | RecordedCounts) -> bool:
    return isinstance(entry, RecordedCounts) and not entry.counts


def _from_the_first_look(parts: Sequence[_Part], gaps: Iterable[Span]) -> list[_Part]:
    """What the first look saw held since the recorder began, where it came soon."""
    first = next((n for n, part in enumerate(parts) if part.whereabouts is not Whereabouts.UNKNOWN), 0)
    while first and first + 1 < len(parts) and parts[first + 1].at_ms == parts[first].at_ms:
        first += 1  # names are told one after another
    at_ms = parts[first].at_ms
    began_ms = max((gap.to_ms for gap in gaps if gap.to_ms <= at_ms), default=0)
    if not first or at_ms - began_ms > FIRST_LOOK_MS:
        return list(parts)
    return [replace(parts[first], order=_FIRST, between_ms=began_ms, at_ms=began_ms), *parts[first + 1 :]]


def _spans(parts: Sequence[_Part], window: Span) -> Iterator[tuple[Whereabouts, Span]]:
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        to_ms = following.at_ms if following else window.to_ms
        from_ms = part.between_ms if part.whereabouts is Whereabouts.AWAY else part.at_ms
        if from_ms < to_ms:
            yield part.whereabouts, Span(from_ms, to_ms)


def _merged(spans: Iterable[Span], window: Span) -> tuple[Span, ...]:
    """Those of them that lie in the window, in their order, those that touch made one."""
    merged: list[Span] = []
    for span in sorted(spans):
        from_ms, to_ms = max(span.from_ms, window.from_ms), min(span.to_ms, window.to_ms)
        if from_ms >= to_ms:
            continue
        if merged and from_ms <= merged[-1].to_ms:
            merged[-1] = Span(merged[-1].from_ms, max(merged[-1].to_ms, to_ms))
        else:
            merged.append(Span(from_ms, to_ms))
    return tuple(merged)


def _without(spans: Iterable[Span], holes: Sequence[Span]) -> Iterator[Span]:
    for span in spans:
        from_ms = span.from_ms
        for hole in holes:
            if hole.to_ms <= from_ms or hole.from_ms >= span.to_ms:
                continue
            if hole.from_ms > from_ms:
                yield Span(from_ms, hole.from_ms)
            from_ms = max(from_ms, hole.to_ms)
        if from_ms < span.to_ms:
            yield Span(from_ms, span.to_ms)
