"""Enrollments and decisions on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.clock import age, with_local_instants
from shema_cli.enrollments.preflight import ForeseenDecision, Preflight
from shema_cli.enrollments.results import (
    ADDED,
    PENDING,
    Capacity,
    Decided,
    Decision,
    DecisionItem,
    DecisionOutcome,
    Enrollment,
    EnrollmentDetails,
    EnrollmentList,
)
from shema_cli.output.tables import NARROW, fit, longest, named, new_facts, new_table, text
from shema_cli.people.results import Named, Person
from shema_cli.results import counted

WIDE = 110
MANY = 20
"""More enrollments than these are shown course by course."""
AGE = 4
WORDS = 12
"""Columns that words need, at least, in which they are broken between words."""
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
    table = new_table("id", "student", "course", "status", "age", "decided" if width >= WIDE else "decided by")
    table.columns[4].justify = "right"
    for enrollment in result.enrollments:
        table.add_row(*_row(result, enrollment), _decided(result.decisions.get(enrollment.id), brief=width < WIDE))
    ids, students, courses = zip(*((e.id, e.student_id, e.course_id) for e in result.enrollments), strict=True)
    status = longest(enrollment.status for enrollment in result.enrollments)
    least = (longest(ids), longest(students), longest(courses), status, AGE, WORDS if result.decisions else 0)
    if width >= NARROW and fit(table, width, least):
        return table
    return Group(*(_card(result, enrollment) for enrollment in result.enrollments))


def details(result: EnrollmentDetails, width: int) -> RenderableType:
    card = new_facts(wrap_names=width < NARROW)
    for name, value in result.enrollment.document.items():
        if name not in ADDED:
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
    if isinstance(result, Preflight):
        return preflight(result, width)
    names = [result.about(item) for item in result.items]
    people, courses = any(one.student_name for one in names), any(one.course_title for one in names)
    table = new_table("enrollment", *["student"] * people, *["course"] * courses, "outcome", "")
    for item, about in zip(result.items, names, strict=True):
        who = [text(about.student_name)] * people + [text(about.course_title)] * courses
        table.add_row(text(item.enrollment_id), *who, _outcome(item), _message(item))
    outcomes = longest(item.outcome.value for item in result.items)
    ids = longest(item.enrollment_id for item in result.items)
    if width >= NARROW and fit(table, width, (ids, *[WORDS] * people, *[WORDS] * courses, outcomes, WORDS)):
        return table
    return Group(*(_stacked(item, about) for item, about in zip(result.items, names, strict=True)))


def preflight(result: Preflight, width: int) -> RenderableType:
    """Whom it is about, and what should be noticed; by course when there are many; what is left as it is comes last."""
    planned, left = [row for row in result.rows if row.planned], [row for row in result.rows if not row.planned]
    parts: list[RenderableType] = []
    if len(planned) > MANY:
        for course, rows in _by_course(planned).items():
            parts += [_course_heading(course, rows), _foreseen(rows, width, courses=False), Text("")]
    elif planned:
        parts.append(_foreseen(planned, width, courses=True))
    if left:
        parts += [Text(f"\n✗ {counted(len(left), 'enrollment')} left as {'it is' if len(left) == 1 else 'they are'}:")]
        parts.append(_left_alone(left, width))
    if result.more:
        parts.append(Text(f"and {result.more:,} more (--dry-run lists them all)", style="dim"))
    return Group(*parts)


def _by_course(rows: Iterable[ForeseenDecision]) -> dict[str, list[ForeseenDecision]]:
    courses: dict[str, list[ForeseenDecision]] = {}
    for row in rows:
        courses.setdefault(row.course_id or "", []).append(row)
    return courses


def _course_heading(course_id: str, rows: list[ForeseenDecision]) -> Text:
    course = named(rows[0].about.course_title, course_id, "bold") if course_id else text("(course not looked up)")
    taken = [row.seats for row in rows if row.seats]
    seats = f"  seats {taken[0][0]} → {taken[-1][1]}" if taken else ""
    return Text.assemble(course, f"  {counted(len(rows), 'enrollment')}{seats}")


def _foreseen(rows: list[ForeseenDecision], width: int, *, courses: bool) -> RenderableType:
    seats, noticed = any(row.seats for row in rows), any(row.remarks for row in rows)
    heads = ("student", "enrollment", *["course"] * courses, *["seats"] * seats, "age", *["notice"] * noticed)
    table = new_table(*heads)
    for row in rows:
        table.add_row(
            _student(row),
            text(row.item.enrollment_id),
            *[_course(row)] * courses,
            *[text(row.seats_said)] * seats,
            text(age(row.age_s)),
            *[text("; ".join(row.remarks), "yellow") if row.remarks else Text("")] * noticed,
        )
    seats_said = longest(row.seats_said or "" for row in rows)
    least = (
        longest(row.student_id for row in rows),
        longest(row.item.enrollment_id for row in rows),
        *[longest(row.course_id for row in rows)] * courses,
        *[seats_said] * seats,
        AGE,
        *[WORDS] * noticed,
    )
    if width >= NARROW and fit(table, width, least):
        return table
    return Group(*(_foreseen_card(row) for row in rows))


def _foreseen_card(row: ForeseenDecision) -> Text:
    facts = [_course(row), text(f"seats {row.seats_said}") if row.seats else None, text(age(row.age_s))]
    lines = [_student(row), Text("  ").join([text(row.item.enrollment_id), *(fact for fact in facts if fact)])]
    lines += [text(f"! {remark}", "yellow") for remark in row.remarks]
    return Text.assemble(Text("\n  ").join(lines), "\n")


def _left_alone(rows: list[ForeseenDecision], width: int) -> RenderableType:
    table = new_table("student", "enrollment", "outcome", "")
    for row in rows:
        table.add_row(_student(row), text(row.item.enrollment_id), _outcome(row.item), _message(row.item))
    ids = longest(row.item.enrollment_id for row in rows)
    outcomes = longest(row.item.outcome.value for row in rows)
    if width >= NARROW and fit(table, width, (longest(row.student_id for row in rows), ids, outcomes, WORDS)):
        return table
    return Group(*(_stacked(row.item, row.about) for row in rows))


def _student(row: ForeseenDecision) -> Text:
    return named(row.about.student_name, row.student_id) if row.student_id else text(None)


def _course(row: ForeseenDecision) -> Text:
    return named(row.about.course_title, row.course_id) if row.course_id else text(None)


def _row(result: EnrollmentList, enrollment: Enrollment) -> tuple[Text, ...]:
    return (
        text(enrollment.id),
        named(result.about(enrollment).student_name, enrollment.student_id),
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
    course = named(result.about(enrollment).course_title, enrollment.course_id)
    seats = result.seats.get(enrollment.course_id)
    return Text.assemble(course, "  ", _seats(seats)) if seats and enrollment.status == PENDING else course


def _value(result: EnrollmentDetails, name: str, value: object) -> Text:
    about = result.named
    if name == "status":
        return text(value, STATUS_STYLE.get(str(value), ""))
    if name == "student_id" and about.student:
        return Text("  ").join([text(value), *_named_whole(about.student)])
    if name == "course_id":
        course = [text(one) for one in (about.course_title, about.course and about.course.level) if one]
        seats = [_seats(result.seats)] if result.seats else []
        return Text("  ").join([text(value), *course, *seats])
    return text(value)


def _named_whole(person: Person) -> list[Text]:
    """Also the address, by which two of one name are told apart."""
    email = person.email if person.email != person.called else None
    return [text(person.called, "bold"), *([text(email, "dim")] if email else [])]


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


def _stacked(item: DecisionItem, about: Named) -> Text:
    who = [text(one) for one in about.cells() if one]
    first = Text("  ").join([text(item.enrollment_id, "bold"), *who, _outcome(item)])
    return Text.assemble(first, "\n  ", _message(item), "\n")
