"""Enrollments and decisions on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.durations import age
from shema_cli.enrollments.models import Capacity, Decision, Enrollment, Outcome
from shema_cli.enrollments.results import Decided, Item, Listing, Shown
from shema_cli.ui.tables import NARROW, draw_table, new_table, text

WIDE = 110
STATUS_STYLE = {"pending": "yellow", "approved": "green", "rejected": "red"}
OUTCOME_STYLE = {
    Outcome.APPROVED: "green",
    Outcome.REJECTED: "green",
    Outcome.PLANNED: "cyan",
    Outcome.ALREADY: "dim",
    Outcome.FAILED: "red",
    Outcome.NOT_FOUND: "red",
}


def listing(result: Listing, width: int) -> RenderableType:
    if not result.enrollments:
        return Text("No enrollments.")
    if width < NARROW:
        return Group(*(_card(result, enrollment) for enrollment in result.enrollments))
    table = new_table("id", "student", "course", "status", "age")
    for column in (0, 3, 4):
        table.columns[column].no_wrap = True
    table.columns[4].justify = "right"
    table.add_column("decided" if width >= WIDE else "decided by", overflow="fold")
    for enrollment in result.enrollments:
        table.add_row(*_row(result, enrollment), _decided(result.decisions.get(enrollment.id), brief=width < WIDE))
    return table


def details(result: Shown, width: int) -> RenderableType:
    table = draw_table(result.table(), width)
    table.show_header = False
    if result.title or result.seats:
        table.add_row(text("course"), _course(result.title, result.seats))
    return table


def decided(result: Decided, width: int) -> RenderableType:
    if not result.items:
        return Text("Nothing was selected.")
    if width < NARROW:
        return Group(*(_stacked(item) for item in result.items))
    table = new_table("enrollment", "outcome", "")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for item in result.items:
        table.add_row(text(item.enrollment_id), _outcome(item), text(item.message))
    return table


def _row(result: Listing, enrollment: Enrollment) -> tuple[Text, ...]:
    return (
        text(enrollment.id),
        text(enrollment.student_id),
        _course_of(result, enrollment),
        text(enrollment.status, STATUS_STYLE.get(enrollment.status, "")),
        text(age(enrollment.age_s(result.now))),
    )


def _card(result: Listing, enrollment: Enrollment) -> Table:
    card = Table(box=None, show_header=False, pad_edge=False)
    card.add_column(style="bold", no_wrap=True)
    card.add_column(overflow="fold")
    names = ("id", "student", "course", "status", "age")
    for name, value in zip(names, _row(result, enrollment), strict=True):
        card.add_row(name, value)
    if decision := result.decisions.get(enrollment.id):
        card.add_row("decided", _decided(decision, brief=False))
    card.add_row("", "")
    return card


def _course_of(result: Listing, enrollment: Enrollment) -> Text:
    title = result.titles.get(enrollment.course_id)
    named = Text.assemble(text(title), " ", text(enrollment.course_id, "dim")) if title else text(enrollment.course_id)
    seats = result.seats.get(enrollment.course_id)
    return Text.assemble(named, "  ", _seats(seats)) if seats and enrollment.status == "pending" else named


def _course(title: str | None, seats: Capacity | None) -> Text:
    parts = [text(title)] if title else []
    return Text("  ").join([*parts, _seats(seats)] if seats else parts)


def _seats(seats: Capacity) -> Text:
    if seats.left == 0:
        return Text(f"full ({seats.current}/{seats.maximum})", style="red")
    return Text(f"{seats.current}/{seats.maximum}", style="dim")


def _decided(decision: Decision | None, *, brief: bool) -> Text:
    if decision is None:
        return text(None)
    return text(f"{decision.decision} by {decision.who}" if brief else decision.told())


def _outcome(item: Item) -> Text:
    return text(item.outcome.value, OUTCOME_STYLE.get(item.outcome, "yellow"))


def _stacked(item: Item) -> Text:
    return Text.assemble(text(item.enrollment_id, "bold"), "  ", _outcome(item), "\n  ", text(item.message), "\n")
