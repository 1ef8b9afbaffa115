"""What a run would do, row by row, as it is shown before the question and by a dry run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shema_cli.enrollments.plan import DecisionPlan, PlannedDecision
from shema_cli.enrollments.remarks import remarks
from shema_cli.enrollments.results import Decided, DecisionItem, DecisionOutcome, Enrollment
from shema_cli.enrollments.seats import SeatLedger
from shema_cli.people.results import Named, Names
from shema_cli.results import Table

SHOWN = 40


@dataclass(frozen=True)
class ForeseenDecision:
    """One enrollment: whom it is about, what becomes of it, and what should be noticed.

    `seats`: how many are left before and after; None where it takes none, or nobody counts them.
    """

    item: DecisionItem
    student_id: str | None
    course_id: str | None
    about: Named
    seats: tuple[int, int] | None
    age_s: float | None
    remarks: tuple[str, ...]

    @property
    def planned(self) -> bool:
        return self.item.outcome is DecisionOutcome.PLANNED

    @property
    def seats_said(self) -> str | None:
        return f"{self.seats[0]} → {self.seats[1]}" if self.seats else None


@dataclass(frozen=True)
class Preflight(Decided):
    """Nothing was done. `more` rows are not shown; `foretold` says who is going to hear."""

    rows: tuple[ForeseenDecision, ...] = ()
    more: int = 0
    foretold: str = ""

    def first(self, most: int) -> Preflight:
        """As much of it as goes before a question."""
        return replace(self, rows=self.rows[:most], more=max(0, len(self.rows) - most))

    def table(self) -> Table:
        whole = super().table()
        noticed = [(row.seats_said, "; ".join(row.remarks) or None) for row in self.rows]
        rows = [(*cells, *more) for cells, more in zip(whole.rows, noticed, strict=False)]
        return Table((*whole.columns, "seats", "remarks"), rows)

    def notes(self) -> Iterable[str]:
        yield from super().notes()
        if self.foretold:
            yield f"{self.kind.channel}: {self.foretold}"


def preflight(plan: DecisionPlan, now: datetime) -> Preflight:
    """Everything about each enrollment of the plan, in its order."""
    ledger, names, foreseen = SeatLedger(plan.seats), plan.names(), plan.foreseen()
    of_student = _by_student(plan.found)
    rows = tuple(_row(plan, entry, item, ledger, names, of_student, now) for entry, item in foreseen)
    heard = plan.listening.foretold if plan.listening and any(row.planned for row in rows) else ""
    named = {row.item.enrollment_id: row.about for row in rows}
    return Preflight(plan.ask.kind, tuple(row.item for row in rows), named=named, rows=rows, foretold=heard)


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
        return ForeseenDecision(item, student, None, names.of(student), None, None, ())
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
