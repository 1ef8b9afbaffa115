"""Conversations beside what is said in them; one after the other where there is no room for both."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.containers import Horizontal
from textual.widget import Widget

from shema_cli.ui.page import Talk
from shema_cli.ui.screens.stream import StreamScreen
from shema_cli.ui.widgets.panel import Panel, RowsPanel
from shema_cli.ui.widgets.talk import SaidPanel, TalkPanel

ROOM_FOR_BOTH = 72


class TalkScreen(StreamScreen):
    """Tab goes from one side to the other; Enter into a conversation, then into a message, Esc out again."""

    CSS = """
    TalkScreen TalkPanel { width: 2fr; }
    TalkScreen SaidPanel { width: 3fr; }
    """

    own_keys: tuple[tuple[str, str], ...] = (("⇥", "other side"), *StreamScreen.own_keys)

    def __init__(self, talk: Talk) -> None:
        self._said = SaidPanel(talk)
        self._talk = TalkPanel(talk, self._said)
        self._reads = False
        super().__init__(talk, self._talk)

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            yield self._talk
            yield self._said

    @property
    def panel(self) -> Panel:
        return self._talk

    @property
    def rows(self) -> RowsPanel:
        return self._said if self._reads else self._talk

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The side that had the keys last keeps them while something is typed."""
        if event.widget in (self._said.table, self._talk.table):
            self._reads = event.widget is self._said.table

    def focus_body(self) -> None:
        self.rows.table.focus()

    def on_resize(self) -> None:
        self._arrange(reads=self._reads)

    def _arrange(self, *, reads: bool) -> None:
        """Where there is room for one only, `reads` says which."""
        both = self.size.width >= ROOM_FOR_BOTH
        self._said.display = both or reads
        self._talk.display = both or not reads
        (self._said if reads else self._talk).table.focus()
        self._talk.tell()

    def action_open(self) -> None:
        if self.rows is self._said:
            super().action_open()
        elif self.rows.listing.current is not None:
            self._arrange(reads=True)

    def leave(self) -> None:
        """What was filtered or marked goes first, then what was gone into."""
        listing = self.rows.listing
        if self.rows is self._said and not listing.filter and not listing.marks:
            self._arrange(reads=False)
        else:
            super().leave()
