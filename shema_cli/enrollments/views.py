"""Enrollments and decisions on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.clock import age, with_local_instants
from shema_cli.enrollments.results import (
    Capacity,
    Decided,
    Decision,
    DecisionItem,
    DecisionOutcome,
    Enrollment,
    EnrollmentDetails,
    EnrollmentList,
)
from shema_cli.output.tables import NARROW, new_facts, new_table, text

WIDE = 110
BESIDE_AN_ID = 36
"""Columns that are needed beside the longest id, which is never broken: with fewer, other columns vanish."""
STATUS_STYLE = {"pending": "yellow", "approved": "green", "rejected": "red"}
OUTCOME_STYLE = {
    DecisionOutcome.APPROVED: "green",
    DecisionOutcome.REJECTED: "green",
    DecisionOutcome.PLANNED: "cyan",
    DecisionOutcome.ALREADY: "dim",
    DecisionOutcome.FAILED: "red",
    DecisionOutcome.NOT_FOUND: "red",
}


def listing(result: EnrollmentList, width: int) -> RenderableType:
    if not result.enrollments:
        return Text("No enrollments.")
    if _narrow(width, (enrollment.id for enrollment in result.enrollments)):
        return Group(*(_card(result, enrollment) for enrollment in result.enrollments))
    table = new_table("id", "student", "course", "status", "age")
    for column in (0, 3, 4):
        table.columns[column].no_wrap = True
    table.columns[4].justify = "right"
    table.add_column("decided" if width >= WIDE else "decided by", overflow="fold")
    for enrollment in result.enrollments:
        table.add_row(*_row(result, enrollment), _decided(result.decisions.get(enrollment.id), brief=width < WIDE))
    return table


def details(result: EnrollmentDetails, width: int) -> RenderableType:
    card = new_facts(wrap_names=width < NARROW)
    for name, value in result.enrollment.document.items():
        if name != "decision":
            card.add_row(text(name.replace("_", " ")), _value(result, name, value))
    if decision := result.decision:
        card.add_row("", "")
        card.add_row("decision", text(with_local_instants(decision.told()), STATUS_STYLE.get(decision.decision, "")))
        card.add_row("event", text(decision.event_id))
        card.add_row("reason", text(decision.reason))
    return card


def decided(result: Decided, width: int) -> RenderableType:
    if not result.items:
        return Text("Nothing was selected.")
    if _narrow(width, (item.enrollment_id for item in result.items)):
        return Group(*(_stacked(item) for item in result.items))
    table = new_table("enrollment", "outcome", "")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for item in result.items:
        table.add_row(text(item.enrollment_id), _outcome(item), _message(item))
    return table


def _narrow(width: int, ids: Iterable[str]) -> bool:
    """Whether there is no room for a table: one field a line then, so that nothing is left out."""
    return width < NARROW or width < max(text(id).cell_len for id in ids) + BESIDE_AN_ID


def _row(result: EnrollmentList, enrollment: Enrollment) -> tuple[Text, ...]:
    return (
        text(enrollment.id),
        text(enrollment.student_id),
        _course_of(result, enrollment),
        text(enrollment.status, STATUS_STYLE.get(enrollment.status, "")),
        text(age(enrollment.age_s(result.now))),
    )


def _card(result: EnrollmentList, enrollment: Enrollment) -> Table:
    card = new_facts()
    names = ("id", "student", "course", "status", "age")
    for name, value in zip(names, _row(result, enrollment), strict=True):
        card.add_row(name, value)
    if decision := result.decisions.get(enrollment.id):
        card.add_row("decided", _decided(decision, brief=False))
    card.add_row("", "")
    return card


def _course_of(result: EnrollmentList, enrollment: Enrollment) -> Text:
    title = result.titles.get(enrollment.course_id)
    named = Text.assemble(text(title), " ", text(enrollment.course_id, "dim")) if title else text(enrollment.course_id)
    seats = result.seats.get(enrollment.course_id)
    return Text.assemble(named, "  ", _seats(seats)) if seats and enrollment.status == "pending" else named


def _value(result: EnrollmentDetails, name: str, value: object) -> Text:
    if name == "status":
        return text(value, STATUS_STYLE.get(str(value), ""))
    if name != "course_id" or not (result.title or result.seats):
        return text(value)
    title = [text(result.title)] if result.title else []
    seats = [_seats(result.seats)] if result.seats else []
    return Text("  ").join([text(value), *title, *seats])


def _seats(seats: Capacity) -> Text:
    if seats.left == 0:
        return Text(f"full ({seats.current}/{seats.maximum})", style="red")
    return Text(f"{seats.current}/{seats.maximum}", style="dim")


def _decided(decision: Decision | None, *, brief: bool) -> Text:
    if decision is None:
        return text(None)
    return text(f"{decision.decision} by {decision.who}" if brief else with_local_instants(decision.told()))


def _outcome(item: DecisionItem) -> Text:
    return text(item.outcome.value, OUTCOME_STYLE.get(item.outcome, "yellow"))


def _message(item: DecisionItem) -> Text:
    return text(with_local_instants(item.message))


def _stacked(item: DecisionItem) -> Text:
    return Text.assemble(text(item.enrollment_id, "bold"), "  ", _outcome(item), "\n  ", _message(item), "\n")
