"""`?`: what every key does here, with the command line that it stands for; what changes something for good apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import bounded, safe_line
from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Row
from shema_cli.ui.page import Action
from shema_cli.ui.palette import style
from shema_cli.ui.screens.base import ConsoleScreen

Told = tuple[str, str]
MOVING: tuple[Told, ...] = (
    ("⏎", "into the thing itself"),
    ("Esc", "back; first takes away what was filtered or marked"),
    ("↑ ↓ j k", "one row"),
    ("g G", "the first and the last row; PgUp and PgDn a page"),
    ("Tab", "the next part of a screen that has several; ← → a number of home"),
    (":", "go to a page by its name or its beginning; Tab or → completes it"),
    ("mouse", "a click chooses, a second one opens, the wheel goes through the rows"),
)
ROWS: tuple[Told, ...] = (
    ("/", "only rows with these words; /! those without"),
    ("1 … 9", "sort by that column; again from its end; a third time as it came"),
    ("w", "all columns"),
    ("x v u", "mark a row; all from there to here; none"),
    ("y Y", "copy the id; the command line of what is shown"),
    ("p", "where rows come by themselves: hold them, and go on"),
)
EVERYWHERE: tuple[Told, ...] = (
    ("Ctrl-R", "ask now"),
    ("@", "the same upon another profile: its own target, signed in there"),
    ("q", "quit"),
)
INTRODUCTION = (
    "Every page is what a command shows, asked again and again. What a key does is a command line: the same guards, "
    "the same question, the same entry in the trail. An answer is typed and sent with Enter."
)
DANGEROUS = "Capitals: what publishes again, or takes away (asked about first)"
NOTHING_HERE = "(nothing to be done with this row)"
LONGEST_LINE = 300


@dataclass(frozen=True)
class Keys:
    """What there is to be told of a screen: its own keys, and its actions upon the rows that are chosen."""

    own: Sequence[Told] = ()
    actions: Sequence[Action] = ()
    chosen: Sequence[Row] = ()
    read_only: str | None = None


class KeysScreen(ConsoleScreen):
    """Leaves with any of the keys that leave."""

    CSS = "KeysScreen VerticalScroll { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "back", "back", show=False),
    ]
    own_keys = (("Esc", "back"),)
    title_here = "keys"

    def __init__(self, told: Keys) -> None:
        super().__init__()
        self._told = told

    def body(self) -> Iterable[Widget]:
        with VerticalScroll():
            yield Static(Text(INTRODUCTION, style("quiet")))
            for heading, keys in sections(self._told, self.console_app.line):
                yield Static(Text(f"\n{heading}", style("head")))
                yield Static(_grid(keys))

    def focus_body(self) -> None:
        self.query_one(VerticalScroll).focus()

    def on_mount(self) -> None:
        self.focus_body()


def sections(told: Keys, line: Callable[[Words], str]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Headings, and below each (key, what it does, the command line that it stands for). `line` writes one."""
    acting = [(one.key, _name(one, told), _line(one, told.chosen, line)) for one in told.actions]
    dangerous = [one.key for one in told.actions if is_dangerous(one)]
    here = [(key, name, "") for key, name in told.own] + [one for one in acting if one[0] not in dangerous]
    if here:
        yield f"On this page{_upon(told)}", here
    if dangerous:
        yield DANGEROUS, [one for one in acting if one[0] in dangerous]
    for heading, keys in (("Moving", MOVING), ("Rows", ROWS), ("Everywhere", EVERYWHERE)):
        yield heading, [(key, name, "") for key, name in keys]


def is_dangerous(action: Action) -> bool:
    """Whether its key is a capital because of what it does."""
    return action.key.isupper() and action.guarded


def _upon(told: Keys) -> str:
    if not told.actions or not told.chosen:
        return ""
    return f", upon {len(told.chosen):,} marked rows" if len(told.chosen) > 1 else ", upon the row under the cursor"


def _name(action: Action, told: Keys) -> str:
    refused = f" (not here: {told.read_only})" if told.read_only and action.guarded else ""
    how = ", after a dry run" if action.tried else ", with the terminal to itself" if action.outside else ""
    return f"{action.name}{how}{refused}"


def _line(action: Action, chosen: Sequence[Row], line: Callable[[Words], str]) -> str:
    if not chosen and not action.of_all:
        return ""
    words = action.line(chosen if not action.one else chosen[:1])
    return f"$ {line(words)}" if words else NOTHING_HERE


def _grid(told: Sequence[tuple[str, str, str]]) -> Padding:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=7)
    for key, name, line in told:
        what = Text(safe_line(name))
        if line:
            what.append(f"\n{safe_line(bounded(line, LONGEST_LINE))}", style("quiet"))
        grid.add_row(Text(key, style("key")), what)
    return Padding(grid, (0, 0, 0, 2))
