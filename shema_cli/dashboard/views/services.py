"""A line for each service: how it is, how long it took, and what went wrong."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shema_cli.dashboard.models import Answer, Live, Problem, Reading, Snapshot, State
from shema_cli.dashboard.views.layout import IDLE, MARGIN, MEDIUM, WIDE
from shema_cli.durations import age
from shema_cli.output.sanitize import safe_line

_WITH_CIRCUIT = 68
_COLUMNS = (12, 11, 7, 9, 17)  # name, state, how long it took, age, circuit
_COLOUR = {State.LIVE: "green", State.STALE: "yellow", State.UNAVAILABLE: "red"}
_MARK = {State.LIVE: "●", State.STALE: "◐", State.UNAVAILABLE: "○"}


def services(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    """A line for each service; what went wrong beside it or, where it would be squeezed, under it."""
    watching = live is not IDLE
    beside = width >= WIDE - MARGIN
    room_beside = beside or (watching and width >= MEDIUM - MARGIN)
    parts: list[RenderableType] = []
    for reading in snapshot.readings:
        problem = reading.answer.problem
        cells = _service_cells(reading)[: 5 if width >= _WITH_CIRCUIT else 4 if width >= MEDIUM - MARGIN else 3]
        line = Table.grid(padding=(0, 2), expand=True)
        for cell in _COLUMNS[: len(cells)]:
            line.add_column(width=cell, no_wrap=True)
        line.add_column(ratio=1, no_wrap=watching, overflow="ellipsis" if watching else "fold")
        line.add_row(*cells, Text(_told_beside(problem, beside=beside) if room_beside and problem else "", style="dim"))
        parts.append(line)
        if problem and not beside and not watching:
            parts.append(Padding(Text(safe_line(problem.message), style="dim", overflow="fold"), (0, 0, 0, 2)))
    return Group(*parts)


def _told_beside(problem: Problem, *, beside: bool) -> str:
    return safe_line(problem.message if beside else problem.code.replace("_", " "))


def _service_cells(reading: Reading) -> list[Text]:
    colour = _COLOUR[reading.state]
    circuit = reading.answer.circuit
    return [
        Text.assemble((_MARK[reading.state], colour), f" {reading.source.service}"),
        Text(reading.state.value, style=colour),
        Text(_took(reading.answer), style="dim"),
        Text(_as_of(reading), style="dim"),
        Text(f"circuit {circuit.replace('_', '-')}", style="dim" if circuit == "closed" else "yellow"),
    ]


def _as_of(reading: Reading) -> str:
    if reading.age_s is None:
        return "-"
    return "just now" if reading.age_s < 1 else f"{age(reading.age_s)} ago"


def _took(answer: Answer) -> str:
    if answer.request_id is None:
        return "-"  # nothing was sent
    return f"{answer.duration_ms:.0f} ms" if answer.duration_ms < 1000 else f"{answer.duration_ms / 1000:.1f} s"
