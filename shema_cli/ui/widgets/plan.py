"""The rows that a line is about to be run upon: what comes of each, and which were taken out; then what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from shema_cli.output.sanitize import safe_line
from shema_cli.ui.listing import Cell, Column, Listing, Row
from shema_cli.ui.page import Candidate, Plan
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.table import ListingTable

OUT = "out"
NOTICED = " !"
"""Behind the word of a row at which something is to be noticed."""
WORD = Column("", 12)
AROUND = 4
"""Lines of it that are no rows: how many there are of which, the heads, and what is told of one."""


class PlanRows(Vertical):
    """Those that go first, then those that are refused, then those that were taken out, which can be put back."""

    DEFAULT_CSS = """
    PlanRows { height: auto; }
    PlanRows > Static { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    PlanRows > #about { height: auto; min-height: 1; max-height: 2; text-wrap: wrap; }
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.table = ListingTable(Listing(), (WORD, *plan.columns))
        self._candidates: dict[str, Candidate] = {}
        self._out: dict[str, Candidate] = {}
        self._left_out: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield Static(id="counts")
        yield self.table
        yield Static(id="about")

    @property
    def any(self) -> bool:
        return bool(self._candidates or self._out)

    @property
    def candidates(self) -> list[Candidate]:
        """Those that the line is run upon."""
        return list(self._candidates.values())

    @property
    def changed(self) -> bool:
        """Whether others are out than when the line was begun."""
        return frozenset(self._out) != self._left_out

    def show(self, found: Iterable[Candidate]) -> None:
        """What is known by now of the rows that are not out."""
        self._candidates = {one.row.id: one for one in found if one.row.id not in self._out}
        self.draw()

    def became(self, found: Mapping[str, Candidate]) -> None:
        """What came of them; one of which nothing is told stays as it was."""
        self._candidates |= found
        self.draw()

    def begin(self) -> None:
        """A line is begun without those that are out."""
        self._left_out = frozenset(self._out)

    def toggle(self) -> None:
        """Take the row under the cursor out, or put it back; go on to the next."""
        row = self.table.listing.current
        if row is None:
            return
        here, there = self._candidates, self._out
        if row.id in there:
            here, there = there, here
        there[row.id] = here.pop(row.id)
        self.table.listing.move(1)
        self.draw()

    def move(self, by: int) -> None:
        self.table.listing.move(by)
        self.draw()

    def draw(self) -> None:
        out = [replace(one, word=OUT, style="quiet") for one in self._out.values()]
        shown = [*self._candidates.values(), *out]
        self.table.listing.show([_row(one) for one in shown])
        self.table.changed()
        counts = Counter(one.word.removesuffix(NOTICED) for one in shown)
        self.query_one("#counts", Static).update(Text(safe_line(_counted(counts)), style("head")))
        self._tell()

    def _tell(self) -> None:
        row = self.table.listing.current
        one = (self._candidates | self._out).get(row.id) if row else None
        text = Text(safe_line(f"{one.row.id}: {one.told}" if one.told else ""), style("quiet")) if one else Text()
        self.query_one("#about", Static).update(text)

    def fit(self, most: int) -> None:
        """As high as its rows, of `most` lines at the most."""
        rows = len(self._candidates) + len(self._out)
        self.table.styles.height = max(2, min(rows + 1, most - AROUND + 1))
        self.table.changed()


def _counted(counts: Counter[str]) -> str:
    return " · ".join(f"{count:,} {word}" for word, count in counts.items())


def _row(one: Candidate) -> Row:
    cells = one.row.cells
    if one.word == OUT:
        cells = tuple(replace(cell, style="quiet") for cell in cells)
    return Row(one.row.id, (Cell(one.word, one.style), *cells))
