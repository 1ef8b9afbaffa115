"""What `events history` shows: the past, as a tail would have shown it (contract 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from datetime import UTC, datetime
from typing import Protocol

from shema_cli.clock import Clock, local_time
from shema_cli.errors import ExitCode
from shema_cli.events.filters import Filter, Recorded
from shema_cli.events.history.entries import RecordedGap
from shema_cli.events.history.past import Told, Window, together, told
from shema_cli.events.history.stream import HistoryState, nothing_recorded, settled_state
from shema_cli.frozen import dataclass
from shema_cli.results import counted
from shema_cli.store.connection import Store


@dataclass(frozen=True)
class HistoryOptions:
    """What of the history to show; `since` and `until` belong to it."""

    patterns: tuple[bytes, ...]
    filter: Filter = field(default_factory=Filter)
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    raw: bool = False
    as_chat: bool = False

    @property
    def window(self) -> Window:
        return Window.between(self.since, self.until)

    @property
    def span(self) -> str:
        """The time that is looked at, for people."""
        words = [f"{'from' if self.until else 'since'} {local_time(self.since)}"] if self.since else []
        words += [f"up to {local_time(self.until)}"] if self.until else []
        return " ".join(words)


class Printer(Protocol):
    """Where it is printed (`events/printer.py`)."""

    def batch(self, batch: Recorded, room: int | None) -> int:
        """Print what is to be shown of a batch, up to `room` messages; return how many that were."""

    def notice(self, notice: RecordedGap) -> None:
        """Tell that a time was not recorded."""

    def note(self, said: str) -> None:
        """Say something to the person."""

    def warn(self, text: str) -> None:
        """Say to the person what is not as it should be."""


def show(store: Store, options: HistoryOptions, printer: Printer, clock: Clock) -> ExitCode:
    """Print the history, oldest first, in flat memory: DONE, or INTERRUPTED by Ctrl-C.

    Raises NotFound where nothing was ever recorded, Unreachable when Redis is or goes away, PipeClosed when nobody
    reads any more.
    """
    run = _Run(options, printer)
    try:
        with store.errors():
            if (state := settled_state(store, clock, options.window.until_ms)) is None:
                raise nothing_recorded()
            run.print_all(told(store, state, options.window))
        run.sum_up(state)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE


class _Run:
    def __init__(self, options: HistoryOptions, printer: Printer) -> None:
        self._options = options
        self._printer = printer
        self._looked_at = 0
        self._shown = 0
        self._unreadable = 0

    def print_all(self, entries: Iterator[Told]) -> None:
        for item in together(entries):
            if isinstance(item, Recorded):
                self._looked_at += len(item.messages)
                self._shown += self._printer.batch(item, self._room)
            elif isinstance(item, RecordedGap):
                self._printer.notice(item)
            else:
                self._unreadable += 1
            if self._room == 0:
                return

    @property
    def _room(self) -> int | None:
        return None if self._options.limit is None else self._options.limit - self._shown

    def sum_up(self, state: HistoryState) -> None:
        if self._unreadable:
            entries = counted(self._unreadable, "entry", "entries")
            self._printer.warn(f"{entries} of the history could not be read: no recorder has written that")
        if not self._shown:
            self._printer.note(self._nothing(state))
        elif self._room == 0:
            self._printer.note(f"stopped after {counted(self._shown, 'message')} (--limit)")

    def _nothing(self, state: HistoryState) -> str:
        """What is said where nothing was shown."""
        began = datetime.fromtimestamp(max(state.began_ms, state.trimmed_ms) / 1000, UTC)
        span = self._options.span or f"since {local_time(began)}"
        if not self._looked_at:
            return f"no message was recorded {span}"
        return (
            f"none of {counted(self._looked_at, 'message')} recorded {span} match{'es' if self._looked_at == 1 else ''}"
        )
