"""A plain table for a terminal: headed columns, no borders, whole words where they fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from shema_cli.clock import TO_THE_SECOND, local_time, parse_iso
from shema_cli.output.rows import drawn
from shema_cli.output.sanitize import bounded, safe_block, safe_line
from shema_cli.results import Table

NARROW = 60
LONGEST_NAME = 40
"""Characters of a name in a table; all of it stands where one thing is looked at, and in what programs read."""
BETWEEN_COLUMNS = 3


def text(value: object, style: str = "") -> Text:
    """A cell's value as safe rich text; None is a dim dash."""
    if value is None or value == "":
        return Text("-", style="dim")
    return Text(safe_line(bounded(drawn(value))), style=style)


def block(value: str | None, style: str = "") -> Text:
    """All of a text that may have lines of its own, for where one thing is looked at; None is a dim dash."""
    return Text(safe_block(value), style=style) if value else text(None)


def named(name: str | None, id: str, style: str = "") -> Text:
    """What something is called, and its id, which is there to be copied; without a name the id alone."""
    if not name:
        return text(id, style)
    return Text.assemble(text(shortened(name, LONGEST_NAME), style), " ", text(id, "dim"))


def shortened(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def longest(ids: Iterable[object]) -> int:
    """How many columns the longest of these takes when none is broken."""
    return max((text(id).cell_len for id in ids), default=0)


def fit(table: RichTable, width: int, least: Sequence[int]) -> bool:
    """Give each column at least so many of `width` columns, and the rest to those that have more to say.

    False where there is no room for that: a table in which columns vanish, or ids are broken, is not drawn.
    """
    columns = table.columns
    wanted = [max(_longest_line(column.header), *map(_longest_line, column.cells), 1) for column in columns]
    needed = [max(few, _longest_word(column.header)) for few, column in zip(least, columns, strict=True)]
    given = list(map(min, wanted, needed))
    left = width - sum(given) - BETWEEN_COLUMNS * (len(columns) - 1)
    if left < 0:
        return False
    while left > 0 and (short := [at for at, want in enumerate(wanted) if given[at] < want]):
        for at in short[:left]:
            given[at] += 1
            left -= 1
    for column, share in zip(columns, given, strict=True):
        column.width = share
    return True


def new_table(*columns: str) -> RichTable:
    """An empty table in the house style. Add columns with options of their own by `add_column`."""
    table = RichTable(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def new_facts(*, wrap_names: bool = False, most: int | None = None) -> RichTable:
    """An empty list of facts: a name in bold, and its value, at most `most` columns wide."""
    facts = RichTable(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="bold", no_wrap=not wrap_names)
    facts.add_column(overflow="fold", max_width=most)
    return facts


def when(moment: str, form: str = TO_THE_SECOND) -> Text:
    """A stored ISO time as it is told beside what happened then; without an offset it was UTC."""
    found = parse_iso(moment)
    return text(local_time(found, form) if found else moment, "dim")


def draw_table(table: Table, width: int) -> RichTable:
    """`table` as it is drawn when a feature has no view of its own; below 60 columns, one field a line."""
    if width < NARROW and len(table.columns) > 2:
        return _stacked(table)
    drawn = new_table(*(column.replace("_", " ") for column in table.columns))
    for row in table.rows:
        drawn.add_row(*(text(value) for value in row))
    return drawn


def _stacked(table: Table) -> RichTable:
    drawn = new_facts(wrap_names=True)
    for row in table.rows:
        for column, value in zip(table.columns, row, strict=True):
            drawn.add_row(column.replace("_", " "), text(value))
        drawn.add_row("", Text(""))
    return drawn


def _lines(drawn: RenderableType) -> list[str]:
    return (drawn.plain if isinstance(drawn, Text) else str(drawn)).split("\n")


def _longest_line(drawn: RenderableType) -> int:
    return max(map(cell_len, _lines(drawn)))


def _longest_word(drawn: RenderableType) -> int:
    return max((cell_len(word) for line in _lines(drawn) for word in line.split()), default=0)
