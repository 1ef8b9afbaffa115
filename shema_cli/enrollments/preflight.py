"""What a plan comes to for each enrollment, with what should be noticed of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from shema_cli.enrollments.foreseen import ForeseenDecision, Preflight
from shema_cli.enrollments.plan import DecisionPlan, PlannedDecision
from shema_cli.enrollments.remarks import remarks
from shema_cli.enrollments.results import DecisionItem, DecisionOutcome, Enrollment
from shema_cli.enrollments.seats import SeatLedger
from shema_cli.people.results import Names

SHOWN = 40


def preflight(plans: Sequence[DecisionPlan], now: datetime) -> Preflight:
    """Everything about each enrollment of the plans, in their order."""
    foreseen = [_preflight(plan, now) for plan in plans]
    return Preflight(
        plans[0].ask.kind,
        tuple(item for one in foreseen for item in one.items),
        named={id: about for one in foreseen for id, about in one.named.items()},
        rows=tuple(row for one in foreseen for row in one.rows),
        foretold="\n".join(one.foretold for one in foreseen if one.foretold),
    )


def _preflight(plan: DecisionPlan, now: datetime) -> Preflight:
    ledger, names, foreseen = SeatLedger(plan.seats), plan.names(), plan.foreseen()
    of_student = _by_student(plan.found)
    rows = tuple(_row(plan, entry, item, ledger, names, of_student, now) for entry, item in foreseen)
    heard = plan.listening.foretold if plan.listening and any(row.planned for row in rows) else ""
    named = {row.item.enrollment_id: row.about for row in rows}
    told = f"{plan.ask.kind.channel}: {heard}" if heard else ""
    return Preflight(plan.ask.kind, tuple(row.item for row in rows), named=named, rows=rows, foretold=told)


def _by_student(found: Mapping[str, Enrollment]) -> Mapping[str, list[Enrollment]]:
    by_student: defaultdict[str, list[Enrollment]] = defaultdict(list)
    for enrollment in found.values():
        by_student[enrollment.student_id].append(enrollment)
    return by_student


def _row(
    plan: DecisionPlan,
    entry: PlannedDecision | DecisionItem,
    item: DecisionItem,
    ledger: SeatLedger,
    names: Names,
    of_student: Mapping[str, list[Enrollment]],
    now: datetime,
) -> ForeseenDecision:
    enrollment = plan.found.get(item.enrollment_id)
    if enrollment is None:
        student = entry.order.student_id if isinstance(entry, PlannedDecision) else None
        return ForeseenDecision(plan.ask.kind, item, student, None, names.of(student), None, None, ())
    about = names.of(enrollment.student_id, enrollment.course_id)
    planned = item.outcome is DecisionOutcome.PLANNED
    seats = _take_seat(ledger, enrollment.course_id) if planned and _counted(entry) else None
    noticed = remarks(
        enrollment,
        about,
        others=of_student[enrollment.student_id],
        seats_left=seats[0] if seats else None,
        now=now,
    )
    again = ("published again",) if isinstance(entry, PlannedDecision) and entry.order.republish else ()
    return ForeseenDecision(
        plan.ask.kind,
        item,
        enrollment.student_id,
        enrollment.course_id,
        about,
        seats,
        enrollment.age_s(now),
        (*again, *noticed) if planned else (),
    )


def _counted(entry: PlannedDecision | DecisionItem) -> bool:
    return isinstance(entry, PlannedDecision) and entry.counted


def _take_seat(ledger: SeatLedger, course_id: str) -> tuple[int, int] | None:
    """Seats before and after; None where nobody counts them."""
    before = ledger.left(course_id)
    if before is None:
        return None
    ledger.give(course_id)
    return before, ledger.left(course_id) or 0
