"""What comes of acknowledging a family of dead letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shema_cli.clock import iso
from shema_cli.dlq.families.acknowledged import Acknowledgement
from shema_cli.results import Result, Table, counted


class AckOutcome(StrEnum):
    """What became of it. `already`: the family was known, and nothing new was said of it."""

    PLANNED = "planned"
    ACKNOWLEDGED = "acknowledged"
    RENEWED = "renewed"
    ALREADY = "already"
    UNACKNOWLEDGED = "unacknowledged"


@dataclass(frozen=True)
class FamilyAck(Result):
    """One family that was acknowledged, or with `removal` is so no longer; `family.count`: its entries."""

    family: Acknowledgement
    outcome: AckOutcome
    removal: bool = False

    def document(self) -> dict[str, object]:
        """`{"fingerprint", "outcome", "entries", "example", "by", "at", "note", "until"}`."""
        family = self.family
        return {
            "fingerprint": family.fingerprint,
            "outcome": self.outcome.value,
            "entries": family.count,
            "example": family.example,
            "by": family.by,
            "at": iso(family.at),
            "note": family.note,
            "until": iso(family.until) if family.until else None,
        }

    def table(self) -> Table:
        return Table(("field", "value"), list(self.document().items()))

    def notes(self) -> Iterable[str]:
        if self.outcome is AckOutcome.PLANNED:
            what = "would be acknowledged no longer" if self.removal else "would be acknowledged"
            yield f"dry run: {what}; nothing was changed"
        elif self.outcome is AckOutcome.ALREADY:
            yield f"{self.family.by} has acknowledged it already; --note and --until change that"
        elif self.outcome is not AckOutcome.UNACKNOWLEDGED:
            yield f"{counted(self.family.count, 'dead letter')} left out of status and check"
