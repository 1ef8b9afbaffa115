"""`?`: what every key does, those that change something apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from shema_cli.ui.page import Action
from shema_cli.ui.palette import style

MOVING = (
    ("⏎", "into the thing itself"),
    ("Esc", "back; first takes away what was filtered or marked"),
    ("↑ ↓ j k", "one row; g and G the first and the last, PgUp and PgDn a page"),
    ("Tab", "the next part of the home screen"),
    (":", "go to a page by its name; Tab or → completes it"),
    ("/", "only rows with these words; /! those without"),
    ("1 … 9", "sort by that column; again from its end; a third time as it came"),
    ("w", "all columns"),
    ("x  v  u", "mark a row; all from there to here; none"),
    ("y  Y", "copy the id; the command line"),
    ("Ctrl-R", "ask now"),
    ("@", "the same upon another profile: its own target, signed in there"),
    ("q", "quit"),
)
INTRODUCTION = (
    "Every page is what a command shows, asked again and again. What you do here is the command line that stands above "
    "it: the same guards, the same question, the same entry in the trail."
)


class KeysScreen(ModalScreen[None]):
    """Leaves with any of the keys that leave."""

    CSS = "KeysScreen VerticalScroll { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "back", show=False),
    ]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = actions

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(Text(INTRODUCTION))
            yield Static(_keys(MOVING))
            if self._actions:
                yield Static(
                    Text(
                        "\nOn the marked rows, or on the one under the cursor; each is asked about first:",
                        style("head"),
                    )
                )
                yield Static(_keys([(one.key, one.name) for one in self._actions]))


def _keys(told: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for key, name in told:
        grid.add_row(Text(key, style("key")), Text(name))
    return grid
