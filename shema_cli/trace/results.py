"""What is known of one id, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shema_cli.clock import parse_iso
from shema_cli.people.results import NAME_COLUMNS, Names
from shema_cli.people.shown import Subject, subject_of
from shema_cli.results import Result, Table

COLUMNS = ("at", "kind", "summary")


class FoundIn(StrEnum):
    """The place that a step was found in."""

    ENROLLMENT = "enrollment"
    DECISION = "decision"
    AUDIT = "audit"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True)
class TraceStep(Result):
    """Something that happened: when (ISO-8601, empty when nobody wrote it down), what, and all that is known of it."""

    at: str
    kind: FoundIn
    summary: str
    details: Mapping[str, object]

    def document(self) -> dict[str, object]:
        """`{"at", "kind", "summary", "details"}`."""
        return {"at": self.at or None, "kind": self.kind.value, "summary": self.summary, "details": dict(self.details)}

    @property
    def subject(self) -> Subject:
        """Whom it is about, wherever in its details that stands."""
        told = self.details
        entry = told.get("entry")
        event = entry.get("event") if isinstance(entry, Mapping) else None
        data = event.get("data") if isinstance(event, Mapping) else None
        enrollment = {"studentId": told.get("student_id"), "courseId": told.get("course_id")}
        found = map(subject_of, (enrollment, told.get("details"), data))
        return next((one for one in found if one != Subject()), Subject())

    def row(self) -> tuple[str | None, ...]:
        return self.at or None, self.kind.value, self.summary

    def table(self) -> Table:
        return Table(COLUMNS, [self.row()])

    def line(self) -> str:
        return "  ".join(value or "-" for value in self.row())


@dataclass(frozen=True)
class Trace(Result):
    """The steps of one id; `linked` are the other ids through which they hang together."""

    is_list = True

    id: str
    linked: tuple[str, ...]
    steps: tuple[TraceStep, ...]
    names: Names = field(default_factory=Names)

    def subjects(self) -> tuple[Subject, ...]:
        """Whom its steps are about, each once."""
        return tuple(dict.fromkeys(step.subject for step in self.steps if step.subject != Subject()))

    def document(self) -> dict[str, object]:
        return {"id": self.id, "linked": list(self.linked), "steps": [step.document() for step in self.steps]}

    def table(self) -> Table:
        rows = [(*step.row(), *self.names.of(*step.subject).cells()) for step in self.steps]
        return Table((*COLUMNS, *NAME_COLUMNS), rows)

    def notes(self) -> Iterable[str]:
        if self.linked:
            yield f"found through {', '.join(' '.join(one.split()) for one in self.linked)}"


def in_order(steps: Iterable[TraceStep]) -> tuple[TraceStep, ...]:
    """By time, the decision before its audit entry; what has no time comes last."""

    def moment(step: TraceStep) -> tuple[float, int]:
        at = parse_iso(step.at)
        return at.timestamp() if at else float("inf"), list(FoundIn).index(step.kind)

    return tuple(sorted(steps, key=moment))
