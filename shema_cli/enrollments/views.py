"""Enrollments and decisions on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.clock import age, with_local_instants
from shema_cli.enrollments.choices import Choice, Review, Stage
from shema_cli.enrollments.foreseen import ForeseenDecision, Preflight
from shema_cli.enrollments.remarks import differing_levels, has_waited_long
from shema_cli.enrollments.results import (
    ADDED,
    Capacity,
    Decided,
    Decision,
    DecisionItem,
    DecisionKind,
    DecisionOutcome,
    Enrollment,
    EnrollmentDetails,
    EnrollmentList,
)
from shema_cli.enrollments.status import PENDING
from shema_cli.output.rows import drawn
from shema_cli.output.sanitize import safe_line
from shema_cli.output.tables import LONGEST_NAME, NARROW, fit, longest, named, new_facts, new_table, shortened, text
from shema_cli.people.results import Named, Person
from shema_cli.results import counted

if TYPE_CHECKING:
    from shema_cli.enrollments.review import ReviewScreen

WIDE = 110
MOST_OTHERS = 5
MOST_OF_A_FACT = 60
"""Characters of one thing that is told on a page of a review."""
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
    brief, some = width < WIDE, bool(result.decisions)
    table = new_table("id", "student", "course", "status", "age", *["decided by" if brief else "decided"] * some)
    table.columns[4].justify = "right"
    for enrollment in result.enrollments:
        decision = [_decided(result.decisions.get(enrollment.id), brief=brief)] * some
        table.add_row(*_row(result, enrollment), *decision)
    ids, students, courses = zip(*((e.id, e.student_id, e.course_id) for e in result.enrollments), strict=True)
    status = longest(enrollment.status for enrollment in result.enrollments)
    least = (longest(ids), longest(students), longest(courses), status, AGE, *[WORDS] * some)
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
        if not decision.reason or decision.reason != result.enrollment.document.get("reason"):
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
        who = [_called(about.student_name)] * people + [_called(about.course_title)] * courses
        table.add_row(text(item.enrollment_id), *who, _outcome(item), _message(item, about))
    outcomes = longest(item.outcome.value for item in result.items)
    ids = longest(item.enrollment_id for item in result.items)
    if width >= NARROW and fit(table, width, (ids, *[WORDS] * people, *[WORDS] * courses, outcomes, WORDS)):
        return table
    return Group(*(_stacked(item, about) for item, about in zip(result.items, names, strict=True)))


def review(screen: ReviewScreen, width: int) -> RenderableType:
    """One frame: where we are, what the keys do, and an applicant or the summary, what matters most first."""
    reviewed = screen.review
    choices = [one for one in reviewed.choices if one.kept]
    counts = Counter(one.kind.verb for one in choices)
    where = "summary" if reviewed.stage is Stage.SUMMARY else _where(reviewed)
    chosen = "".join(f" · {count} {verb}" for verb, count in counts.items())
    head = Text.assemble((f"Review {where}", "bold"), chosen, (f"  {screen.target[0]}", "dim"), no_wrap=True)
    parts: list[RenderableType] = [head, _keys(screen), Text("")]
    if screen.problem:
        parts.append(text(f"! {screen.problem}", "yellow"))
    if reviewed.stage is Stage.SUMMARY:
        parts.append(_summary(screen))
    elif reviewed.current is None:
        parts.append(Text(_awaited(reviewed)))
    else:
        parts.append(_applicant(screen, reviewed.current))
    return Group(*parts)


def _where(reviewed: Review) -> str:
    number, known = min(reviewed.at + 1, len(reviewed.applicants)), f"{len(reviewed.applicants):,}"
    order = ", oldest first" if len(reviewed.applicants) > 1 else ""
    return f"{number:,} of {known}{order}" if reviewed.complete else f"{number:,} of {known}+, oldest of these first"


def _awaited(reviewed: Review) -> str:
    if reviewed.begun and reviewed.applicants:
        return "The next page is still being read …"
    return f"Reading the list … {len(reviewed.applicants):,}" if reviewed.applicants else "Reading the list …"


def _keys(screen: ReviewScreen) -> Text:
    if screen.review.stage is Stage.REASON:
        last = f" (Enter: {screen.review.last_reason})" if screen.review.last_reason and not screen.review.typed else ""
        return Text.assemble(
            ("Reason, Esc goes back", "bold"), (safe_line(last), "dim"), ": ", safe_line(screen.review.typed), "▏"
        )
    if screen.review.stage is Stage.SUMMARY:
        return Text("Enter goes on to the question  x out or in  ↑↓ move  b back  q leave", style="cyan")
    return Text("a approve  r reject  s skip  b back  q summary", style="cyan")


def _applicant(screen: ReviewScreen, enrollment: Enrollment) -> RenderableType:
    about = screen.names.of(enrollment.student_id, enrollment.course_id)
    student = about.student
    email = student.email if student and student.email != student.called else None
    person = [*([_in_short(student.called, "bold")] if student else []), *([_in_short(email, "dim")] if email else [])]
    card = new_facts()
    card.add_row("student", Text("  ").join([*person, _in_short(enrollment.student_id, "dim")]))
    numbers = [_in_short(enrollment.id), _in_short(enrollment.registration_number, "dim")]
    card.add_row("enrollment", Text("  ").join(numbers))
    seats = screen.facts.seats
    given = screen.review.promised_in(enrollment.course_id)
    here = Text(f"  {given} given in this review" if given else "", style="dim")
    asked = Text("seats …" if not screen.facts.answered else "seats not known", style="dim")
    card.add_row(
        "course",
        Text.assemble(named(about.course_title, enrollment.course_id), "  ", _seats(seats) if seats else asked, here),
    )
    card.add_row("level", _levels(enrollment, about))
    long = has_waited_long(enrollment, screen.now)
    card.add_row("waits for", text(age(enrollment.age_s(screen.now)), "yellow" if long else ""))
    for remark in screen.remarks:
        card.add_row("!", text(remark, "yellow"))
    if (choice := screen.review.chosen_of(enrollment)) is not None:
        card.add_row("chosen", _chosen(choice))
    wishes = [enrollment.document.get(name) for name in ("preferred_days", "time_preferences")]
    card.add_row("wishes", Text("  ").join(_in_short(drawn(one)) for one in wishes if one) or text(None))
    card.add_row("also", _others(screen))
    for problem in screen.problems:
        card.add_row("", _in_short(problem, "dim"))
    return card


def _in_short(said: str | None, style: str = "") -> Text:
    """As much as leaves room on a page for what should be noticed, which nobody may push off it."""
    return text(shortened(said, MOST_OF_A_FACT) if said else None, style)


def _levels(enrollment: Enrollment, about: Named) -> Text:
    """The applicant's beside the course's: yellow where they are two."""
    of_course = about.course.level if about.course else None
    differs = differing_levels(enrollment, about)
    return Text.assemble(
        _in_short(enrollment.level, "yellow" if differs else ""),
        ("   ! course: " if differs else "   course: ", "yellow" if differs else "dim"),
        _in_short(of_course, "yellow" if differs else ""),
    )


def _chosen(choice: Choice) -> Text:
    approved = choice.kind is DecisionKind.APPROVED
    why = _in_short(f": {choice.reason}") if choice.reason else Text()
    out = Text("  (taken out of the summary)" if not choice.kept else "", style="dim")
    return Text.assemble(text(choice.kind.verb, "green" if approved else "red"), why, out)


def _others(screen: ReviewScreen) -> Text:
    others = screen.facts.others
    if others is None:
        return Text("…" if not screen.facts.answered else "not known", style="dim")
    said = [
        Text.assemble(
            named(screen.names.of(None, one.course_id).course_title, one.course_id),
            "  ",
            text(one.status, STATUS_STYLE.get(one.status, "")),
        )
        for one in others[:MOST_OTHERS]
    ]
    more = [Text(f"and {len(others) - MOST_OTHERS} more", style="dim")] if len(others) > MOST_OTHERS else []
    return Text("\n").join([*said, *more]) if others else Text("no other enrollment", style="dim")


def _summary(screen: ReviewScreen) -> RenderableType:
    choices = screen.review.choices
    if not choices:
        return Text("Nothing was chosen.")
    lines = max(1, screen.height - len(_ABOVE_A_SUMMARY) - bool(screen.problem))
    first = max(0, min(screen.review.picked - lines // 2, len(choices) - lines))
    shown = choices[first : first + lines]
    return Group(*(_choice(screen, one, first + at == screen.review.picked) for at, one in enumerate(shown)))


_ABOVE_A_SUMMARY = ("where", "keys", "")


def _choice(screen: ReviewScreen, choice: Choice, picked: bool) -> Text:
    about = screen.names.of(choice.enrollment.student_id, choice.enrollment.course_id)
    what = choice.kind.verb if choice.kept else "taken out"
    style = "dim" if not choice.kept else "green" if choice.kind is DecisionKind.APPROVED else "red"
    line = Text.assemble(
        ("▸ " if picked else "  ", "bold"),
        (f"{what:<9}  ", style),
        named(about.student_name, choice.enrollment.student_id),
        "  ",
        named(about.course_title, choice.enrollment.course_id),
        f"  {safe_line(choice.reason)}" if choice.reason else "",
    )
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def preflight(result: Preflight, width: int) -> RenderableType:
    """Whom it is about, and what should be noticed; by course when there are many; what is left as it is comes last."""
    planned, left = [row for row in result.rows if row.planned], [row for row in result.rows if not row.planned]
    parts: list[RenderableType] = []
    mixed = len({row.kind for row in result.rows}) > 1
    for kind in dict.fromkeys(row.kind for row in planned):
        rows = [row for row in planned if row.kind is kind]
        reasons = {row.reason for row in rows}
        if mixed or reasons != {""}:
            parts += [Text()] * bool(parts)
            parts.append(_planned_heading(kind, reasons))
        parts += _planned(rows, width, reasons=len(reasons) > 1)
    if left:
        parts += [Text(f"\n✗ {counted(len(left), 'enrollment')} left as {'it is' if len(left) == 1 else 'they are'}:")]
        parts.append(_left_alone(left, width))
    if result.more:
        parts.append(Text(f"and {result.more:,} more (--dry-run lists them all)", style="dim"))
    return Group(*parts)


def _planned_heading(kind: DecisionKind, reasons: set[str]) -> Text:
    """`Reject, reason: no teacher`, of reasons that are the same for all."""
    why = text(f", reason: {next(iter(reasons))}") if len(reasons) == 1 and any(reasons) else Text()
    return Text.assemble((kind.verb.capitalize(), "bold"), why)


def _planned(rows: list[ForeseenDecision], width: int, *, reasons: bool) -> Iterable[RenderableType]:
    """`reasons`: each has its own."""
    if len(rows) <= MANY:
        yield _foreseen(rows, width, courses=True, reasons=reasons)
        return
    for course, of_course in _by_course(rows).items():
        table = _foreseen(of_course, width, courses=False, reasons=reasons)
        yield from (_course_heading(course, of_course), table, Text(""))


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


def _foreseen(rows: list[ForeseenDecision], width: int, *, courses: bool, reasons: bool) -> RenderableType:
    seats, noticed = any(row.seats for row in rows), any(row.remarks for row in rows)
    told = ("age", *["reason"] * reasons, *["notice"] * noticed)
    heads = ("student", "enrollment", *["course"] * courses, *["seats"] * seats, *told)
    table = new_table(*heads)
    for row in rows:
        table.add_row(
            _student(row),
            text(row.item.enrollment_id),
            *[_course(row)] * courses,
            *[text(row.seats_said)] * seats,
            text(age(row.age_s)),
            *[text(row.reason)] * reasons,
            *[text("; ".join(row.remarks), "yellow") if row.remarks else Text("")] * noticed,
        )
    seats_said = longest(row.seats_said or "" for row in rows)
    least = (
        max(WORDS, longest(row.student_id for row in rows)),
        longest(row.item.enrollment_id for row in rows),
        *[max(WORDS, longest(row.course_id for row in rows))] * courses,
        *[seats_said] * seats,
        AGE,
        *[WORDS] * reasons,
        *[WORDS] * noticed,
    )
    if width >= NARROW and fit(table, width, least):
        return table
    return Group(*(_foreseen_card(row, reason=reasons) for row in rows))


def _foreseen_card(row: ForeseenDecision, *, reason: bool) -> Text:
    facts = [_course(row), text(f"seats {row.seats_said}") if row.seats else None, text(age(row.age_s))]
    lines = [_student(row), Text("  ").join([text(row.item.enrollment_id), *(fact for fact in facts if fact)])]
    lines += [text(f"reason: {row.reason}")] * reason
    lines += [text(f"! {remark}", "yellow") for remark in row.remarks]
    return Text.assemble(Text("\n  ").join(lines), "\n")


def _left_alone(rows: list[ForeseenDecision], width: int) -> RenderableType:
    table = new_table("student", "enrollment", "outcome", "")
    for row in rows:
        table.add_row(_student(row), text(row.item.enrollment_id), _outcome(row.item), _message(row.item, row.about))
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


def _message(item: DecisionItem, about: Named) -> Text:
    """Without the outcome that it begins with, which stands beside it."""
    return text(with_local_instants(item.said(about).removeprefix(f"{item.outcome.value}; ")))


def _called(name: str | None) -> Text:
    return text(shortened(name, LONGEST_NAME) if name else None)


def _stacked(item: DecisionItem, about: Named) -> Text:
    who = [_called(one) for one in about.cells() if one]
    first = Text("  ").join([text(item.enrollment_id, "bold"), *who, _outcome(item)])
    return Text.assemble(first, "\n  ", _message(item, about), "\n")
