"""What a run is about to do, as rows for the person who is asked."""

from __future__ import annotations

from datetime import datetime

from shema_cli.durations import age
from shema_cli.enrollments.models import Outcome
from shema_cli.enrollments.plan import Plan, Step
from shema_cli.enrollments.results import Item
from shema_cli.enrollments.seats import Ledger
from shema_cli.results import Table

SHOWN = 40


def preflight(plan: Plan, now: datetime) -> Table:
    """Who, into which course, seats before and after, how old, and what is going to happen or why not."""
    ledger = Ledger(plan.seats)
    foreseen = plan.foreseen()
    rows = [_row(entry, item, ledger, now) for entry, item in foreseen[:SHOWN]]
    if len(foreseen) > SHOWN:
        rows.append((f"and {len(foreseen) - SHOWN} more", "", "", "", "", "(--dry-run lists them all)"))
    return Table(("enrollment", "student", "course", "seats", "age", "what happens"), rows)


def _row(entry: Step | Item, item: Item, ledger: Ledger, now: datetime) -> tuple[str, ...]:
    if isinstance(entry, Item):
        return entry.enrollment_id, "", "", "", "", f"{entry.outcome}: {entry.message}"
    enrollment = entry.enrollment
    seats = ""
    if item.outcome is Outcome.PLANNED and entry.counted:
        before = ledger.left(entry.course_id)
        ledger.give(entry.course_id)
        seats = f"{before} → {ledger.left(entry.course_id)}" if before is not None else ""
    return (
        entry.enrollment_id,
        entry.order.student_id,
        entry.course_id,
        seats,
        age(enrollment.age_s(now)) if enrollment else "",
        _happens(entry, item),
    )


def _happens(step: Step, item: Item) -> str:
    if item.outcome is not Outcome.PLANNED:
        return f"{item.outcome}: {item.message}"
    return "publish again" if step.order.republish else step.order.kind.verb
