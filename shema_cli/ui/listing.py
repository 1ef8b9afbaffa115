"""The rows of a table as its reader has them: filtered, sorted, marked, with one of them under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from functools import cached_property

from shema_cli.frozen import dataclass

Sortable = tuple[int, float, str]


@dataclass(frozen=True)
class Cell:
    """A text of one line. `style`: a name of the palette; `rank`: what it is sorted by, if not its text.

    `newest_last`: where there is no room for all of it, its end is shown.
    """

    text: str
    style: str = ""
    rank: float | None = None
    newest_last: bool = False

    @property
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


class Listing:
    """What is shown of the rows. The cursor and the marks stay with their rows, wherever these go."""

    def __init__(self) -> None:
        self._all: list[Row] = []
        self._filter = ""
        self._sort: tuple[int, bool] | None = None
        self._cursor = 0
        self._range_from: str | None = None
        self.marks: dict[str, None] = {}
        self.visible: list[Row] = []

    @property
    def total(self) -> int:
        return len(self._all)

    @property
    def filter(self) -> str:
        return self._filter

    @property
    def sort(self) -> tuple[int, bool] | None:
        """The column that is sorted by, and whether it is from its end; None: as it came."""
        return self._sort

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
        if len(self._all) > most + most // 10 or self._sort is not None:
            self.show(self._all[-most:])
        else:
            self.visible += self._matching(rows)
        if at_end:
            self.go_to(len(self.visible))

    def look_for(self, text: str) -> None:
        """Only rows that have `text`; with a `!` before it those that have not. Every word of it counts by itself."""
        self._filter = text
        self._arrange()

    def sort_by(self, column: int) -> None:
        """By this column; again from its end; a third time as it came."""
        if self._sort is None or self._sort[0] != column:
            self._sort = (column, False)
        else:
            self._sort = (column, True) if not self._sort[1] else None
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

    def _arrange(self) -> None:
        current = self.current
        rows = self._matching(self._all)
        if self._sort is not None:
            column, reverse = self._sort
            rows.sort(key=lambda row: row.cells[column].sortable, reverse=reverse)
        self.visible = rows
        if current is not None:
            self._cursor = next((n for n, row in enumerate(rows) if row.id == current.id), self._cursor)
        self.go_to(self._cursor)

    def _matching(self, rows: Sequence[Row]) -> list[Row]:
        wanted = self._filter.casefold()
        without = wanted.startswith("!")
        words = wanted.removeprefix("!").split()
        if not words:
            return list(rows)
        return [row for row in rows if all(word in row.text for word in words) is not without]
