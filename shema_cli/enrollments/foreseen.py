"""What a run would do, row by row: the result of a dry run, and what is shown before the question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shema_cli.enrollments.results import Decided, DecisionItem, DecisionKind, DecisionOutcome
from shema_cli.frozen import dataclass
from shema_cli.people.results import Named
from shema_cli.results import Table

SHOWN = 40
"""Rows before a question."""


@dataclass(frozen=True)
class ForeseenDecision:
    """One enrollment: whom it is about, what becomes of it, and what should be noticed.

    `reason`: of a rejection. `seats`: how many are left before and after; None where it takes none, or nobody counts
    them.
    """

    kind: DecisionKind
    item: DecisionItem
    student_id: str | None
    course_id: str | None
    about: Named
    seats: tuple[int, int] | None
    age_s: float | None
    remarks: tuple[str, ...]
    reason: str = ""

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

    def in_short(self) -> Preflight:
        return replace(self, rows=self.rows[:SHOWN], more=max(0, len(self.rows) - SHOWN))

    def table(self) -> Table:
        whole = super().table()
        noticed = [(row.seats_said, "; ".join(row.remarks) or None) for row in self.rows]
        rows = [(*cells, *more) for cells, more in zip(whole.rows, noticed, strict=False)]
        return Table((*whole.columns, "seats", "remarks"), rows)

    def notes(self) -> Iterable[str]:
        yield from super().notes()
        if self.foretold:
            yield from self.foretold.split("\n")
