"""What is known of one id, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shema_cli.clock import parse_iso
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

    def document(self) -> dict[str, object]:
        return {"id": self.id, "linked": list(self.linked), "steps": [step.document() for step in self.steps]}

    def table(self) -> Table:
        return Table(COLUMNS, [step.row() for step in self.steps])

    def notes(self) -> Iterable[str]:
        if self.linked:
            yield f"found through {', '.join(' '.join(one.split()) for one in self.linked)}"


def in_order(steps: Iterable[TraceStep]) -> tuple[TraceStep, ...]:
    """By time, the decision before its audit entry; what has no time comes last."""

    def moment(step: TraceStep) -> tuple[float, int]:
        at = parse_iso(step.at)
        return at.timestamp() if at else float("inf"), list(FoundIn).index(step.kind)

    return tuple(sorted(steps, key=moment))
