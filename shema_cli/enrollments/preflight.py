"""What plans come to for each enrollment, with what should be noticed of it, and the one question about all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from shema_cli.clock import age
from shema_cli.enrollments.foreseen import ForeseenDecision, Preflight
from shema_cli.enrollments.plan import DecisionPlan, PlannedDecision
from shema_cli.enrollments.remarks import remarks
from shema_cli.enrollments.results import DecisionItem, DecisionKind, DecisionOutcome, Enrollment
from shema_cli.enrollments.seats import SeatLedger
from shema_cli.output.sanitize import bounded
from shema_cli.people.results import Names
from shema_cli.results import counted

LONGEST_REASON = 80
"""Characters of a reason in the question."""
MOST_REASONS = 2


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
        entry.order.reason if isinstance(entry, PlannedDecision) and plan.ask.kind is DecisionKind.REJECTED else "",
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


def question(plans: Sequence[DecisionPlan], now: datetime) -> str:
    """What one confirmation of all asks: how many of what, how old the oldest is, who is left out, and who hears."""
    foreseen = [(plan, _planned(plan)) for plan in plans]
    asked = [(plan, steps) for plan, steps in foreseen if steps] or foreseen[:1]
    count = sum(len(steps) for _, steps in asked)
    left = sum(len(plan.entries) for plan in plans) - count
    parts = [
        _asked(asked),
        *_oldest([step for _, steps in asked for step in steps], now),
        *([f"{left} left as {'it is' if left == 1 else 'they are'}"] if left else []),
        *(_heard([plan for plan, _ in asked]) if count else []),
    ]
    return f"{'; '.join(parts)}."


def _planned(plan: DecisionPlan) -> list[PlannedDecision]:
    return [
        entry
        for entry, item in plan.foreseen()
        if item.outcome is DecisionOutcome.PLANNED and isinstance(entry, PlannedDecision)
    ]


def _asked(asked: Sequence[tuple[DecisionPlan, Sequence[PlannedDecision]]]) -> str:
    """`Approve 3, reject 1 (reason: no teacher)`."""
    alone = len(asked) == 1
    said = [
        f"{plan.ask.kind.verb} {counted(len(steps), 'enrollment') if alone else len(steps)}{_reasons(plan, steps)}"
        for plan, steps in asked
    ]
    together = ", ".join(said)
    return together[:1].upper() + together[1:]


def _reasons(plan: DecisionPlan, steps: Sequence[PlannedDecision]) -> str:
    if plan.ask.kind is not DecisionKind.REJECTED:
        return ""
    reasons = list(dict.fromkeys(step.order.reason for step in steps if step.order.reason))
    if len(reasons) > MOST_REASONS:
        return f" ({len(reasons)} reasons, told above)"
    told = "; ".join(bounded(one, LONGEST_REASON) for one in reasons)
    return f" ({'reasons' if len(reasons) > 1 else 'reason'}: {told})" if told else ""


def _oldest(steps: Sequence[PlannedDecision], now: datetime) -> Iterator[str]:
    """How old the oldest is, and whether the seats go to those who came first."""
    looked_up = [step.enrollment for step in steps if step.enrollment]
    ages = [seconds for enrollment in looked_up if (seconds := enrollment.age_s(now)) is not None]
    if not ages:
        return
    in_turn = all(earlier.applied <= later.applied for earlier, later in pairwise(looked_up))
    first = " and comes first" if in_turn and len(steps) > 1 else ""
    yield f"the oldest is {age(max(ages))} old{first}"
    if not in_turn:
        yield "they go in the order given"


def _heard(plans: Sequence[DecisionPlan]) -> list[str]:
    told = {plan.ask.kind.channel: plan.listening.foretold for plan in plans if plan.listening}
    if len(set(told.values())) <= 1:
        return list(told.values())[:1]
    return [f"{channel}: {heard}" for channel, heard in told.items()]
