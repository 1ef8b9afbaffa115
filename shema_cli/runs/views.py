"""Runs on a terminal: each in three lines, whatever its width."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from shema_cli.clock import TIME_OF_DAY, TO_THE_MINUTE, age, local_time_of_ms
from shema_cli.output.sanitize import safe_line
from shema_cli.output.tables import text
from shema_cli.runs.results import ListedRun, RunList, Stand, StopOutcome, StoppedRun

A_DAY_S = 86_400.0
INDENT = (0, 0, 0, 2)
_STYLES = {Stand.PREPARING: "dim", Stand.RUNNING: "green", Stand.STOPPING: "yellow", Stand.ABANDONED: "red"}

_OUTCOMES = {
    StopOutcome.PLANNED: "dim",
    StopOutcome.STOPPED: "green",
    StopOutcome.STOPPING: "yellow",
    StopOutcome.ABANDONED: "red",
}


def listing(result: RunList, width: int) -> RenderableType:
    return Group(*(line for run in result.runs for line in _lines(run)))


def stopped(result: StoppedRun, width: int) -> RenderableType:
    outcome = (result.outcome.value, _OUTCOMES[result.outcome])
    return Text.assemble(text(result.run.id, "cyan"), "  ", outcome, text(f", {result.run.far}"))


def _lines(run: ListedRun) -> Iterator[RenderableType]:
    stopped = f", told to stop by {run.stopped_by}" if run.stopped_by else ""
    yield Text.assemble(text(run.id, "cyan"), "  ", text(run.name, "bold"), safe_line(stopped))
    standing = Text(run.stand.value, _STYLES[run.stand])
    yield Padding(standing.append_text(text(f"{_since(run)}, {run.far}{_pace(run)}")), INDENT)
    if run.selection:
        yield Padding(text(run.selection, "dim"), INDENT)


def _pace(run: ListedRun) -> str:
    return "" if run.rate is None else f", {run.rate:,.10g} a second"


def _since(run: ListedRun) -> str:
    started = run.state.number("started")
    if started is None or run.age_s is None:
        return ""
    form = TIME_OF_DAY if run.age_s < A_DAY_S else TO_THE_MINUTE
    begun = ", begun" if run.stand is Stand.ABANDONED else " since"
    return f"{begun} {local_time_of_ms(started, form)} ({age(run.age_s)})"
