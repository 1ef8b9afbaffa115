"""What is said in a conversation: each message as long as it is, under who says it."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip

from shema_cli.output.sanitize import bounded, safe_block, safe_line
from shema_cli.ui.listing import Listing, Row
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.rows import RowsView

MOST_TEXT = 600
"""Characters of one message that are shown here; all of it is where Enter leads."""
INDENT = "  "


class Transcript(RowsView):
    """Draws a `Listing` of messages (when, who, what), the newest last, under a heading."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        self.heading = ""
        self._wrapped: dict[str, list[str]] = {}
        self._wrapped_for = 0
        self._ends: list[int] = []

    @property
    def page(self) -> int:
        return max(1, (self.size.height - 1) // 3)

    def changed(self) -> None:
        rows, room = self.listing.visible, max(1, self.size.width - len(INDENT) - 1)
        known = self._wrapped if room == self._wrapped_for else {}
        self._wrapped = {row.id: known.get(row.id) or self._wrap(row, room) for row in rows}
        self._wrapped_for = room
        self._ends = list(accumulate(1 + len(self._wrapped[row.id]) for row in rows))
        self.virtual_size = Size(self.size.width, 1 + (self._ends[-1] if rows else 0))
        if rows:
            first, end = self._lines_of(self.listing.cursor)
            self.scroll_to_region(Region(0, first, 1, 1 + end - first), animate=False, force=True)
        self.refresh()

    def _wrap(self, row: Row, room: int) -> list[str]:
        text = Text(safe_block(bounded(row.cells[2].text, MOST_TEXT)))
        return [line.plain.rstrip() for line in text.wrap(self.app.console, room)] or [""]

    def _lines_of(self, number: int) -> tuple[int, int]:
        return self._ends[number - 1] if number else 0, self._ends[number]

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self._strip([(self.heading, style("head"))])
        line = y - 1 + int(self.scroll_offset.y)
        number = self.number_at(line)
        if number is None:
            return Strip.blank(self.size.width)
        row, first = self.listing.visible[number], self._lines_of(number)[0]
        here = number == self.listing.cursor
        over = style("cursor") if here and self.has_focus else Style(bold=here)
        if line == first:
            when, who = row.cells[0], row.cells[1]
            return self._strip([(f"{when.text}  ", style("quiet")), (who.text, style(who.style) + over)])
        return self._strip([(INDENT, Style()), (self._wrapped[row.id][line - first - 1], style(row.cells[2].style))])

    def _strip(self, parts: list[tuple[str, Style]]) -> Strip:
        segments = [Segment(safe_line(text), look) for text, look in parts]
        return Strip(segments).adjust_cell_length(self.size.width)

    def number_at(self, line: int) -> int | None:
        number = bisect_right(self._ends, line)
        return number if number < len(self._ends) else None
