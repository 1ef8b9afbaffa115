"""What all that draws rows has: the one under the cursor stays in sight, and the mouse does what keys do."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.scroll_view import ScrollView

from shema_cli.ui.listing import Listing

WHEEL = 3
"""Rows that one notch of the wheel goes."""


class RowsView(ScrollView, can_focus=True):
    """Draws a `Listing` below one line that stays. A click goes to a row, a second one opens it, the wheel moves."""

    DEFAULT_CSS = "RowsView { height: 1fr; overflow-x: hidden; scrollbar-size: 0 0; }"

    class Opened(Message):
        """A row was clicked a second time."""

    class Moved(Message):
        """The mouse has led to another row."""

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self.listing = listing
        self.wide = False
        self._just_come_here = False

    @property
    def page(self) -> int:
        """How many rows are seen at once."""
        raise NotImplementedError

    @property
    def below(self) -> int:
        """How many rows there are behind the last that is seen."""
        return max(0, len(self.listing.visible) - int(self.scroll_offset.y) - self.page)

    def changed(self) -> None:
        """The listing is another one: draw it again, with its cursor in sight."""
        raise NotImplementedError

    def number_at(self, line: int) -> int | None:
        """The row of a line, counted from the first of all rows; None where none is drawn."""
        raise NotImplementedError

    def clicked_head(self, x: int) -> None:
        """The line that stays was clicked."""

    def on_resize(self) -> None:
        self.changed()

    def on_focus(self) -> None:
        self._just_come_here = True

    def on_click(self, event: events.Click) -> None:
        """The click that brings the keys here only chooses."""
        come, self._just_come_here = self._just_come_here, False
        if event.y == 0:
            self.clicked_head(event.x)
            return
        number = self.number_at(event.y - 1 + int(self.scroll_offset.y))
        if number is None:
            return
        again = number == self.listing.cursor and not come
        self.listing.go_to(number)
        self.refresh()
        self.post_message(self.Opened() if again else self.Moved())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -WHEEL)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        """It moves the cursor: what is drawn anew every few seconds would lose a place that only scrolling led to."""
        event.stop()
        event.prevent_default()
        self.listing.move(by)
        self.changed()
        self.post_message(self.Moved())
