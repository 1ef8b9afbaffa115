"""Courses on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.courses.results import TEACHERS, CourseDetails, CourseFigures, CourseList
from shema_cli.output.tables import NARROW, named, new_facts, new_table, text

NAMES = ("id", "title", "level", "seats", "pending")
UNKNOWN = "?"


def listing(result: CourseList, width: int) -> RenderableType:
    if not result.courses:
        return Text("No courses.")
    if width < NARROW:
        return Group(*(_card(one) for one in result.courses))
    table = new_table(*NAMES)
    for column in (0, 3, 4):
        table.columns[column].no_wrap = True
    table.columns[3].justify = table.columns[4].justify = "right"
    for one in result.courses:
        table.add_row(*_row(one))
    return table


def details(result: CourseDetails, width: int) -> RenderableType:
    card = new_facts(wrap_names=width < NARROW)
    hidden = ("capacity", "pending", "sources")
    for name, value in result.figures.course.told.items():
        if name not in hidden:
            card.add_row(text(name.replace("_", " ")), _told(result, name, value))
    card.add_row("", "")
    for name, value in zip(NAMES[3:], _row(result.figures)[3:], strict=True):
        card.add_row(name, value)
    return card


def _told(result: CourseDetails, name: str, value: object) -> Text:
    """An id of who teaches it, with the name."""
    person = result.names.person(value) if name in TEACHERS and isinstance(value, str) else None
    return named(person.called, person.id) if person else text(value)


def _card(one: CourseFigures) -> Table:
    card = new_facts()
    for name, value in zip(NAMES, _row(one), strict=True):
        card.add_row(name, value)
    card.add_row("", "")
    return card


def _row(one: CourseFigures) -> tuple[Text, ...]:
    return (
        text(one.course.id),
        text(one.course.title),
        text(one.course.level),
        _seats(one),
        Text(UNKNOWN, style="dim") if one.pending is None else text(one.pending, "yellow" if one.pending else "dim"),
    )


def _seats(one: CourseFigures) -> Text:
    if one.capacity is None:
        return Text(UNKNOWN, style="dim")
    full = one.capacity.left == 0
    return Text(f"{'full ' if full else ''}{one.capacity.current}/{one.capacity.maximum}", style="red" if full else "")
