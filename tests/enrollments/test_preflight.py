"""What is shown before a question and by a dry run: who, what becomes of it, and what should be noticed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shema_cli.enrollments import views
from shema_cli.enrollments.decide import DecisionOrder
from shema_cli.enrollments.foreseen import SHOWN
from shema_cli.enrollments.plan import DecisionPlan, DecisionRequest, EnrollmentSelection, PlannedDecision
from shema_cli.enrollments.preflight import preflight
from shema_cli.enrollments.remarks import remarks
from shema_cli.enrollments.results import Capacity, DecisionItem, DecisionKind, DecisionOutcome, Enrollment
from shema_cli.people.results import Course, Named, Names, Person
from tests.support.drawing import drawn
from tests.support.world import NOW

A = DecisionKind.APPROVED
SETTLED = DecisionItem("settled", DecisionOutcome.NOT_PENDING, "it is cancelled; nothing was done")


def found(
    number: int = 1,
    student: str = "",
    course: str = "c1",
    days: int = 3,
    status: str = "pending",
    level: Any = "beginner",
) -> Enrollment:
    document = {"id": f"e{number}", "experience_level": level}
    created = NOW - timedelta(days=days)
    return Enrollment(f"e{number}", student or f"s{number}", course, status, created, document, f"req_{number}")


def step(number: int, course: str = "c1", *, counted: bool = True) -> PlannedDecision:
    return PlannedDecision(DecisionOrder(f"e{number}", f"s{number}", A), found(number, course=course), counted)


BUDI = Person("s1", "Budi Santoso", "budi@shema.test")
NAMES = Names({"s1": BUDI}, {"c1": Course("c1", "Piano", "advanced")})


def planned(*entries: PlannedDecision | DecisionItem, left: int = 1, **more: Any) -> DecisionPlan:
    looked_up = {one.enrollment_id: one.enrollment for one in entries if isinstance(one, PlannedDecision)}
    known = {id: one for id, one in looked_up.items() if one}
    asked = DecisionRequest(A, EnrollmentSelection(("e1",)))
    return DecisionPlan(asked, entries, {"c1": Capacity(True, 10 - left, 10)}, found=known, **more)


def test_before_it_asks_it_shows_a_row_for_each() -> None:
    again = PlannedDecision(DecisionOrder("e3", "s3", A, republish=True), found(3, days=1))
    unseen = PlannedDecision(DecisionOrder("e4", "s4", A))
    shown = preflight([planned(step(1), step(2), SETTLED, again, unseen, names=lambda: NAMES)], NOW)
    assert [(row.item.enrollment_id, row.student_id, row.course_id, row.seats) for row in shown.rows] == [
        ("e1", "s1", "c1", (1, 0)),
        ("e2", "s2", "c1", None),
        ("settled", None, None, None),
        ("e3", "s3", "c1", None),
        ("e4", "s4", None, None),
    ]
    assert [row.item.outcome.value for row in shown.rows] == [
        *("planned", "course_full", "not_pending", "planned", "planned")
    ]
    assert shown.rows[0].about.document() == {"student": BUDI.document(), "course": NAMES.courses["c1"].document()}
    assert shown.rows[0].remarks == ("level beginner, course advanced", "the last seat")
    assert shown.rows[3].remarks[0] == "published again"
    assert next(iter(shown.table().rows))[-4:] == ("Budi Santoso", "Piano", "1 → 0", "; ".join(shown.rows[0].remarks))


def test_a_thousand_rows_are_not_shown_but_counted() -> None:
    shown = preflight([planned(*(step(n, counted=False) for n in range(SHOWN + 7)))], NOW)
    assert (len(shown.in_short().rows), shown.in_short().more) == (SHOWN, 7)
    few = preflight([planned(step(1), step(2))], NOW)
    assert few.in_short() == few
    for width in (40, 60, 80, 120):
        assert "and 7 more" in "\n".join(drawn(views.preflight(shown.in_short(), width), width))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_what_is_left_as_it_is_stands_apart(width: int) -> None:
    many = planned(*(step(n, course=f"c{n % 2 + 1}", counted=n % 2 == 0) for n in range(24)), SETTLED, left=20)
    for plan, headings in ((planned(step(1), SETTLED, step(2, counted=False)), 0), (many, 2)):
        lines = drawn(views.preflight(preflight([plan], NOW), width), width)
        apart = next(number for number, line in enumerate(lines) if "1 enrollment left as it is" in line)
        assert not any("settled" in line for line in lines[:apart])
        assert "not_pending" in " ".join(lines[apart:])
        assert sum("12 enrollments" in line for line in lines) == headings
        assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("level", "of_course", "others", "left", "days", "said"),
    [
        ("beginner", "Beginner ", [], None, 1, []),
        ("beginner", None, [], 5, 7, []),
        (None, "advanced", [], None, 1, []),
        ({"odd": 1}, "advanced", [], None, 1, []),
        ("beginner", "advanced", [], None, 1, ["level beginner, course advanced"]),
        ("beginner", None, [], 1, 8, ["the last seat", "has waited for 8d"]),
        ("beginner", None, [], 0, 1, ["no seat is left"]),
        ("beginner", None, [found(2, "s1")], None, 1, ["asked for twice: also e2"]),
        ("beginner", None, [found(2, "s1", status="approved")], None, 1, ["in this course already: e2"]),
        ("beginner", None, [found(2, "s1", status="rejected")], None, 1, ["rejected for it before: e2"]),
        ("beginner", None, [found(2, "s1", status="on hold")], None, 1, ["e2 for it is on hold"]),
        ("beginner", None, [found(1), found(3, "s3"), found(2, "s1", course="c2")], None, 1, []),
    ],
)
def test_what_should_be_noticed(
    level: Any, of_course: str | None, others: list[Enrollment], left: int | None, days: int, said: list[str]
) -> None:
    one = found(1, days=days, level=level)
    about = Named(None, Course("c1", "Piano", of_course))
    assert list(remarks(one, about, others=others, seats_left=left, now=NOW)) == said
