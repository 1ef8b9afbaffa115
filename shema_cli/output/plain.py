"""What is drawn, without drawing characters: for screen readers (SHEMA_PLAIN=1) and for terminals without UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shema_cli.output.rows import drawn
from shema_cli.output.sanitize import safe_line
from shema_cli.results import Table

_WORDS = {
    "✓": "ok",
    "✔": "ok",
    "✗": "failed",
    "✘": "failed",
    "▲": "up",
    "▼": "down",
    "●": "*",
    "◆": "*",
    "◐": "~",
    "○": "o",
    "…": "...",
    "–": "-",
    "—": "-",
    "·": "-",
    "→": "->",
    "←": "<-",
    "─": "-",
    "━": "-",
}
_TRANSLATE = str.maketrans(_WORDS)
_DRAWING = re.compile("[\u2500-\u25ff\u2800-\u28ff]")
_NOTHING_ELSE = re.compile("\\s*[\u2500-\u259f][\\s\u2500-\u259f]*")
_COLOURED = re.compile("\x1b\\[[0-9;]*m")


def plain(text: str) -> str:
    """`text` with symbols as ASCII, without lines, bars and boxes; a line that held nothing else is left out."""
    kept = (line for line in text.split("\n") if not _NOTHING_ELSE.fullmatch(_COLOURED.sub("", line)))
    return "\n".join(_DRAWING.sub(" ", line.translate(_TRANSLATE)).rstrip() for line in kept)


def plain_table(table: Table) -> str:
    """A table to be read aloud: each row a paragraph of `column: value`, empty cells left out, nothing wrapped.

    One column is a line a row; two are `first: second`.
    """
    return "\n".join(_paragraphs(table)) + "\n"


def _paragraphs(table: Table) -> Iterator[str]:
    for number, row in enumerate(table.rows):
        cells = [safe_line(drawn(value)) for value in row]
        if len(cells) < 3:
            yield ": ".join(cells)
            continue
        if number:
            yield ""
        named = zip(table.columns, cells, strict=True)
        yield from (f"{column.replace('_', ' ')}: {value}" for column, value in named if value)
