"""What shows the answers of one line: it asks again and again while it is seen, and never waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from shema_cli.calls.aside import aside
from shema_cli.errors import ShemaError
from shema_cli.output.sanitize import safe_lines
from shema_cli.output.tables import draw_table
from shema_cli.ui.lines import Outcome, Words, typed
from shema_cli.ui.listing import Listing
from shema_cli.ui.page import Page, Stream
from shema_cli.ui.palette import style
from shema_cli.ui.source import Source
from shema_cli.ui.widgets.rows import RowsView
from shema_cli.ui.widgets.table import ListingTable

if TYPE_CHECKING:
    from shema_cli.ui.app import Console


class Panel(Vertical):
    """A part of a screen that shows what one line tells. `said` is one line about it."""

    class Told(Message):
        """There is something new to be said of this panel."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.words = words
        self.said = ""

    @property
    def console_app(self) -> Console:
        return self.app  # type: ignore[return-value]

    def told(self, now: float) -> str:
        """How old it is, and what is wrong with it; `now` in monotonic seconds."""
        raise NotImplementedError

    def stands_still(self, now: float) -> bool:
        """Whether what is shown is older than it should be."""
        raise NotImplementedError

    def go_on(self) -> None:
        """Its screen is on top."""

    def rest(self) -> None:
        """Its screen is not seen."""

    def hurry(self) -> None:
        """Somebody wants to know it now."""

    def failed(self, error: ShemaError | None) -> None:
        """Say why there is nothing to be shown; None: nothing keeps it away any more."""


class AskingPanel(Panel):
    """Asks its line again and again while its screen is on top."""

    def __init__(self, words: Words, every_s: float) -> None:
        super().__init__(words)
        self._ask_every(every_s)

    def _ask_every(self, every_s: float) -> None:
        self._every_s = every_s
        self._hurry = asyncio.Event()

    @property
    def source(self) -> Source:
        return self.console_app.sources.of(self.words)

    def on_mount(self) -> None:
        if self.screen.is_current:
            self.go_on()

    def told(self, now: float) -> str:
        return self.source.told(now)

    def stands_still(self, now: float) -> bool:
        return self.source.stands_still(now)

    def go_on(self) -> None:
        self.run_worker(self._watch, group="watch", exclusive=True)  # type: ignore[arg-type]

    def rest(self) -> None:
        self.workers.cancel_group(self, "watch")

    def hurry(self) -> None:
        self._hurry.set()

    async def take_in(self, outcome: Outcome) -> None:
        """A good answer has come."""
        self.received(outcome)

    def received(self, outcome: Outcome) -> None:
        """Draw it."""
        raise NotImplementedError

    async def _watch(self) -> None:
        """Ask; what costs much only when it has rested, or somebody wants to know it now."""
        if self.source.good is not None:
            await self.take_in(self.source.good)
        await self.console_app.ready.wait()
        await self._wait_until(self.source.rests_until)
        while True:
            self._hurry.clear()
            await self._look()
            await self._wait_until(max(self.console_app.now() + self._every_s, self.source.rests_until))

    async def _wait_until(self, moment: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(moment - self.console_app.now()):
                await self._hurry.wait()

    async def _look(self) -> None:
        app = self.console_app
        asked = app.sources.ask(self.words)
        self.post_message(self.Told())
        outcome = await asked
        if not self.is_attached:  # it was left meanwhile
            return
        if outcome.error is None:
            await self.take_in(outcome)
        else:
            app.met(outcome.error)
            if self.source.good is None:
                self.failed(outcome.error)
        self.post_message(self.Told())


class Problem(Static):
    """Why there are no rows."""

    DEFAULT_CSS = "Problem { height: auto; max-height: 8; }"

    def on_mount(self) -> None:
        self.display = False

    def tell(self, error: ShemaError | None) -> None:
        self.update(told_of(error) if error is not None else "")
        self.display = error is not None


class RowsPanel(Panel):
    """Rows, drawn by `table`."""

    def __init__(self, page: Page | Stream, table: RowsView) -> None:
        super().__init__(page.words)
        self.page = page
        self.listing = table.listing
        self.table = table
        self._arranges = False

    def compose(self) -> ComposeResult:
        yield Problem()
        yield self.table

    def on_resize(self) -> None:
        """There is room for others: how many are not seen is told anew."""
        self.post_message(self.Told())

    @property
    def more(self) -> str:
        """That there are rows for which there is no room."""
        return f"{self.table.below:,} below" if self.table.below else ""

    def failed(self, error: ShemaError | None) -> None:
        self.query_one(Problem).tell(error)

    def do(self, change: Callable[[Listing], object]) -> None:
        """Change what is seen of the rows."""
        change(self.listing)
        self.changed()
        self.post_message(self.Told())

    def changed(self) -> None:
        """The listing is another one: draw it; what takes long to arrange is arranged aside, and drawn then."""
        self.table.changed()
        if self.listing.wanted is not None and not self._arranges:
            self._arranges = True
            self.run_worker(self._arrange, group="arrange")  # type: ignore[arg-type]

    async def _arrange(self) -> None:
        try:
            while (wanted := self.listing.wanted) is not None:
                self.listing.settle(wanted, await aside(wanted.arranged))
        finally:
            self._arranges = False
        if not self.is_attached:
            return
        self.table.changed()
        self.post_message(self.Told())

    def on_rows_view_moved(self) -> None:
        """The mouse has led elsewhere."""
        self.post_message(self.Told())


class PagePanel(AskingPanel, RowsPanel):
    """The rows of a page."""

    def __init__(self, page: Page) -> None:
        RowsPanel.__init__(self, page, ListingTable(Listing(), page.columns))
        self._ask_every(page.every_s)
        self._page = page

    async def take_in(self, outcome: Outcome) -> None:
        """A long answer takes a while to become rows: not in the thread that the keys wait for."""
        rows = await aside(lambda: self._page.rows(outcome.result))
        if not self.is_attached:
            return
        self.failed(None)
        self.listing.show(rows)
        self.said = self._page.said(outcome.result)
        self.changed()


class ResultPanel(AskingPanel):
    """What a command draws of its result, as long as it is."""

    DEFAULT_CSS = "ResultPanel VerticalScroll { height: 1fr; }"

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static()

    def received(self, outcome: Outcome) -> None:
        self.query_one(Static).update(drawn(outcome, self.app.size.width - 2))

    def failed(self, error: ShemaError | None) -> None:
        if error is not None:
            self.query_one(Static).update(told_of(error))

    def on_resize(self) -> None:
        if self.source.good is not None:
            self.received(self.source.good)


def told_of(error: ShemaError) -> RenderableType:
    """An error as the command line tells it."""
    hint = [Text(safe_lines(f"  try: {error.hint}"), style("quiet"))] if error.hint else []
    return Group(Text(safe_lines(f"error: {error.message}"), style("fail")), *hint)


def drawn(outcome: Outcome, width: int) -> RenderableType:
    """A result with what is noted below it, or the error that came instead."""
    if outcome.error is not None or outcome.result is None:
        return noted(outcome)
    result, view = outcome.result, outcome.view
    return Group(view(result, width) if view else draw_table(result.table(), width), noted(outcome))


def noted(outcome: Outcome) -> RenderableType:
    """What is noted below a result, or the error that came instead."""
    if outcome.error is not None:
        return told_of(outcome.error)
    if outcome.result is None:
        return Text(f"{typed(outcome.words)} told nothing", style("quiet"))
    return Group(*(Text(safe_lines(note), style("quiet")) for note in (*outcome.warnings, *outcome.result.notes())))
