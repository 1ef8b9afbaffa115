"""What was found, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.find.results import Findings, FoundEnrollment, FoundOther, counts
from shema_cli.output.tables import NARROW, named, new_facts, new_table, text, when
from shema_cli.people.search import MatchedPerson

STATUS_STYLE = {"pending": "yellow", "approved": "green", "rejected": "red"}
KIND_STYLE = {"chat_session": "magenta", "decision": "green", "audit": "cyan", "dead_letter": "red"}
PEOPLE = ("name", "email", "phone", "id")
ENROLLMENTS = ("id", "status", "student", "course", "number")
OTHERS = ("at", "where", "what")
UNBROKEN = ("id", "status", "number", "at", "where")
BESIDE_AN_ID = 64
"""Columns that are needed beside the longest id: with fewer, there is a field on each line."""


def findings(result: Findings, width: int) -> RenderableType:
    if not result.found:
        return Group()  # the notes say of what nothing is known, and who was silent
    return Group(*_sections(result, width), text(counts(result), "dim"))


def _sections(result: Findings, width: int) -> Iterator[RenderableType]:
    if result.people:
        yield _section("People", PEOPLE, [_person(one) for one in result.people], width)
    if result.enrollments:
        yield _section("Enrollments", ENROLLMENTS, [_enrollment(one) for one in result.enrollments], width)
    if result.others:
        yield _section("Others", OTHERS, [_other(one) for one in result.others], width)


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[Text]], width: int) -> RenderableType:
    heading = Text(title, style="bold")
    if width < NARROW or width < _longest(columns, rows) + BESIDE_AN_ID:
        cards = new_facts()
        for row in rows:
            for column, cell in zip(columns, row, strict=True):
                cards.add_row(column, cell)
            cards.add_row("", "")
        return Group(heading, cards)
    table = new_table(*columns)
    for column, drawn in zip(columns, table.columns, strict=True):
        drawn.no_wrap = column in UNBROKEN
    for row in rows:
        table.add_row(*row)
    return Group(heading, table, Text())


def _longest(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> int:
    """Of the ids, which are never broken."""
    return max(row[columns.index("id")].cell_len for row in rows) if "id" in columns else 0


def _person(found: MatchedPerson) -> tuple[Text, ...]:
    style = "bold" if found.match.sure else ""
    return text(found.person.name, style), text(found.person.email), text(found.phone), text(found.person.id)


def _enrollment(found: FoundEnrollment) -> tuple[Text, ...]:
    enrollment = found.enrollment
    return (
        text(enrollment.id, "bold" if found.exact else ""),
        text(enrollment.status, STATUS_STYLE.get(enrollment.status, "")),
        named(found.about.student_name, enrollment.student_id),
        text(found.course),
        text(found.registration),
    )


def _other(found: FoundOther) -> tuple[Text, ...]:
    what = found.kind.replace("_", " ")
    return when(found.at) if found.at else text(None), text(what, KIND_STYLE.get(found.kind, "")), text(found.summary)
