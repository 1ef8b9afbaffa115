"""Conversations, and what is said in the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable

from shema_cli.results import counted
from shema_cli.ui.conversations import EVERYWHERE, Conversations
from shema_cli.ui.listing import Listing, Row
from shema_cli.ui.page import Talk
from shema_cli.ui.widgets.panel import RowsPanel
from shema_cli.ui.widgets.stream import StreamPanel
from shema_cli.ui.widgets.transcript import Transcript


class SaidPanel(RowsPanel):
    """What is said in one conversation; who stands at its end stays with the newest."""

    def __init__(self, talk: Talk) -> None:
        self._transcript = Transcript(Listing())
        super().__init__(talk, self._transcript)
        self.display = False  # what is not known to be seen is not read
        self._id: str | None = None

    @property
    def seen(self) -> bool:
        return self.display

    def tell(self, id: str | None, conversations: Conversations) -> None:
        """Show that conversation as it is now."""
        another, self._id = id != self._id, id
        listing, rows = self.listing, conversations.said(id)
        at_end = another or listing.cursor >= len(listing.visible) - 1
        self._transcript.heading = conversations.heading(id) if rows and id is not None else "nothing was said yet"
        listing.show(rows)
        if at_end:
            listing.go_to(len(rows))
        self._transcript.changed()


class TalkPanel(StreamPanel):
    """The conversations. The one under the cursor is read as long as what is said in it is seen."""

    AGED_EVERY_S = 1.0

    def __init__(self, talk: Talk, beside: SaidPanel) -> None:
        super().__init__(talk)
        self.conversations = Conversations()
        self._beside = beside
        self._chosen = False  # somebody has gone to a conversation

    def on_mount(self) -> None:
        self.set_interval(self.AGED_EVERY_S, self.tell)

    def do(self, change: Callable[[Listing], object]) -> None:
        super().do(change)
        self.on_rows_view_moved()

    def on_rows_view_moved(self) -> None:
        self._chosen = True
        self.tell()

    def _begin_anew(self) -> None:
        self.conversations = Conversations()
        super()._begin_anew()

    def _add(self, rows: list[Row]) -> None:
        current = self.listing.current
        self.conversations.hear(rows, current.id if current and self._beside.seen else None)
        self.tell()

    def tell(self) -> None:
        """Show who talks now, and what is said where the cursor is."""
        self.listing.show(self.conversations.rows(self.console_app.time()))
        if not self._chosen and (not self.conversations.unread or self._is_at_no_conversation):
            self.listing.go_to(self._newest)  # what was recorded comes in its order
        if self._beside.seen and (current := self.listing.current) and self.conversations.look_at(current.id):
            self.listing.show(self.conversations.rows(self.console_app.time()))
        self.table.changed()
        current = self.listing.current
        self._beside.tell(current.id if current else None, self.conversations)
        new = self.conversations.unread
        self.said = counted(len(self.conversations), "conversation") + (f", {new} new" if new else "")

    @property
    def _is_at_no_conversation(self) -> bool:
        current = self.listing.current
        return current is not None and current.id == EVERYWHERE

    @property
    def _newest(self) -> int:
        rows = self.listing.visible
        return next((number for number, row in enumerate(rows) if row.id != EVERYWHERE), 0)
