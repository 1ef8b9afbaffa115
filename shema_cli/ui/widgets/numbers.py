"""The five numbers of the school, side by side, each with where it came from."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from shema_cli.clock import age
from shema_cli.dashboard.results import Reading, ReadingState, Snapshot
from shema_cli.ui.lines import Outcome
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.panel import AskingPanel

SHORT = {
    "total_students": "students",
    "pending_enrollments": "pending",
    "active_chats": "chats",
    "total_courses": "courses",
    "upcoming_classes": "classes",
}


class Numbers(AskingPanel):
    """One line of numbers, and one below of what is wrong with them."""

    DEFAULT_CSS = "Numbers { height: 1; } Numbers Static { text-wrap: nowrap; text-overflow: ellipsis; }"

    def compose(self) -> ComposeResult:
        yield Static()

    def received(self, outcome: Outcome) -> None:
        assert isinstance(outcome.result, Snapshot)
        line = Text(no_wrap=True)
        for reading in outcome.result.readings:
            line.append_text(_number(reading)).append("   ")
        self.query_one(Static).update(line)


def _number(reading: Reading) -> Text:
    told = Text(f"{SHORT[reading.source.stat]} ", style("quiet"))
    if reading.state is ReadingState.UNAVAILABLE:
        return told.append("?", style("fail"))
    told.append(f"{reading.value:,}", style("head"))
    if reading.change:
        told.append(f" {reading.change:+,}")
    if reading.state is ReadingState.STALE:
        told.append(f" {age(reading.age_s)} old", style("warn"))
    return told
