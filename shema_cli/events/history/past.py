"""What a window of time held: everything recorded in it, and every part of it that nobody recorded (contract 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from shema_cli.clock import ms_of
from shema_cli.events.filters import Recorded
from shema_cli.events.history.entries import RecordedGap, RecordedMessage, Unreadable
from shema_cli.events.history.stream import HistoryState, forward, newest_id
from shema_cli.frozen import dataclass
from shema_cli.store.connection import Store

PRINTED_TOGETHER = 500
Told = RecordedMessage | RecordedGap | Unreadable


@dataclass(frozen=True)
class Window:
    """Both ends belong to it; milliseconds since 1970. `until_ms` None: up to now."""

    since_ms: int = 0
    until_ms: int | None = None

    @classmethod
    def between(cls, since: datetime | None, until: datetime | None) -> Window:
        """Moments before 1970 are taken for its beginning."""
        return cls(max(0, ms_of(since)) if since else 0, max(0, ms_of(until)) if until else None)


def told(store: Store, state: HistoryState, window: Window) -> Iterator[Told]:
    """What was published, and when nobody recorded, oldest first; gaps that no entry tells included.

    Ends where the history ended when it was asked for, however fast more comes. Raises what Redis raises.
    """
    newest = newest_id(store)
    if missing := time_before(store, state, window):
        yield missing
    last_ms = 0
    for entry in _recorded(store, window, newest):
        last_ms = max(last_ms, entry.at_ms)
        yield entry
    around = None if window.until_ms is None else _gap_around(store, window.until_ms)
    if gap := around or _time_behind(state, last_ms, window):
        yield gap


def _recorded(store: Store, window: Window, newest: str) -> Iterator[Told]:
    newest_ms = int(newest.partition("-")[0])
    until = newest if window.until_ms is None or window.until_ms >= newest_ms else str(window.until_ms)
    for entry in forward(store, since_ms=window.since_ms, until=until):
        if isinstance(entry, Told):
            yield entry


def _time_behind(state: HistoryState, last_ms: int, window: Window) -> RecordedGap | None:
    """The time that no recorder has told of yet, behind the last entry (`last_ms`), if the window goes up to it."""
    gap = state.gap_at_the_end()
    if gap is None or gap.to_ms < window.since_ms or (window.until_ms is not None and window.until_ms < gap.from_ms):
        return None
    return replace(gap, from_ms=max(gap.from_ms, last_ms))


def time_before(store: Store, state: HistoryState, window: Window) -> RecordedGap | None:
    """What was kept once and is no longer, as far as the window goes back to that; None where the history itself begins
    with the time before it. Raises what Redis raises."""
    oldest = next(forward(store), None)
    if oldest is None:
        end_ms, cause = state.heard_ms, "the history was emptied"
    elif state.was_cut or state.trimmed_ms:
        cut_ms = oldest.at_ms if state.was_cut else 0
        end_ms, cause = max(state.trimmed_ms, cut_ms), "what is older was removed"
    elif isinstance(oldest, RecordedGap) and not oldest.from_ms:
        return None
    else:
        end_ms, cause = oldest.at_ms, "nothing older is there"
    return None if window.since_ms > end_ms else RecordedGap("", end_ms, 0, end_ms, cause)


def _gap_around(store: Store, moment_ms: int) -> RecordedGap | None:
    """A gap that reaches over `moment_ms`: its entry stands behind it, before anything that was heard then."""
    for entry in forward(store, since_ms=moment_ms + 1):
        if isinstance(entry, RecordedGap):
            return entry if entry.from_ms <= moment_ms else None
        if isinstance(entry, RecordedMessage):
            return None
    return None


def together(entries: Iterator[Told], *, in_a_tail: bool = False) -> Iterator[Recorded | RecordedGap | Unreadable]:
    """The messages in batches, for whoever prints them."""
    messages: list[RecordedMessage] = []
    for entry in entries:
        if isinstance(entry, RecordedMessage):
            messages.append(entry)
        if messages and (len(messages) == PRINTED_TOGETHER or not isinstance(entry, RecordedMessage)):
            yield Recorded(tuple(messages), in_a_tail)
            messages = []
        if not isinstance(entry, RecordedMessage):
            yield entry
    if messages:
        yield Recorded(tuple(messages), in_a_tail)
