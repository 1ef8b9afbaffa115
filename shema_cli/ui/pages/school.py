"""Enrollments and courses."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from shema_cli.clock import age
from shema_cli.courses.results import CourseFigures, CourseList
from shema_cli.enrollments.results import Capacity, Enrollment, EnrollmentList
from shema_cli.enrollments.status import PENDING
from shema_cli.results import counted
from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Page, Sheet, ids, trace
from shema_cli.ui.pages import plans

STYLES = {"pending": "warn", "approved": "good", "rejected": "quiet"}
COLUMNS = (
    Column("ENROLLMENT", 10),
    Column("STUDENT", 22, grows=True),
    Column("COURSE", 18, grows=True),
    Column("LEVEL", 12, wide=True),
    Column("SEATS", 7, right=True),
    Column("STATUS", 9, spare=True),
    Column("WAITS", 6, right=True),
    Column("DECISION", 30, wide=True),
)


def enrollments(_now: datetime, status: str = PENDING) -> Page:
    """Those of one status, the newest first."""
    return Page(
        name="enrollments",
        title="enrollments",
        words=("enrollments", "list", "--status", status),
        columns=COLUMNS,
        rows=lambda result: [_enrollment(result, one) for one in result.enrollments],
        said=_said,
        opens=enrollment,
        actions=(*ON_ENROLLMENTS, REVIEW),
        every_s=10.0,
    )


REVIEW = Action("o", "one by one", lambda _: ("enrollments", "review"), outside=True, of_all=True)


def enrollment(row: Row) -> Sheet:
    """The one whose id the row has, whole."""
    return Sheet(row.id, ("enrollments", "show", *ids([row])), row, ON_ENROLLMENTS)


ON_ENROLLMENTS = (
    Action("a", "approve", lambda rows: ("enrollments", "approve", *ids(rows)), plan=plans.decisions()),
    Action("r", "reject", lambda rows: ("enrollments", "reject", *ids(rows)), plan=plans.decisions()),
    Action("t", "story", lambda rows: trace(rows[0].id), reads=True, one=True),
)


def _said(listed: EnrollmentList) -> str:
    counts = Counter(one.status for one in listed.enrollments)
    return ", ".join(f"{count:,} {status}" for status, count in counts.items()) or "none"


def _enrollment(listed: EnrollmentList, one: Enrollment) -> Row:
    about, decision = listed.about(one), listed.decisions.get(one.id)
    waited_s = one.age_s(listed.now)
    cells = (
        Cell(one.id),
        Cell(about.student_name or one.student_id, "" if about.student_name else "quiet"),
        Cell(about.course_title or one.course_id, "" if about.course_title else "quiet"),
        Cell(one.level or "-"),
        _seats(listed.seats.get(one.course_id)),
        Cell(one.status, STYLES.get(one.status, "")),
        Cell(age(waited_s) or "-", rank=-1.0 if waited_s is None else waited_s),
        Cell(decision.told() if decision else ""),
    )
    known = (one.student_id, one.course_id, about.student.email if about.student else None, one.registration_number)
    return Row(one.id, cells, " ".join(filter(None, known)))


def _seats(capacity: Capacity | None) -> Cell:
    if capacity is None:
        return Cell("?", "quiet", rank=-1.0)
    return Cell(f"{capacity.left}", "fail" if capacity.left == 0 else "", rank=float(capacity.left))


def courses(_now: datetime) -> Page:
    """All courses, with their seats and how many wait."""
    return Page(
        name="courses",
        title="courses",
        words=("courses", "list"),
        columns=(
            Column("COURSE", 8),
            Column("TITLE", 24, grows=True),
            Column("LEVEL", 14, spare=True),
            Column("TAKEN", 7, right=True),
            Column("SEATS", 7, right=True),
            Column("PENDING", 8, right=True),
        ),
        rows=_courses,
        said=lambda result: counted(len(result.courses), "course"),
        opens=_course,
        every_s=30.0,
    )


def _course(row: Row) -> Words:
    return ("courses", "show", *ids([row]))


def _courses(listed: CourseList) -> list[Row]:
    return [_of_course(one) for one in listed.courses]


def _of_course(one: CourseFigures) -> Row:
    seats, waiting = one.capacity, one.pending
    full = seats is not None and seats.left == 0
    cells = (
        Cell(one.course.id),
        Cell(one.course.title or "-"),
        Cell(one.course.level or "-"),
        Cell(f"{seats.current}" if seats else "?", rank=float(seats.current) if seats else -1.0),
        Cell(f"{seats.maximum}" if seats else "?", "fail" if full else "", float(seats.maximum) if seats else -1.0),
        Cell("?" if waiting is None else f"{waiting}", rank=-1.0 if waiting is None else float(waiting)),
    )
    return Row(one.course.id, cells)
