"""The rows of a table as text for a pipe or a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from shema_cli.clock import local_instant
from shema_cli.json_text import Number
from shema_cli.output.sanitize import safe_csv, safe_json, safe_line
from shema_cli.results import Table

WRITTEN_AT_ONCE = 500
DEEPEST_LIST = 3
"""Lists within lists are told one after the other; deeper ones as JSON."""


def tab_separated(table: Table) -> Iterator[str]:
    """The rows in pieces of many lines, so that a long listing is not a system call for each."""
    for rows in _pieces(table.rows):
        yield "".join("\t".join(safe_line(cell(value)) for value in row) + "\n" for row in rows)


def comma_separated(table: Table, *, header: bool) -> Iterator[str]:
    """The rows of a CSV file in pieces of many lines; `header` puts the columns' names before them."""
    if header:
        yield _csv([table.columns])
    yield from map(_csv, _pieces(table.rows))


def cell(value: object, depth: int = 0) -> str:
    """A value as the text of one table cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)) and depth < DEEPEST_LIST:
        return ", ".join(cell(item, depth + 1) for item in value)
    if isinstance(value, (list, tuple, dict)):
        return safe_json(value)
    return str(value)


def drawn(value: object) -> str:
    """The same as a person reads it: an instant in this machine's time zone (contract 3.1)."""
    return local_instant(value) if isinstance(value, str) else cell(value)


def _pieces(rows: Iterable[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    left = iter(rows)
    while piece := list(islice(left, WRITTEN_AT_ONCE)):
        yield piece


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(
            [safe_csv(v if isinstance(v, (int, float, Number)) and not isinstance(v, bool) else cell(v)) for v in row]
        )
    return text.getvalue()
