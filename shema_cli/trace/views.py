"""A trace on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.output.tables import NARROW, named, new_table, text, when
from shema_cli.trace.results import FoundIn, Trace, TraceStep

STYLE = {FoundIn.ENROLLMENT: "magenta", FoundIn.DECISION: "green", FoundIn.AUDIT: "cyan", FoundIn.DEAD_LETTER: "red"}


def trace(result: Trace, width: int) -> RenderableType:
    about = _about(result)
    if width < NARROW:
        return Group(*about, *(_stacked(step) for step in result.steps))
    table = new_table("at", "where", "what")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for step in result.steps:
        table.add_row(when(step.at), _where(step), text(step.summary))
    return Group(*about, table)


def _about(result: Trace) -> list[Text]:
    """Those of whom a name is known, each on a line."""
    people = {one.student_id: result.names.person(one.student_id) for one in result.subjects()}
    courses = {one.course_id: result.names.course(one.course_id) for one in result.subjects()}
    known = [(id, person.called) for id, person in people.items() if id and person]
    known += [(id, course.title) for id, course in courses.items() if id and course]
    return [named(name, id, "bold") for id, name in known if name]


def step(record: TraceStep, width: int) -> RenderableType:
    return (
        _stacked(record)
        if width < NARROW
        else Text.assemble(when(record.at), "  ", _where(record), "  ", text(record.summary))
    )


def _stacked(step: TraceStep) -> Text:
    return Text.assemble(when(step.at), "  ", _where(step), "\n  ", text(step.summary))


def _where(step: TraceStep) -> Text:
    return text(step.kind.value.replace("_", " "), STYLE[step.kind])
