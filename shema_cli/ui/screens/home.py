"""What an admin leaves open: the numbers, what is wrong, and what fails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from shema_cli.ui.page import EVERY_S
from shema_cli.ui.pages import messages, system
from shema_cli.ui.screens.base import ConsoleScreen
from shema_cli.ui.widgets.numbers import Numbers
from shema_cli.ui.widgets.panel import PagePanel, Panel

NUMBERS = ("dashboard",)


class HomeScreen(ConsoleScreen):
    """Each part has its own age; Tab goes from one to the next, Enter into the thing itself."""

    CSS = """
    HomeScreen PagePanel { height: 1fr; }
    HomeScreen .head { height: 1; text-style: bold; margin-top: 1; }
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
        ("⏎", "open"),
        ("⇥", "next part"),
        ("e", "enrollments"),
        ("d", "dead letters"),
        ("s", "services"),
        *ConsoleScreen.keys,
    )

    def body(self) -> Iterable[Widget]:
        now = self.console_app.time()
        yield Numbers(NUMBERS, EVERY_S)
        yield Static(classes="head", id="wrong")
        yield PagePanel(system.status(now))
        yield Static(classes="head", id="failed")
        yield PagePanel(messages.families(now))

    @property
    def panel(self) -> Panel:
        return self.query_one(Numbers)

    @property
    def parts(self) -> list[PagePanel]:
        return list(self.query(PagePanel))

    def on_mount(self) -> None:
        super().on_mount()
        self.focus_body()

    def focus_body(self) -> None:
        self.parts[0].table.focus()

    def tell_all(self) -> None:
        super().tell_all()
        now = self.console_app.now()
        for head, part in zip(("wrong", "failed"), self.parts, strict=True):
            title = "What is wrong" if head == "wrong" else "Dead letters"
            told = " · ".join(filter(None, (title, part.said, part.told(now))))
            self.query_one(f"#{head}", Static).update(told)

    @property
    def here(self) -> PagePanel:
        """The part that has the keys."""
        return next((part for part in self.parts if part.table.has_focus), self.parts[0])

    def action_move(self, by: int) -> None:
        self.here.do(lambda listing: listing.move(by))

    def action_open(self) -> None:
        row, page = self.here.listing.current, self.here.page
        if row is None:
            return
        leads_to = page.opens(row)
        self.console_app.show(leads_to if leads_to is not None else page)

    def action_go(self, name: str) -> None:
        self.console_app.go(name)

    def leave(self) -> None:
        """There is nothing behind it; `q` leaves the console."""
