"""What a page of the console is: a reading line, how its result becomes rows, and what keys do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from rich.console import RenderableType

from shema_cli.frozen import dataclass
from shema_cli.shell import quoted
from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Column, Row

EVERY_S = 5.0
RESULT_EVERY_S = 10.0


@dataclass(frozen=True)
class Candidate:
    """A row that a line is about to be run upon, or was: `word` is what comes of it, or what came, and `told` why.

    `style`: of the word, a name of the palette.
    """

    row: Row
    word: str
    style: str = ""
    told: str = ""


@dataclass(frozen=True)
class Plan:
    """How the rows of a line stand in its dialog, where some can be taken out before it is agreed to.

    `chosen` is a row before anything is known of it. `foreseen` is given what the line shows before it asks, `became`
    what it handed back: each row by its id; None for a result that tells nothing of rows. `all_told`: these rows are
    all that its view would draw.
    """

    columns: tuple[Column, ...]
    all_told: bool = False
    chosen: Callable[[Row], Candidate | None] = lambda _: None
    foreseen: Callable[[Any], Mapping[str, Candidate] | None] = lambda _: None
    became: Callable[[Any, Sequence[Candidate]], Mapping[str, Candidate] | None] = lambda *_: None


@dataclass(frozen=True)
class Action:
    """A key that runs a line on the chosen rows. None: there is nothing to be done.

    What `reads` is shown as a page is; what goes on `outside` gets the terminal for itself meanwhile. A key that takes
    something away for good, or sends it out again, is a capital. With a `plan` rows can be taken out before the answer;
    what is `tried` is run with `--dry-run` first; what is for `one` row is not begun upon several, and what is `of_all`
    needs none. What `changes` nothing is done in a read-only console too. `again_s`: seconds between two looks at what
    is read.
    """

    key: str
    name: str
    line: Callable[[Sequence[Row]], Words | None]
    reads: bool = False
    outside: bool = False
    changes: bool = True
    tried: bool = False
    one: bool = False
    of_all: bool = False
    again_s: float = RESULT_EVERY_S
    plan: Plan | None = None

    @property
    def guarded(self) -> bool:
        """Whether it is for nobody in a read-only console."""
        return self.changes and not self.reads


@dataclass(frozen=True)
class Page:
    """`rows` and `said` are given the result of `words`; `opens` says what Enter leads to: a page, or a line to show.

    `said` is one line about all of it. `every_s`: seconds between two looks. `exports` makes the line that writes these
    rows, or all that there are where none are given, to a file; None where there is no such line.
    """

    name: str
    title: str
    words: Words
    columns: tuple[Column, ...]
    rows: Callable[[Any], list[Row]]
    said: Callable[[Any], str] = lambda _: ""
    exports: Callable[[str, Sequence[Row]], Words | None] | None = None
    opens: Callable[[Row], Leads] = lambda _: None
    actions: tuple[Action, ...] = ()
    every_s: float = EVERY_S


@dataclass(frozen=True)
class Parts:
    """Several pages on one screen, each with its own age, under one title."""

    name: str
    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Stream:
    """What a line tells for ever. `rows` is given each result that it prints; `opens` what Enter shows of a row.

    `recorded`: it tells what there is, and ends.
    """

    name: str
    title: str
    words: Words
    columns: tuple[Column, ...]
    rows: Callable[[Any], list[Row]]
    opens: Callable[[Row], Leads]
    actions: tuple[Action, ...] = ()
    recorded: bool = False


@dataclass(frozen=True)
class Talk(Stream):
    """A stream of what is said, shown as conversations, and beside them what is said in the one under the cursor.

    `columns` are those of the conversations. Each row that comes `holds` a `Said`.
    """


@dataclass(frozen=True)
class Sheet:
    """What a line shows of the thing in a row, and what can be done with it there."""

    title: str
    words: Words
    row: Row | None = None
    actions: tuple[Action, ...] = ()
    every_s: float = RESULT_EVERY_S


Leads = Page | Parts | Sheet | Words | RenderableType | None
"""What Enter leads to: a page, several, what a line shows, or something drawn; None: it leads nowhere."""

Given = TypeVar("Given", bound="Page | Parts | Stream")


def given(page: Given, options: Words) -> Given:
    """The page with these options of its command, instead of its own of the same names: the first one of several."""
    if not options:
        return page
    if isinstance(page, Parts):
        return replace(page, pages=(given(page.pages[0], options), *page.pages[1:]))
    return replace(page, title=f"{page.name} {quoted(*options)}", words=(*_without(page.words, options), *options))


def _without(words: Words, options: Words) -> Words:
    """The line without those of its options, each with a value, that are given anew."""
    names = {word.partition("=")[0] for word in options if word.startswith("--")}
    again = {number for number, word in enumerate(words) if word in names}
    return tuple(word for number, word in enumerate(words) if number not in again and number - 1 not in again)


def trace(subject: str) -> Words | None:
    """The story of somebody or something."""
    return ("trace", *arguments((subject,))) if subject else None


def ids(rows: Sequence[Row]) -> Words:
    """The rows as arguments."""
    return arguments(tuple(row.id for row in rows))


def arguments(found: Words) -> Words:
    """Words from outside; those that look like options come after `--`."""
    return ("--", *found) if any(word.startswith("-") for word in found) else found


def with_options(words: Words, *options: str) -> Words:
    """The line with these options, before what stands after `--`."""
    end = words.index("--") if "--" in words else len(words)
    return (*words[:end], *options, *words[end:])
