"""What an admin leaves open: the numbers, what is wrong, and what fails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from shema_cli.output.sanitize import safe_line
from shema_cli.ui.page import EVERY_S
from shema_cli.ui.pages import live, messages, system
from shema_cli.ui.screens.base import ConsoleScreen
from shema_cli.ui.widgets.numbers import Numbers
from shema_cli.ui.widgets.panel import PagePanel, Panel, RowsPanel
from shema_cli.ui.widgets.stream import StreamPanel

NUMBERS = ("dashboard",)
TITLES = {"wrong": "What is wrong", "failed": "Dead letters", "live": "Events"}
ROOM_FOR_EVENTS = 22


class HomeScreen(ConsoleScreen):
    """Each part has its own age; Tab goes from one to the next, Enter into the thing itself."""

    CSS = """
    HomeScreen PagePanel { height: 1fr; }
    HomeScreen StreamPanel { height: 4; }
    HomeScreen .head { height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("e", "go('enrollments')", "enrollments", show=False),
        Binding("d", "go('dlq')", "dead letters", show=False),
        Binding("s", "go('services')", "services", show=False),
        Binding("a", "go('audit')", "audit", show=False),
        Binding("c", "go('courses')", "courses", show=False),
    ]
    title_here = "home"
    keys = (
        *ConsoleScreen.keys,
        ("⏎", "open"),
        ("⇥", "next part"),
        ("e", "enrollments"),
        ("d", "dead letters"),
        ("s", "services"),
    )

    def body(self) -> Iterable[Widget]:
        now = self.console_app.time()
        yield Numbers(NUMBERS, EVERY_S)
        yield Static(classes="head", id="wrong")
        yield PagePanel(system.status(now))
        yield Static(classes="head", id="failed")
        yield PagePanel(messages.families(now))
        yield Static(classes="head", id="live")
        yield StreamPanel(live.events(now))

    @property
    def panel(self) -> Panel:
        return self.query_one(Numbers)

    @property
    def parts(self) -> dict[str, RowsPanel]:
        """By the names of their heads, from above."""
        wrong, failed = self.query(PagePanel)
        return {"wrong": wrong, "failed": failed, "live": self.query_one(StreamPanel)}

    def on_mount(self) -> None:
        self.focus_body()

    def focus_body(self) -> None:
        self.here.table.focus()

    def tell_all(self) -> None:
        super().tell_all()
        now = self.console_app.now()
        for name, part in self.parts.items():
            told = " · ".join(filter(None, (TITLES[name], part.said, part.told(now))))
            self.query_one(f"#{name}", Static).update(Text(safe_line(told)))

    def on_resize(self) -> None:
        """What happens is left to its own page where there is no room for it."""
        for one in (self.query_one("#live"), self.query_one(StreamPanel)):
            one.display = self.size.height >= ROOM_FOR_EVENTS

    @property
    def here(self) -> RowsPanel:
        """The part that has the keys."""
        parts = list(self.parts.values())
        return next((part for part in parts if part.table.has_focus), parts[0])

    def action_move(self, by: int) -> None:
        self.here.do(lambda listing: listing.move(by))

    def action_open(self) -> None:
        here = self.here
        if isinstance(here, PagePanel):
            row = here.listing.current
            self.console_app.show((here.page.opens(row) if row else None) or here.page)
        else:
            self.console_app.go("events")

    def action_go(self, name: str) -> None:
        self.console_app.go(name)

    def leave(self) -> None:
        """There is nothing behind it; `q` leaves the console."""
