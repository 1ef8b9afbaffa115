"""Several pages on one screen, each with its own age."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.containers import Container, Vertical
from textual.widget import Widget

from shema_cli.ui.fitting import BETWEEN
from shema_cli.ui.screens.pages import RowsScreen
from shema_cli.ui.widgets.bars import Head
from shema_cli.ui.widgets.panel import Panel, RowsPanel

ROOM_FOR_TWO_COLUMNS = 160
BARS = 3
"""Lines of a screen on which no part is: where this is, what is shown, what keys do."""
FEWEST = 3
"""Lines that each part has: the heads of its columns, and two rows."""


class PartsScreen(RowsScreen):
    """Tab goes from one part to the next, Enter into the thing itself. Where there is room the last part stands beside
    the others."""

    CSS = """
    #parts { height: 1fr; }
    #parts > Vertical { width: 1fr; }
    """
    own_keys = (("⇥", "next part"),)
    lines_above = 0

    def __init__(self, title: str, panels: Sequence[RowsPanel]) -> None:
        super().__init__(panels[0])
        self.title_here = title
        self._panels = panels
        self._here = panels[0]
        self._heads = [Head() for _ in panels]
        self._heights: list[int] = []

    @property
    def rows(self) -> RowsPanel:
        return self._here

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The part that had the keys last keeps them while something is typed."""
        self._here = next((panel for panel in self._panels if panel.table is event.widget), self._here)

    @property
    def panel(self) -> Panel | None:
        return self.rows

    def body(self) -> Iterable[Widget]:
        parts = [widget for both in zip(self._heads, self._panels, strict=True) for widget in both]
        self._columns = Vertical(*parts[:-2]), Vertical(*parts[-2:])
        with Container(id="parts"):
            yield from self._columns

    def said(self) -> str:
        """What each part says stands in its own head."""
        return self.narrowed()

    def tell_all(self) -> None:
        super().tell_all()
        now = self.console_app.now()
        for head, panel in zip(self._heads, self._panels, strict=True):
            said = BETWEEN.join(filter(None, (panel.more, panel.said)))
            head.tell((panel.page.title,), said, panel.told(now), stands_still=panel.stands_still(now))
        self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """Give each part what it needs, as far as there is room."""
        wide = self.size.width >= ROOM_FOR_TWO_COLUMNS
        room = self.size.height - BARS - self.lines_above
        columns = [self._panels[:-1], self._panels[-1:]] if wide else [self._panels]
        needed = [[1 + panel.listing.total for panel in column] for column in columns]
        heights = [lines for needs in needed for lines in shares(needs, room - len(needs))]
        if heights == self._heights:
            return
        self._heights = heights
        self.query_one("#parts").styles.layout = "horizontal" if wide else "vertical"
        for panel, lines in zip(self._panels, heights, strict=True):
            panel.styles.height = lines
        *first, last = heights
        self._columns[0].styles.height = sum(first) + len(first)
        self._columns[1].styles.height = last + 1


def shares(needs: Sequence[int], room: int) -> list[int]:
    """Lines for each of several parts: the smaller ones what they need, the others the same; the last what is left."""
    given = [0] * len(needs)
    left = room
    for place, number in enumerate(sorted(range(len(needs)), key=lambda number: needs[number])):
        fair = max(FEWEST, left // (len(needs) - place))
        given[number] = min(max(FEWEST, needs[number]), fair)
        left -= given[number]
    given[-1] += max(0, left)
    return given
