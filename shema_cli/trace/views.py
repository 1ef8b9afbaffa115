"""A trace on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.output.tables import NARROW, new_table, text, when
from shema_cli.trace.models import Step, Trace, Where

STYLE = {Where.DECISION: "green", Where.AUDIT: "cyan", Where.DEAD_LETTER: "red"}


def trace(result: Trace, width: int) -> RenderableType:
    if width < NARROW:
        return Group(*(_stacked(step) for step in result.steps))
    table = new_table("at", "where", "what")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for step in result.steps:
        table.add_row(when(step.at), _where(step), text(step.summary))
    return table


def step(record: Step, width: int) -> RenderableType:
    return (
        _stacked(record)
        if width < NARROW
        else Text.assemble(when(record.at), "  ", _where(record), "  ", text(record.summary))
    )


def _stacked(step: Step) -> Text:
    return Text.assemble(when(step.at), "  ", _where(step), "\n  ", text(step.summary))


def _where(step: Step) -> Text:
    return text(step.kind.value.replace("_", " "), STYLE[step.kind])
