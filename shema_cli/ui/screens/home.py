"""What an admin leaves open: the numbers, what is wrong, what fails, and what happens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from shema_cli.ui.page import EVERY_S, Action
from shema_cli.ui.pages import live, messages, system
from shema_cli.ui.screens.parts import PartsScreen
from shema_cli.ui.widgets.numbers import HEIGHT, Numbers
from shema_cli.ui.widgets.panel import PagePanel, Panel
from shema_cli.ui.widgets.stream import StreamPanel

NUMBERS = ("dashboard",)


class HomeScreen(PartsScreen):
    """Each part has its own age; Tab goes from one to the next, Enter into the thing itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "go('enrollments')", "enrollments", show=False),
        Binding("d", "go('dlq')", "dead letters", show=False),
        Binding("s", "go('services')", "services", show=False),
        Binding("a", "go('audit')", "audit", show=False),
        Binding("c", "go('courses')", "courses", show=False),
    ]
    lines_above = HEIGHT

    def __init__(self, now: datetime) -> None:
        self.numbers = Numbers(NUMBERS, EVERY_S)
        wrong = replace(system.status(now), title="What is wrong")
        failed = replace(messages.families(now), title="Dead letters")
        happens = replace(live.events(now), title="Events")
        super().__init__("home", [PagePanel(wrong), PagePanel(failed), StreamPanel(happens, glance=True)])

    def body(self) -> Iterable[Widget]:
        yield self.numbers
        yield from super().body()

    @property
    def panel(self) -> Panel | None:
        return self.numbers

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is done with rows is done on their own page."""
        return ()

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return (
            *self.general,
            ("⏎", "open"),
            *self.own_keys,
            ("e", "enrollments"),
            ("d", "dead letters"),
            ("s", "services"),
        )

    def action_open(self) -> None:
        """A number leads to its page."""
        if self.numbers.has_focus:
            self.open_number()
        else:
            super().action_open()

    def open_number(self) -> None:
        leads_to = self.numbers.leads_to
        if isinstance(leads_to, str):
            self.console_app.go(leads_to)
        else:
            self.console_app.show(leads_to)

    def on_numbers_opened(self) -> None:
        self.open_number()

    def action_go(self, name: str) -> None:
        self.console_app.go(name)
