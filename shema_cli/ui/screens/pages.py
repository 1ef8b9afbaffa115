"""A page of rows, and what a line shows of one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Row
from shema_cli.ui.page import Action, Page, Sheet, Stream
from shema_cli.ui.screens.acting import ActingScreen
from shema_cli.ui.widgets.panel import PagePanel, ResultPanel, RowsPanel
from shema_cli.ui.widgets.table import ListingTable


class RowsScreen(ActingScreen):
    """Rows, and what keys do with them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "type('/')", "filter", show=False),
        Binding("enter", "open", "open", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+d", "pages(1)", "page down", show=False),
        Binding("pageup,ctrl+u", "pages(-1)", "page up", show=False),
        Binding("home,g", "first", "first", show=False),
        Binding("end,G", "last", "last", show=False),
        Binding("x", "mark", "mark", show=False),
        Binding("v", "mark_range", "mark to here", show=False),
        Binding("u", "unmark", "unmark all", show=False),
        Binding("w", "wide", "wide", show=False),
        Binding("y", "copy", "copy id", show=False),
        Binding("Y", "copy_line", "copy the line", show=False),
    ]

    def __init__(self, rows: RowsPanel) -> None:
        super().__init__()
        self._rows = rows
        self.title_here = rows.page.title

    @property
    def rows(self) -> RowsPanel:
        """Those that keys are for."""
        return self._rows

    def body(self) -> Iterable[Widget]:
        yield self._rows

    @property
    def page(self) -> Page | Stream:
        """What `rows` are of."""
        return self.rows.page

    @property
    def actions(self) -> tuple[Action, ...]:
        return self.page.actions

    @property
    def chosen(self) -> Sequence[Row]:
        return self.rows.listing.chosen

    @property
    def exports(self) -> Callable[[str], Words | None] | None:
        """The line that writes what is marked, else what is filtered, else all, to a file; None where none does."""
        page, listing = self.page, self.rows.listing
        make = page.exports if isinstance(page, Page) else None
        if make is None:
            return None
        some = listing.chosen if listing.marks else listing.visible if listing.filter else ()
        return lambda path: make(path, some)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return (*super().keys, ("⏎", "open"), ("/", "filter"), ("x", "mark"))

    def on_mount(self) -> None:
        self.focus_body()

    def focus_body(self) -> None:
        self.rows.table.focus()

    def said(self) -> str:
        """What was filtered and marked here comes first: of a line that is cut, it stays."""
        return " · ".join(filter(None, (self.narrowed(), self.rows.more, self.rows.said)))

    def narrowed(self) -> str:
        """What is filtered and marked."""
        listing = self.rows.listing
        parts = []
        if listing.filter:
            found = "…" if listing.wanted else f"{len(listing.visible):,} of {listing.total:,}"
            parts.append(f"/{listing.filter}: {found}")
        if listing.marks:
            parts.append(f"{len(listing.marks):,} marked")
        return " · ".join(parts)

    async def take(self, event: events.Key) -> bool:
        """A digit sorts by that column."""
        if await super().take(event):
            return True
        key = event.character or ""
        if not key.isdecimal() or not 0 < int(key) <= len(self.page.columns):
            return False
        self.rows.do(lambda listing: listing.sort_by(int(key) - 1))
        return True

    def _do(self, action: Action, chosen: Sequence[Row]) -> None:
        """Not upon rows that are about to be others."""
        if self.rows.listing.wanted is not None:
            self.console_app.say(f"no {action.name} yet: the rows are being filtered or sorted")
        else:
            super()._do(action, chosen)

    def look_for(self, text: str) -> None:
        self.rows.do(lambda listing: listing.look_for(text))

    def on_rows_view_opened(self) -> None:
        self.action_open()

    def on_listing_table_headed(self, message: ListingTable.Headed) -> None:
        self.rows.do(lambda listing: listing.sort_by(message.column))

    def action_open(self) -> None:
        """Go into the row under the cursor."""
        row = self.rows.listing.current
        if row is not None and (leads_to := self.page.opens(row)) is not None:
            self.console_app.show(leads_to, row.title)

    def action_move(self, by: int) -> None:
        self.rows.do(lambda listing: listing.move(by))

    def action_pages(self, by: int) -> None:
        self.rows.do(lambda listing: listing.move(by * self.rows.table.page))

    def action_first(self) -> None:
        self.rows.do(lambda listing: listing.go_to(0))

    def action_last(self) -> None:
        self.rows.do(lambda listing: listing.go_to(len(listing.visible)))

    def action_mark(self) -> None:
        self.rows.do(lambda listing: listing.mark())

    def action_mark_range(self) -> None:
        self.rows.do(lambda listing: listing.mark_range())

    def action_unmark(self) -> None:
        self.rows.do(lambda listing: listing.unmark())

    def action_wide(self) -> None:
        self.rows.table.wide = not self.rows.table.wide
        self.rows.table.changed()

    def action_copy(self) -> None:
        if row := self.rows.listing.current:
            self.console_app.copy(row.copied or row.id)

    def action_copy_line(self) -> None:
        self.console_app.copy(self.console_app.line(self.page.words))

    def leave(self) -> None:
        """What was filtered or marked goes first."""
        listing = self.rows.listing
        if listing.filter:
            self.rows.do(lambda one: one.look_for(""))
        elif listing.marks:
            self.action_unmark()
        else:
            super().leave()


class PageScreen(RowsScreen):
    """The rows of one page."""

    def __init__(self, page: Page) -> None:
        super().__init__(PagePanel(page))


class ResultScreen(ActingScreen):
    """What a reading line shows, asked again while it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("Y", "copy_line", "copy the line", show=False)]
    own_keys = (("Y", "copy the line"),)

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._sheet = sheet
        self.title_here = sheet.title

    @property
    def actions(self) -> tuple[Action, ...]:
        return self._sheet.actions

    @property
    def chosen(self) -> Sequence[Row]:
        return () if self._sheet.row is None else (self._sheet.row,)

    def body(self) -> Iterable[Widget]:
        yield ResultPanel(self._sheet.words, self._sheet.every_s)

    def on_mount(self) -> None:
        self.focus_body()

    def focus_body(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_copy_line(self) -> None:
        self.console_app.copy(self.console_app.line(self._sheet.words))
