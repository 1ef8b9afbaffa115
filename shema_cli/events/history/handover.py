"""From the history to what a tail hears: no hole, nothing twice (contract 3.3; docs/decisions/history.md).

A mark of the tail's own stands at one place in what it hears, and at the same in the history. So all up to it is read
there, and all behind it was heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from shema_cli.clock import Clock, ms_of
from shema_cli.errors import Unreachable
from shema_cli.events.buffer import Buffer, Gap, Lost, Marked
from shema_cli.events.filters import Recorded
from shema_cli.events.history.entries import HistoryEntry, RecordedGap, RecordedMark, RecordedMessage, Unreadable
from shema_cli.events.history.past import Window, time_before, together
from shema_cli.events.history.stream import HistoryState, forward, state_of
from shema_cli.events.history.track import GONE_AFTER_MS, Counter, Track
from shema_cli.frozen import dataclass
from shema_cli.store.connection import Store
from shema_cli.store.marks import Mark, Position

WRITTEN_WITHIN_MS = 2000
"""A recorder that says that it has heard all up to so long behind a mark, and has not written it, does not hear it."""
CLOCKS_DIFFER_BY_MS = 1000
LOOK_AGAIN_S = 0.05
LONGEST_WAIT_S = 30.0
STANDS_STILL_S = 5.0
"""A recorder that gets no further for so long is not waited for; one that is slow is."""
PAUSES_S = (0.1, 0.5, 1.0, 2.0)
NEVER_RECORDED = "nothing was ever recorded: no recorder has run"
READ_ON = "the history is read on when it is back"
DEAF_TO_US = "no recorder has written what came then"

Piece = Recorded | RecordedGap | Gap | Lost
"""What a tail shows of the past: messages, and the times that are not known."""


@dataclass(frozen=True)
class Handover:
    """All up to the stream id `until` is read, all behind it is heard, but for the `gap` between the two.

    `found`: the mark stands there, so that there is none.
    """

    until: str
    found: bool = True
    gap: RecordedGap | None = None


class Printer(Protocol):
    """As much of the one that prints (`events/printer.py`) as is used here."""

    def count(self, batch: Recorded) -> int:
        """How many messages it would show."""

    def warn(self, text: str) -> None:
        """Say to the person what is not as it should be."""


class Past:
    """Read by the thread that prints. While Redis is away it tries again, as a tail does, until `over` says so."""

    def __init__(self, store: Store, track: Track, counter: Counter, clock: Clock, printer: Printer) -> None:
        self.over: Callable[[], bool] = lambda: False
        self._store = store
        self._track = track
        self._counter = counter
        self._clock = clock
        self._printer = printer

    def opening(self, since_ms: int, mark: Mark | None, buffer: Buffer) -> Iterator[Piece]:
        """All since then, up to what is in the buffer. `mark`: the first thing that was heard."""
        state = self._track.state
        if state is None:
            now_ms = ms_of(self._clock.now())
            yield RecordedGap("", now_ms, 0, now_ms, NEVER_RECORDED)
            return
        handover = self.handover(mark or Mark("", state.now_ms))
        with self._store.errors():
            before = time_before(self._store, state, Window(since_ms))
        if before:
            yield before
        yield from self._pieces(since_ms=since_ms, until=handover.until)
        while handover.found and buffer.has_passed_over and (later := self._track.publish()):
            next_one = self.handover(later)
            if not next_one.found:
                break
            yield from self._pieces(after=handover.until, until=next_one.until)
            yield from self._drop(buffer, later, next_one.until)
            handover = next_one
        if handover.gap and not self.over():
            yield handover.gap

    def filling(self, gap: Gap, after: str | None = None) -> Iterator[Piece]:
        """The gap, and what the history has of it; `after`: the id up to which all was shown, where it is known."""
        if gap.mark is None or self.over() or (after is None and gap.lost is None):
            yield gap
            return
        handover = self.handover(gap.mark)
        start = after or (self._id_at(gap.lost, handover.until) if gap.lost else None)
        if start is None or self.over():
            yield gap
            return
        pieces = self._pieces(after=start, until=handover.until)
        yield replace(gap, filled=sum(self._printer.count(piece) for piece in pieces if isinstance(piece, Recorded)))
        yield from self._pieces(after=start, until=handover.until)
        if handover.gap:
            yield handover.gap

    def handover(self, mark: Mark) -> Handover:
        """Where the mark stands, once it is written. Where it is not going to be, the end of what was written before
        it: the entry before a gap in which it was published, or before the moment of its publication."""
        first_ms = max(0, mark.ms - CLOCKS_DIFFER_BY_MS)
        search = _Search(mark, Handover(str(max(0, first_ms - 1)), found=False))
        began = moved = self._clock.monotonic()
        heard_ms = -1
        while True:
            state, now = self._look(), self._clock.monotonic()
            if state and state.heard_ms != heard_ms:
                heard_ms, moved = state.heard_ms, now
            for entry in self._entries(since_ms=first_ms, after=search.last):
                if search.is_found_at(entry):
                    return Handover(entry.id)
            waited = now - moved > STANDS_STILL_S or now - began > LONGEST_WAIT_S
            if waited or self.over() or _will_not_be_written(state, mark):
                return search.without(state)
            self._clock.sleep(LOOK_AGAIN_S)

    def _id_at(self, position: Position, until: str) -> str | None:
        """The id of the last entry that was heard; None where the history does not tell, as when it has a gap there."""
        mark, count, id = position.mark, -1, None
        for entry in self._entries(since_ms=max(0, mark.ms - CLOCKS_DIFFER_BY_MS), until=until):
            if count < 0 and isinstance(entry, RecordedMark) and entry.mark == mark.name:
                count = 0  # what bears this name further on is somebody else's
            elif count >= 0 and isinstance(entry, RecordedGap):
                return None
            elif count >= 0 and isinstance(entry, RecordedMessage):
                count += self._counter.counts(entry.channel)
            if count == position.count:
                id = entry.id
                break
        return id

    def _drop(self, buffer: Buffer, mark: Mark, until: str) -> Iterator[Piece]:
        """Take out of the buffer what was read: all up to the mark, or up to a loss of the connection before it."""
        while not self.over():
            item = buffer.take(LOOK_AGAIN_S)
            if isinstance(item, Marked) and item.mark == mark:
                return
            if isinstance(item, Lost):
                yield item
            if isinstance(item, Gap):
                yield from self.filling(item, after=until)
                return

    def _pieces(self, *, since_ms: int = 0, after: str | None = None, until: str) -> Iterator[Recorded | RecordedGap]:
        told = (
            entry
            for entry in self._entries(since_ms=since_ms, after=after, until=until)
            if isinstance(entry, (RecordedMessage, RecordedGap))
        )
        for piece in together(told, in_a_tail=True):
            if self.over():
                return
            if not isinstance(piece, Unreadable):
                yield piece

    def _entries(self, *, since_ms: int = 0, after: str | None = None, until: str = "+") -> Iterator[HistoryEntry]:
        while not self.over():
            try:
                with self._store.errors():
                    for entry in forward(self._store, since_ms=since_ms, after=after, until=until):
                        after = entry.id
                        yield entry
            except Unreachable as error:
                self._bear_with(error)
            else:
                return

    def _look(self) -> HistoryState | None:
        while not self.over():
            try:
                with self._store.errors():
                    return state_of(self._store)
            except Unreachable as error:
                self._bear_with(error)
        return None

    def _bear_with(self, error: Unreachable) -> None:
        self._printer.warn(f"{error.message}; {READ_ON}")
        self._clock.sleep(PAUSES_S[-1])


class _Search:
    """Goes through the entries around a mark, and keeps where those end that were certainly written before it."""

    def __init__(self, mark: Mark, before: Handover) -> None:
        self.last: str | None = None
        self._mark = mark
        self._before = before
        self._last_ms = 0
        self._gap: RecordedGap | None = None
        self._ended = False

    def is_found_at(self, entry: HistoryEntry) -> bool:
        self.last = entry.id
        if isinstance(entry, RecordedMark) and entry.mark == self._mark.name:
            return True
        if not self._ended and isinstance(entry, RecordedGap) and entry.to_ms >= self._mark.ms:
            self._gap = entry
        self._ended = self._ended or self._gap is not None or int(entry.id.partition("-")[0]) > self._mark.ms
        if not self._ended:
            self._before, self._last_ms = replace(self._before, until=entry.id), entry.at_ms
        return False

    def without(self, state: HistoryState | None) -> Handover:
        """Where the mark stands nowhere."""
        gap_ms, cause = self._last_ms or self._mark.ms - CLOCKS_DIFFER_BY_MS, DEAF_TO_US
        if self._gap:
            gap_ms, cause = self._gap.from_ms, self._gap.cause
        elif state is None:
            gap_ms, cause = 0, NEVER_RECORDED
        elif silent := state.gap_at_the_end():
            gap_ms, cause = max(silent.from_ms, self._last_ms), silent.cause
        to_ms = max(self._mark.ms, gap_ms)
        return replace(self._before, gap=RecordedGap("", to_ms, gap_ms, to_ms, cause))


def _will_not_be_written(state: HistoryState | None, mark: Mark) -> bool:
    if state is None or state.heard_ms >= mark.ms + WRITTEN_WITHIN_MS:
        return True
    return state.silent_ms >= GONE_AFTER_MS
