"""What is heard of a subject after its trace, in the form of its events."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from shema_cli.clock import Clock
from shema_cli.errors import ExitCode
from shema_cli.events.buffer import Batch
from shema_cli.events.filters import Recorded
from shema_cli.events.printer import StdoutPrinter
from shema_cli.events.tail import EVERYTHING, TailOptions, tail
from shema_cli.output.sink import Output, View
from shema_cli.people.shown import NamesAside
from shema_cli.store.connection import Store
from shema_cli.trace.find import Mentioning
from shema_cli.trace.recorded import event_of
from shema_cli.trace.results import FoundIn, Shown, Trace


class EventsPrinter(StdoutPrinter):
    """Prints what a tail hears as events of a trace. `already`: ids of the history that were shown."""

    def __init__(
        self,
        output: Output,
        options: TailOptions,
        views: tuple[View, View],
        names: NamesAside,
        already: Collection[str],
    ) -> None:
        """`views`: of an event, and of a notice."""
        super().__init__(output, options, views[1], names)
        self._event_view = views[0]
        self._aside = names
        self._already = already

    def batch(self, batch: Batch | Recorded, room: int | None) -> int:
        messages = [one for one in self._intake.messages(batch) if one.id not in self._already][:room]
        for message in messages:
            event = event_of(message, FoundIn.HISTORY if message.from_history else FoundIn.LIVE)
            self._output.record(Shown.of(event, self._aside.of(message.subject)), self._event_view)
        self._aside.ask()
        return len(messages)


def options_for(found: Trace) -> TailOptions:
    """All that mentions it; from where the history was read up to, so that nothing is missing between."""
    since = None if found.recorded_ms is None else datetime.fromtimestamp(found.recorded_ms / 1000, UTC)
    return TailOptions((EVERYTHING,), filter=Mentioning(ids=found.ids), since=since)


def follow(
    store: Store,
    found: Trace,
    output: Output,
    views: tuple[View, View],
    names: NamesAside,
    *,
    clock: Clock,
    still_admin: Callable[[], None],
) -> ExitCode:
    """Go on with what is new, until Ctrl-C. Raises what `tail` raises."""
    options = options_for(found)
    already = frozenset(event.id for event in found.events if event.source is FoundIn.HISTORY)
    printer = EventsPrinter(output, options, views, names, already)
    return tail(store, options, printer, clock=clock, still_admin=still_admin)
