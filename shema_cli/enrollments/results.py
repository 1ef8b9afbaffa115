"""What the enrollments commands hand back (contract 2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shema_cli.clock import iso
from shema_cli.enrollments.models import PENDING, Capacity, Decision, Enrollment, Kind, Outcome
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result, Table

CHANGED = frozenset({Outcome.APPROVED, Outcome.REJECTED, Outcome.UNCONFIRMED})
DONE = frozenset({Outcome.APPROVED, Outcome.REJECTED, Outcome.PLANNED, Outcome.ALREADY})
NAMED = 5
GUARDED = frozenset({Outcome.CONFLICT, Outcome.COURSE_FULL, Outcome.NOT_PENDING, Outcome.UNHEARD})


@dataclass(frozen=True)
class Item:
    """What became of one enrollment. `unreachable`: it failed because something did not answer."""

    enrollment_id: str
    outcome: Outcome
    message: str
    event_id: str | None = None
    receivers: int | None = None
    unreachable: bool = False

    def document(self) -> dict[str, Any]:
        return {
            "enrollment_id": self.enrollment_id,
            "outcome": self.outcome.value,
            "event_id": self.event_id,
            "receivers": self.receivers,
            "message": self.message,
        }


@dataclass(frozen=True)
class Decided(Result):
    """A run's items in the order asked for."""

    kind: Kind
    items: tuple[Item, ...]
    interrupted: bool = False

    @property
    def summary(self) -> dict[str, int]:
        counted = Counter(item.outcome for item in self.items)
        return {outcome.value: counted[outcome] for outcome in Outcome if counted[outcome]}

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        open_items = [item for item in self.items if item.outcome not in DONE]
        if not open_items:
            return ExitCode.DONE
        if not any(item.outcome in CHANGED for item in self.items) and all(i.outcome in GUARDED for i in open_items):
            return ExitCode.REFUSED
        if all(item.unreachable for item in self.items):
            return ExitCode.UNREACHABLE
        return ExitCode.FAILED

    def document(self) -> Any:
        return {"results": [item.document() for item in self.items], "summary": self.summary}

    def table(self) -> Table:
        columns = ("enrollment_id", "outcome", "event_id", "receivers", "message")
        return Table(columns, [tuple(item.document().values()) for item in self.items])

    def notes(self) -> Iterable[str]:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self.summary.items())
        yield counts or f"nothing to {self.kind.verb}"
        if self.interrupted:
            yield "interrupted: the same command goes on where this one stopped"


@dataclass(frozen=True)
class Listing(Result):
    """Enrollments as their service told them; decisions, titles and seats by id where they were asked for."""

    enrollments: tuple[Enrollment, ...]
    next_cursor: str | None
    now: datetime
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    seats: Mapping[str, Capacity] = field(default_factory=dict)

    def document(self) -> Any:
        return {
            "enrollments": [self._document(enrollment) for enrollment in self.enrollments],
            "next_cursor": self.next_cursor,
        }

    def _document(self, enrollment: Enrollment) -> dict[str, Any]:
        decision = self.decisions.get(enrollment.id)
        return {**enrollment.document, **({"decision": decision.document()} if decision else {})}

    def table(self) -> Table:
        columns = ("id", "student_id", "course_id", "status", "created_at", "decision", "decided_by", "decided_at")
        return Table(columns, [self._row(enrollment) for enrollment in self.enrollments])

    def _row(self, enrollment: Enrollment) -> tuple[Any, ...]:
        decision = self.decisions.get(enrollment.id)
        decided = (decision.decision, decision.who, decision.at) if decision else (None, None, None)
        created = iso(enrollment.created_at) if enrollment.created_at else enrollment.document.get("created_at")
        return enrollment.id, enrollment.student_id, enrollment.course_id, enrollment.status, created, *decided

    def notes(self) -> Iterable[str]:
        if not self.enrollments:
            yield "no enrollments"
        if idle := [e.id for e in self.enrollments if e.status == PENDING and e.id in self.decisions]:
            yield (
                f"decided here, but still pending at the service: {', '.join(idle[:NAMED])}"
                f"{' and others' if len(idle) > NAMED else ''}; --republish publishes a decision again"
            )
        if self.next_cursor:
            yield f"the first {len(self.enrollments)}; a larger --limit shows more"


@dataclass(frozen=True)
class Shown(Result):
    """One enrollment, with its decision when there is one."""

    enrollment: Enrollment
    decision: Decision | None
    title: str | None = None
    seats: Capacity | None = None

    @property
    def without_effect(self) -> bool:
        """Published, yet the service still says pending."""
        return self.decision is not None and self.enrollment.status == PENDING

    def document(self) -> Any:
        decision = {"decision": self.decision.document()} if self.decision else {}
        return {**self.enrollment.document, **decision}

    def table(self) -> Table:
        rows = [(name, value) for name, value in self.enrollment.document.items() if name != "decision"]
        if self.decision:
            rows += [(f"decision.{name}", value or None) for name, value in self.decision.document().items()]
        return Table(("field", "value"), rows)

    def notes(self) -> Iterable[str]:
        if self.decision and self.without_effect:
            verb = "approve" if self.decision.decision == Kind.APPROVED else "reject"
            yield (
                f"{self.decision.told()}, but the enrollment service still says pending: so far without effect. "
                f"Publish it again with: shema enrollments {verb} {self.enrollment.id} --republish"
            )
