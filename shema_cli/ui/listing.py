"""The rows of a table as its reader has them: filtered, sorted, marked, with one of them under the cursor."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import field
from functools import cached_property

from shema_cli.frozen import dataclass

AT_ONCE = 2_000
"""So many rows are filtered and sorted while a key waits for it."""
TOGETHER = 5_000
"""So many are sorted in one go: no other thread has its turn meanwhile."""
Sortable = tuple[int, float, str]
Sort = tuple[int, bool]
"""A column, and whether it is from its end."""


@dataclass(frozen=True)
class Cell:
    """A text of one line. `style`: a name of the palette; `rank`: what it is sorted by, if not its text.

    `newest_last`: where there is no room for all of it, its end is shown.
    """

    text: str
    style: str = ""
    rank: float | None = None
    newest_last: bool = False

    @cached_property
    def sortable(self) -> Sortable:
        return (0, self.rank, "") if self.rank is not None else (1, 0.0, self.text.casefold())


@dataclass(frozen=True)
class Column:
    """`width` in columns; one that `grows` takes what is left. `wide`: only shown when asked for, or with room.

    Where there is little room it has its `least` width (0: none of its own), and those that are `spare` go first.
    """

    title: str
    width: int
    grows: bool = False
    wide: bool = False
    right: bool = False
    least: int = 0
    spare: bool = False


@dataclass(frozen=True)
class Row:
    """One line: `id` is what commands take for it, and `about` what is not in its cells and yet is looked for.
    `copied` is what is copied of it, if not its id; `holds` is whatever it was made of."""

    id: str
    cells: tuple[Cell, ...]
    about: str = ""
    copied: str = ""
    holds: object = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """What it is called where it is shown whole."""
        return self.copied or self.id

    @cached_property
    def text(self) -> str:
        return " ".join([self.id, *(cell.text for cell in self.cells), self.about]).casefold()


@dataclass(frozen=True)
class Order:
    """Which rows are shown, and in which order: those that have `filter`, sorted by a column, or as they came."""

    filter: str = ""
    sort: Sort | None = None

    @property
    def as_it_came(self) -> bool:
        return self.sort is None and not self.filter.removeprefix("!").strip()

    def of(self, rows: Sequence[Row]) -> list[Row]:
        """May take long, and lets other threads have their turn."""
        found = self.matching(rows)
        if self.sort is None:
            return found
        column, reverse = self.sort
        parts = [found[first : first + TOGETHER] for first in range(0, len(found), TOGETHER)]
        for part in parts:
            part.sort(key=lambda row: row.cells[column].sortable, reverse=reverse)
        return list(heapq.merge(*parts, key=lambda row: row.cells[column].sortable, reverse=reverse))

    def with_more(self, rows: list[Row], more: Sequence[Row]) -> list[Row]:
        """The same with a few more behind those that are arranged."""
        both = rows + self.matching(more)
        if self.sort is not None:
            column, reverse = self.sort
            both.sort(key=lambda row: row.cells[column].sortable, reverse=reverse)
        return both

    def matching(self, rows: Sequence[Row]) -> list[Row]:
        wanted = self.filter.casefold()
        without = wanted.startswith("!")
        words = wanted.removeprefix("!").split()
        if not words:
            return list(rows)
        return [row for row in rows if all(word in row.text for word in words) is not without]


@dataclass(frozen=True, eq=False)
class Wanted:
    """Rows that are to be arranged aside."""

    rows: Sequence[Row]
    order: Order

    def arranged(self) -> list[Row]:
        return self.order.of(self.rows)


class Listing:
    """What is shown of the rows. The cursor and the marks stay with their rows, wherever these go.

    What takes long to arrange is `wanted`: somebody else arranges it, and hands it to `settle`. Until then what was
    `visible` is so.
    """

    def __init__(self) -> None:
        self._all: list[Row] = []
        self._order = Order()
        self._late: list[Row] = []
        self.wanted: Wanted | None = None
        self._cursor = 0
        self._range_from: str | None = None
        self.marks: dict[str, None] = {}
        self.visible: list[Row] = []

    @property
    def total(self) -> int:
        return len(self._all)

    @property
    def filter(self) -> str:
        return self._order.filter

    @property
    def sort(self) -> Sort | None:
        """The column that is sorted by, and whether it is from its end; None: as it came."""
        return self._order.sort

    @property
    def cursor(self) -> int:
        return self._cursor

    @property
    def current(self) -> Row | None:
        return self.visible[self._cursor] if self.visible else None

    @property
    def chosen(self) -> list[Row]:
        """The marked rows that are there, in the order of the rows; else the one under the cursor."""
        marked = [row for row in self._all if row.id in self.marks]
        return marked or [row for row in [self.current] if row is not None]

    def show(self, rows: Sequence[Row]) -> None:
        """Other rows. A mark of a row that is gone goes with it."""
        self._all = list(rows)
        there = {row.id for row in rows} if self.marks else set()
        self.marks = {id: None for id in self.marks if id in there}
        self._arrange()

    def add(self, rows: Sequence[Row], most: int) -> None:
        """More rows at the end. Who is at the last row stays there; of more than `most` rows the first go."""
        at_end = self._cursor >= len(self.visible) - 1
        self._all += rows
        if len(self._all) > most + most // 10:
            self.show(self._all[-most:])
        elif self.wanted is not None:
            self._late += rows
        else:
            self._put(self._order.with_more(self.visible, rows))
        if at_end:
            self.go_to(len(self.visible))

    def look_for(self, text: str) -> None:
        """Only rows that have `text`; with a `!` before it those that have not. Every word of it counts by itself."""
        self._order = Order(text, self.sort)
        self._arrange()

    def sort_by(self, column: int) -> None:
        """By this column; again from its end; a third time as it came."""
        if self.sort is None or self.sort[0] != column:
            sort: Sort | None = (column, False)
        else:
            sort = (column, True) if not self.sort[1] else None
        self._order = Order(self.filter, sort)
        self._arrange()

    def move(self, by: int) -> None:
        self.go_to(self._cursor + by)

    def go_to(self, number: int) -> None:
        self._cursor = max(0, min(number, len(self.visible) - 1))

    def mark(self) -> None:
        """Mark the current row, or take its mark away, and go on to the next."""
        row = self.current
        if row is None:
            return
        if row.id in self.marks:
            del self.marks[row.id]
        else:
            self.marks[row.id] = None
        self._range_from = row.id
        self.move(1)

    def mark_range(self) -> None:
        """Mark all from the row marked last to the current one."""
        ids = [row.id for row in self.visible]
        if not ids:
            return
        start = ids.index(self._range_from) if self._range_from in ids else self._cursor
        low, high = sorted((start, self._cursor))
        self.marks |= dict.fromkeys(ids[low : high + 1])

    def unmark(self) -> None:
        self.marks.clear()
        self._range_from = None

    def settle(self, wanted: Wanted, rows: list[Row]) -> None:
        """It was arranged; with what has come since. Where something else is wanted by now, that counts."""
        if wanted is self.wanted:
            late, self._late, self.wanted = self._late, [], None
            at_end = self._cursor >= len(self.visible) - 1
            self._put(wanted.order.with_more(rows, late) if late else rows)
            if late and at_end:
                self.go_to(len(self.visible))

    def _arrange(self) -> None:
        self._late, self.wanted = [], None
        if len(self._all) <= AT_ONCE or self._order.as_it_came:
            self._put(self._order.of(self._all))
        else:
            self.wanted = Wanted(tuple(self._all), self._order)

    def _put(self, rows: list[Row]) -> None:
        """Show these, with the cursor on its row."""
        current, self.visible = self.current, rows
        if current is not None and not (self._cursor < len(rows) and rows[self._cursor] is current):
            self._cursor = next((n for n, row in enumerate(rows) if row.id == current.id), self._cursor)
        self.go_to(self._cursor)
