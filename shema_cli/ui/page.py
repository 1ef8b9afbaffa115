"""What a page of the console is: a reading line, how its result becomes rows, and what keys do with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType

from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Column, Row

EVERY_S = 5.0


@dataclass(frozen=True)
class Action:
    """A key that runs a line on the chosen rows. None: there is nothing to be done.

    What `reads` is shown as a page is; what goes on `outside` gets the terminal for itself meanwhile. A key that takes
    something away for good, or sends it out again, is a capital.
    """

    key: str
    name: str
    line: Callable[[Sequence[Row]], Words | None]
    reads: bool = False
    outside: bool = False


@dataclass(frozen=True)
class Page:
    """`rows` and `said` are given the result of `words`; `opens` says what Enter leads to: a page, or a line to show.

    `said` is one line about all of it. `every_s`: seconds between two looks.
    """

    name: str
    title: str
    words: Words
    columns: tuple[Column, ...]
    rows: Callable[[Any], list[Row]]
    said: Callable[[Any], str] = lambda _: ""
    opens: Callable[[Row], Page | Words | RenderableType | None] = lambda _: None
    actions: tuple[Action, ...] = ()
    every_s: float = EVERY_S


@dataclass(frozen=True)
class Stream:
    """What a line tells for ever. `rows` is given each result that it prints; `opens` what Enter shows of a row."""

    name: str
    title: str
    words: Words
    columns: tuple[Column, ...]
    rows: Callable[[Any], list[Row]]
    opens: Callable[[Row], RenderableType]
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Talk(Stream):
    """A stream of what is said, shown as conversations, and beside them what is said in the one under the cursor.

    `columns` are those of the conversations. Each row that comes `holds` a `Said`.
    """


def trace(subject: str) -> Words | None:
    """The story of somebody or something."""
    return ("trace", *arguments((subject,))) if subject else None


def ids(rows: Sequence[Row]) -> Words:
    """The rows as arguments."""
    return arguments(tuple(row.id for row in rows))


def arguments(found: Words) -> Words:
    """Words from outside; those that look like options come after `--`."""
    return ("--", *found) if any(word.startswith("-") for word in found) else found
