"""The five numbers of the school, side by side, each with where it came from."""

from __future__ import annotations

from typing import ClassVar

from rich.console import Group
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from shema_cli.clock import age
from shema_cli.dashboard.bars import last_day
from shema_cli.dashboard.results import Reading, ReadingState, Snapshot
from shema_cli.dashboard.sources import SOURCES
from shema_cli.ui.lines import Outcome, Words
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.panel import AskingPanel

HEIGHT = 2
GAP = 1
SHORT = {
    "total_students": "students",
    "pending_enrollments": "pending",
    "active_chats": "chats",
    "total_courses": "courses",
    "upcoming_classes": "classes",
}
PAGES = {"pending_enrollments": "enrollments", "active_chats": "chat", "total_courses": "courses"}
"""Where each leads that has a page of its own; the others to the dashboard, which tells where they came from."""


class Numbers(AskingPanel, can_focus=True):
    """One line of numbers, and below each what it was over the last day, or its name where there is no room for that.
    With the keys, one of them is chosen."""

    DEFAULT_CSS = f"Numbers {{ height: {HEIGHT}; }} Numbers Static {{ text-wrap: nowrap; text-overflow: ellipsis; }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "choose(-1)", "the number before", show=False),
        Binding("right,l", "choose(1)", "the next number", show=False),
    ]

    class Opened(Message):
        """The number that was chosen before was clicked."""

    def __init__(self, words: Words, every_s: float) -> None:
        super().__init__(words, every_s)
        self._chosen = 0
        self._just_come_here = False

    def compose(self) -> ComposeResult:
        yield Static()

    @property
    def leads_to(self) -> str | Words:
        """The page of the number that is chosen, or the line that tells of it."""
        return PAGES.get(SOURCES[self._chosen].stat, self.words)

    @property
    def _room(self) -> int:
        return max(1, self.app.size.width // len(SOURCES) - GAP)

    def received(self, outcome: Outcome) -> None:
        assert isinstance(outcome.result, Snapshot)
        snapshot, room = outcome.result, self._room
        numbers, courses = Text(no_wrap=True), Text(no_wrap=True)
        roomy = all(len(_named(one)) <= room for one in snapshot.readings)
        for place, reading in enumerate(snapshot.readings):
            named = roomy and _number(reading, named=True).cell_len <= room
            number = _number(reading, named=named)
            number.truncate(room, overflow="ellipsis", pad=True)
            if self.has_focus and place == self._chosen:
                number.stylize(style("cursor"))
            below = last_day(reading.source.stat, snapshot, room) if named else SHORT[reading.source.stat]
            course = Text(below, style("quiet"))
            course.truncate(room, overflow="ellipsis", pad=True)
            numbers.append_text(number).append(" " * GAP)
            courses.append_text(course).append(" " * GAP)
        self.query_one(Static).update(Group(numbers, courses))

    def draw(self) -> None:
        if self.source.good is not None:
            self.received(self.source.good)

    def on_resize(self) -> None:
        self.draw()

    def on_focus(self) -> None:
        self._just_come_here = True

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.draw()

    def action_choose(self, by: int) -> None:
        self._chosen = (self._chosen + by) % len(SOURCES)
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """The click that brings the keys here only chooses."""
        come, self._just_come_here = self._just_come_here, False
        place = min(event.x // (self._room + GAP), len(SOURCES) - 1)
        again, self._chosen = place == self._chosen and not come, place
        self.draw()
        if again:
            self.post_message(self.Opened())


def _named(reading: Reading) -> str:
    """The least that is told of it with its name."""
    return f"{reading.value or 0:,} {SHORT[reading.source.stat]}"


def _number(reading: Reading, *, named: bool) -> Text:
    """What it is called stands below it where there is no room for both."""
    if reading.state is ReadingState.UNAVAILABLE:
        told = Text("?", style("fail"))
    else:
        told = Text(f"{reading.value:,}", style("head"))
    if named:
        told.append(f" {SHORT[reading.source.stat]}", style("quiet"))
    if reading.state is ReadingState.STALE:
        told.append(f" {age(reading.age_s)} old", style("warn"))
    elif reading.change:
        told.append(f" {reading.change:+,}")
    return told
