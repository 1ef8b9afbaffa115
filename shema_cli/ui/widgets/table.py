"""A table that draws only the lines that are seen, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from shema_cli.ui.fitting import filled
from shema_cli.ui.listing import Cell, Column, Listing, Row
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.rows import RowsView

GAP = 2
MARK = "✓ "
PLAIN = "  "
ROOMY = 110
"""From so many columns on, the wide ones are shown without being asked for."""
EASY, FEWEST = 20, 10
"""Columns of one that grows: so many before the others give way, and so many before these go."""


class ListingTable(RowsView):
    """Draws a `Listing` under its column heads; the head stays when the rows move."""

    class Headed(Message):
        """The head of a column was clicked."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def __init__(self, listing: Listing, columns: Sequence[Column]) -> None:
        super().__init__(listing)
        self.columns = columns

    @property
    def page(self) -> int:
        return max(1, self.size.height - 1)

    def changed(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.listing.visible) + 1)
        self.scroll_to_region(Region(0, self.listing.cursor, 1, 2), animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        shown = self._shown()
        if y == 0:
            heads = [(f"{self._arrow(number)}{column.title}", self._head(number)) for number, column in shown]
            return self._strip(heads, shown, PLAIN)
        number = y - 1 + int(self.scroll_offset.y)
        rows = self.listing.visible
        if number >= len(rows):
            return Strip.blank(self.size.width)
        return self._row(rows[number], shown, here=number == self.listing.cursor)

    def _row(self, row: Row, shown: list[tuple[int, Column]], *, here: bool) -> Strip:
        over = style("cursor") if here and self.has_focus else Style(bold=here)
        cells = [
            (_ending(row.cells[number], width), style(row.cells[number].style) + over)
            for (number, _), width in zip(shown, self._widths(shown), strict=True)
        ]
        return self._strip(cells, shown, MARK if row.id in self.listing.marks else PLAIN, over)

    def _strip(
        self, cells: list[tuple[str, Style]], shown: list[tuple[int, Column]], mark: str, over: Style | None = None
    ) -> Strip:
        segments = [Segment(mark, over)]
        for (text, look), (_, column), width in zip(cells, shown, self._widths(shown), strict=True):
            segments += [Segment(filled(text, width, right=column.right), look), Segment(" " * GAP, over)]
        return Strip(segments).adjust_cell_length(self.size.width, over)

    def _head(self, number: int) -> Style:
        sort = self.listing.sort
        return style("head") + Style(underline=sort is not None and sort[0] == number)

    def _arrow(self, number: int) -> str:
        sort = self.listing.sort
        return "" if sort is None or sort[0] != number else "↓" if sort[1] else "↑"

    def _shown(self) -> list[tuple[int, Column]]:
        """The columns that are drawn. Where even these are too many, the spare ones go, and then the last."""
        wide = self.wide or self.size.width >= ROOMY
        shown = [(number, column) for number, column in enumerate(self.columns) if wide or not column.wide]
        while len(shown) > 1 and _together(shown, _least) > self.size.width:
            spare = [one for one in shown if one[1].spare]
            shown.remove((spare or shown)[-1])
        return shown

    def _widths(self, shown: list[tuple[int, Column]]) -> list[int]:
        """Those that grow share what the others leave, by their own widths."""
        width = _width if _together(shown, _width) <= self.size.width else _least
        grow = sum(column.width for _, column in shown if column.grows)
        left = self.size.width - _together([one for one in shown if not one[1].grows], width)
        left -= GAP * sum(column.grows for _, column in shown)
        return [max(1, left * one.width // grow) if one.grows else width(one) for _, one in shown]

    def number_at(self, line: int) -> int | None:
        return line if line < len(self.listing.visible) else None

    def clicked_head(self, x: int) -> None:
        shown, left = self._shown(), len(MARK)
        for (number, _), width in zip(shown, self._widths(shown), strict=True):
            left += width + GAP
            if x < left:
                self.post_message(self.Headed(number))
                return


def _ending(cell: Cell, width: int) -> str:
    return cell.text[-width:] if cell.newest_last else cell.text


def _together(shown: list[tuple[int, Column]], width: Callable[[Column], int]) -> int:
    """How wide they are with all that stands between them."""
    return len(MARK) + sum(width(column) + GAP for _, column in shown)


def _width(column: Column) -> int:
    return min(column.width, EASY) if column.grows else column.width


def _least(column: Column) -> int:
    return min(column.width, column.least or FEWEST) if column.grows else column.least or column.width
