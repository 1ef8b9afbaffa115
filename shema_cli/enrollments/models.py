"""Enrollments, decisions and what became of each (contract 1.2, 1.5, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shema_cli.clock import parse_iso

REQUIRED = ("id", "student_id", "course_id", "status")
PENDING = "pending"


class Status(StrEnum):
    """What the enrollment service tells of an enrollment."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class Kind(StrEnum):
    """A decision. The value is the event's action, the record's `decision` and the service's `status`."""

    APPROVED = "approved"
    REJECTED = "rejected"

    @property
    def channel(self) -> str:
        return f"enrollment.{self.value}"

    @property
    def verb(self) -> str:
        return "approve" if self is Kind.APPROVED else "reject"


class Outcome(StrEnum):
    """What became of one enrollment of a run (contract 2.3)."""

    APPROVED = "approved"
    REJECTED = "rejected"
    PLANNED = "planned"
    ALREADY = "already"
    CONFLICT = "conflict"
    COURSE_FULL = "course_full"
    NOT_PENDING = "not_pending"
    NOT_FOUND = "not_found"
    UNHEARD = "unheard"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"


@dataclass(frozen=True)
class Enrollment:
    """An enrollment as its service told it; `document` is the whole of it, unknown fields included."""

    id: str
    student_id: str
    course_id: str
    status: str
    created_at: datetime | None
    document: Mapping[str, Any]
    request_id: str = ""

    @classmethod
    def parse(cls, document: Any, request_id: str = "") -> Enrollment:
        """Raises ValueError, saying what is wrong, for anything that is not an enrollment."""
        if not isinstance(document, dict):
            raise ValueError("an enrollment is not an object")
        for name in REQUIRED:
            if not isinstance(document.get(name), str) or not document[name]:
                raise ValueError(f"an enrollment has no {name}")
        created = document.get("created_at")
        return cls(
            id=document["id"],
            student_id=document["student_id"],
            course_id=document["course_id"],
            status=document["status"],
            created_at=parse_iso(created) if isinstance(created, str) else None,
            document=document,
            request_id=request_id,
        )

    def age_s(self, now: datetime) -> float | None:
        return (now - self.created_at).total_seconds() if self.created_at else None


@dataclass(frozen=True)
class Decision:
    """The record of a decision, as it stands under `{shema}:decision:<id>` (contract 1.5)."""

    decision: str
    event_id: str
    actor: str
    actor_email: str
    at: str
    reason: str

    @classmethod
    def of_stored(cls, stored: Mapping[bytes, bytes]) -> Decision | None:
        """None when nothing is stored. A field that is missing reads as empty."""
        if not stored:
            return None

        def text(name: bytes) -> str:
            return stored.get(name, b"").decode("utf-8", "surrogateescape")

        return cls(
            text(b"decision"), text(b"eventId"), text(b"actor"), text(b"actorEmail"), text(b"at"), text(b"reason")
        )

    def document(self) -> dict[str, str]:
        """`{"decision", "eventId", "actor", "actorEmail", "at", "reason"}`."""
        return {
            "decision": self.decision,
            "eventId": self.event_id,
            "actor": self.actor,
            "actorEmail": self.actor_email,
            "at": self.at,
            "reason": self.reason,
        }

    @property
    def who(self) -> str:
        return self.actor_email or self.actor or "somebody unknown"

    def told(self) -> str:
        """`approved by ana@… at 2026-01-31 08:00:00 UTC`."""
        moment = parse_iso(self.at)
        when = f" at {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
        return f"{self.decision or 'decided'} by {self.who}{when}"


@dataclass(frozen=True)
class Capacity:
    """A course's seats, as its service told them."""

    has_capacity: bool
    current: int
    maximum: int

    @classmethod
    def parse(cls, document: Any) -> Capacity:
        """Raises ValueError for anything but `{"has_capacity": bool, "current_students": int, "max_students": int}`."""
        if not isinstance(document, dict) or not isinstance(document.get("has_capacity"), bool):
            raise ValueError("has_capacity is not true or false")
        numbers = [document.get(name) for name in ("current_students", "max_students")]
        if not all(type(n) is int and n >= 0 for n in numbers):
            raise ValueError("current_students and max_students are not counts")
        return cls(document["has_capacity"], *numbers)  # type: ignore[arg-type]

    @property
    def left(self) -> int:
        return max(0, self.maximum - self.current) if self.has_capacity else 0
