"""A trace on a terminal: one story, day by day."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.clock import TIME_OF_DAY, TO_THE_SECOND, local_time, parse_iso, with_local_instants
from shema_cli.output.tables import NARROW, named, new_facts, new_table, text
from shema_cli.people.search import MatchedPerson
from shema_cli.trace.results import Candidates, FoundIn, Shown, Trace
from shema_cli.trace.story import Day, Line, days

WITH_IDS = 110
"""Columns from which the event's id stands beside what happened."""
STYLE = {
    FoundIn.USER: "magenta",
    FoundIn.ENROLLMENT: "magenta",
    FoundIn.DECISIONS: "green",
    FoundIn.AUDIT: "cyan",
    FoundIn.DEAD_LETTERS: "red",
}


def trace(result: Trace | Candidates, width: int) -> RenderableType:
    if isinstance(result, Candidates):
        return _candidates(result, width)
    parts: list[RenderableType] = list(_about(result))
    for day in days(result):
        parts += [Text(), text(day.title, "bold"), _day(day, result, width)]
    remarks = [text(with_local_instants(remark), "yellow") for remark in result.remarks()]
    return Group(*parts, *([Text(), *remarks] if remarks else []))


def event(shown: Shown, width: int) -> RenderableType:
    """An event of a stream, as it comes."""
    at = parse_iso(shown.at)
    when = text(local_time(at, TO_THE_SECOND) if at else None, "dim")
    told = text(with_local_instants(shown.told), STYLE.get(shown.source, ""))
    names = [name for name in (shown.named.student_name, shown.named.course_title) if name]
    about = text(f" · {' · '.join(names)}", "dim") if names else Text()
    return Text.assemble(when, "\n  " if width < NARROW else "  ", told, about)


def _about(result: Trace) -> Iterator[Text]:
    """Whom it is about, under their names, each on a line."""
    names = result.names
    subjects = dict.fromkeys(event.about for event in result.events)
    people = {id: names.person(id) for one in subjects if (id := one.student_id)}
    courses = {id: names.course(id) for one in subjects if (id := one.course_id)}
    people |= {result.subject: names.person(result.subject)} if result.subject in names.people else {}
    for id, person in people.items():
        if person and person.called:
            line = named(person.called, id, "bold")
            yield Text.assemble(line, "  ", text(person.email, "dim")) if person.name and person.email else line
    for id, course in courses.items():
        if course and course.title:
            yield named(course.title, id, "bold")
    for one in (event for event in result.events if event.source is FoundIn.ENROLLMENT):
        status = one.summary.rpartition(": ")[2]
        yield Text.assemble(text(one.id, "bold"), "  ", text(status, "dim"))


def _day(day: Day, result: Trace, width: int) -> RenderableType:
    grid = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    with_ids = width >= WITH_IDS
    if with_ids:
        grid.add_column(no_wrap=True, style="dim")
    several = len({event.enrollment_id for event in result.events if event.enrollment_id}) > 1
    for line in day.lines:
        at = text(local_time(line.at, TIME_OF_DAY).partition(" ")[0] if line.at else None)
        told = text(with_local_instants(line.words), STYLE.get(line.first.source, ""))
        if several and (which := _which(line, result)):
            told = Text.assemble(told, text(f" · {which}", "dim"))
        ids = [text(line.first.event_id) if line.first.event_id else Text()] if with_ids else []
        grid.add_row(Text.assemble("  ", at), told, *ids)
    return grid


def _which(line: Line, result: Trace) -> str:
    """Which of several enrollments a line tells of: by the course where that has a name."""
    id = next((event.enrollment_id for event in line.events if event.enrollment_id), "")
    courses = (event.about.course_id for event in result.events if event.enrollment_id == id)
    course = next((course for one in courses if (course := result.names.course(one))), None)
    return f"{course.title} {id}" if id and course and course.title else id


def _candidates(result: Candidates, width: int) -> RenderableType:
    if width < NARROW:
        cards = new_facts()
        for one in result.people:
            for name, value in zip(("name", "email", "id"), _cells(one), strict=True):
                cards.add_row(name, value)
            cards.add_row("", "")
        return cards
    table = new_table("name", "email", "id")
    for one in result.people:
        table.add_row(*_cells(one))
    return table


def _cells(one: MatchedPerson) -> tuple[Text, Text, Text]:
    return text(one.person.name, "bold"), text(one.person.email), text(one.person.id)
