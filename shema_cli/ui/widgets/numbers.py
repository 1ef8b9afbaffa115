"""The five numbers of the school, side by side, each with where it came from."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from shema_cli.clock import age
from shema_cli.dashboard.bars import last_day
from shema_cli.dashboard.results import Reading, ReadingState, Snapshot
from shema_cli.ui.lines import Outcome
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.panel import AskingPanel

GAP = 1
SHORT = {
    "total_students": "students",
    "pending_enrollments": "pending",
    "active_chats": "chats",
    "total_courses": "courses",
    "upcoming_classes": "classes",
}


class Numbers(AskingPanel):
    """One line of numbers, and below each what it was over the last day."""

    DEFAULT_CSS = "Numbers { height: 2; } Numbers Static { text-wrap: nowrap; text-overflow: ellipsis; }"

    def compose(self) -> ComposeResult:
        yield Static()

    def received(self, outcome: Outcome) -> None:
        assert isinstance(outcome.result, Snapshot)
        snapshot, room = outcome.result, self.app.size.width // len(outcome.result.readings) - GAP
        numbers, courses = Text(no_wrap=True), Text(no_wrap=True)
        for reading in snapshot.readings:
            number = _number(reading)
            number.truncate(room, overflow="ellipsis", pad=True)
            course = Text(last_day(reading.source.stat, snapshot, room), style("quiet"))
            course.truncate(room, pad=True)
            numbers.append_text(number).append(" " * GAP)
            courses.append_text(course).append(" " * GAP)
        self.query_one(Static).update(Group(numbers, courses))

    def on_resize(self) -> None:
        if self.source.good is not None:
            self.received(self.source.good)


def _number(reading: Reading) -> Text:
    if reading.state is ReadingState.UNAVAILABLE:
        told = Text("?", style("fail"))
    else:
        told = Text(f"{reading.value:,}", style("head"))
    told.append(f" {SHORT[reading.source.stat]}", style("quiet"))
    if reading.state is ReadingState.STALE:
        told.append(f" {age(reading.age_s)} old", style("warn"))
    elif reading.change:
        told.append(f" {reading.change:+,}")
    return told
