"""Enrollments, decisions on them, and what became of each (contract 1.2, 1.5, 2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

from shema_cli.clock import iso, parse_iso
from shema_cli.enrollments.status import PENDING
from shema_cli.errors import ExitCode, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.people.results import NAME_COLUMNS, Named, Names
from shema_cli.results import Result, Table, told_of_the_missing

if TYPE_CHECKING:
    from shema_cli.store.listeners import Listeners

REQUIRED = ("id", "student_id", "course_id", "status")
ADDED = ("decision", "student", "course")
"""What is told of an enrollment under these names is ours."""
_NOBODY = Named()
MOST_SEATS = 2**53  # more cannot be counted inside Redis


class DecisionKind(StrEnum):
    """A decision. The value is the event's action, the record's `decision` and the service's `status`."""

    APPROVED = "approved"
    REJECTED = "rejected"

    @property
    def channel(self) -> str:
        return f"enrollment.{self.value}"

    @property
    def verb(self) -> str:
        return "approve" if self is DecisionKind.APPROVED else "reject"


class DecisionOutcome(StrEnum):
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


CHANGED = frozenset({DecisionOutcome.APPROVED, DecisionOutcome.REJECTED, DecisionOutcome.UNCONFIRMED})
DONE = frozenset({DecisionOutcome.APPROVED, DecisionOutcome.REJECTED, DecisionOutcome.PLANNED, DecisionOutcome.ALREADY})
NOT_DONE = "not done"
"""What the message of one begins with to which a run did not come."""
NAMED = 5
GUARDED = frozenset(
    {DecisionOutcome.CONFLICT, DecisionOutcome.COURSE_FULL, DecisionOutcome.NOT_PENDING, DecisionOutcome.UNHEARD}
)


@dataclass(frozen=True)
class Enrollment:
    """An enrollment as its service told it; `document` is the whole of it, unknown fields included."""

    id: str
    student_id: str
    course_id: str
    status: str
    created_at: datetime | None
    document: Mapping[str, object]
    request_id: str = ""

    @classmethod
    def parse(cls, document: object, request_id: str = "") -> Enrollment:
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

    @property
    def level(self) -> str | None:
        """The experience that the student has, as they say."""
        return self._said("experience_level")

    @property
    def registration_number(self) -> str | None:
        return self._said("registration_number")

    def _said(self, name: str) -> str | None:
        said = self.document.get(name)
        return said if isinstance(said, str) and said.strip() else None

    def is_for_the_same_as(self, other: Enrollment) -> bool:
        """Whether it is another one of the same student into the same course."""
        mine, theirs = (self.student_id, self.course_id), (other.student_id, other.course_id)
        return self.id != other.id and mine == theirs

    @property
    def applied(self) -> float:
        """When it was made, as what is sorted oldest first (seconds); one that does not say comes last."""
        return self.created_at.timestamp() if self.created_at else inf

    def age_s(self, now: datetime) -> float | None:
        return (now - self.created_at).total_seconds() if self.created_at else None

    @property
    def problem(self) -> str | None:
        """Why nothing can be decided on it; None when something can."""
        from shema_cli.json_text import not_utf8

        for name in ("id", "student_id", "course_id"):
            if not_utf8(getattr(self, name)):
                return f"its {name} is not UTF-8 text, so that no event can bear it"
        return None


def named_in(enrollments: Iterable[Enrollment]) -> tuple[list[str], list[str]]:
    """The students and the courses of these."""
    of = list(enrollments)
    return [one.student_id for one in of], [one.course_id for one in of]


@dataclass(frozen=True)
class UnreadableEnrollment:
    """Something in a list of enrollments that is none. `id` is `(no id)` where it has none."""

    id: str
    problem: str

    @classmethod
    def of(cls, document: object, problem: str) -> UnreadableEnrollment:
        id = document.get("id") if isinstance(document, dict) else None
        return cls(id if isinstance(id, str) and id else "(no id)", problem)


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
        """`approved by ana@… at 2026-01-31T08:00:00.000Z`; a view shows the time as people read it."""
        moment = parse_iso(self.at)
        when = f" at {iso(moment)}" if moment else ""
        return f"{self.decision or 'decided'} by {self.who}{when}"


@dataclass(frozen=True)
class Capacity:
    """A course's seats, as its service told them.

    `promised` were given away and are not in its number yet. It was asked at `asked_ms` and had told by `told_ms` (the
    clock of Redis).
    """

    has_capacity: bool
    current: int
    maximum: int
    promised: int = 0
    asked_ms: int = 0
    told_ms: int = 0

    @classmethod
    def parse(cls, document: object) -> Capacity:
        """Raises ValueError for anything but `{"has_capacity": bool, "current_students": int, "max_students": int}`."""
        if not isinstance(document, dict) or not isinstance(document.get("has_capacity"), bool):
            raise ValueError("has_capacity is not true or false")
        numbers = [document.get(name) for name in ("current_students", "max_students")]
        if not all(type(n) is int and 0 <= n <= MOST_SEATS for n in numbers):
            raise ValueError("current_students and max_students are not counts")
        return cls(document["has_capacity"], *numbers)  # type: ignore[arg-type]

    @property
    def left(self) -> int:
        return max(0, self.maximum - self.current - self.promised) if self.has_capacity else 0


@dataclass(frozen=True)
class DecisionItem:
    """What became of one enrollment. `unreachable`: it failed because something did not answer.

    `course_id`: the course that the message names, by its id.
    """

    enrollment_id: str
    outcome: DecisionOutcome
    message: str
    event_id: str | None = None
    receivers: int | None = None
    unreachable: bool = False
    listening: Listeners | None = None
    course_id: str = ""

    def said(self, about: Named) -> str:
        """The message for people: a course by its title, where that is known."""
        if not (self.course_id and about.course_title):
            return self.message
        return self.message.replace(f"course {self.course_id}", about.course_title, 1)

    def document(self) -> dict[str, object]:
        missing = self.listening.missing_document() if self.listening else {}
        return {
            "enrollment_id": self.enrollment_id,
            "outcome": self.outcome.value,
            "event_id": self.event_id,
            "receivers": self.receivers,
            "message": self.message,
            **missing,
        }

    def row(self) -> tuple[object, ...]:
        return self.enrollment_id, self.outcome.value, self.event_id, self.receivers, self.message


@dataclass(frozen=True)
class Decided(Result):
    """A run's items in the order asked for. `ended`: why it was stopped before its end (contract 2.4).

    `named`: whom each enrollment is about, by its id.
    """

    kind: DecisionKind
    items: tuple[DecisionItem, ...]
    interrupted: bool = False
    ended: ShemaError | None = None
    named: Mapping[str, Named] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, int]:
        counted = Counter(item.outcome for item in self.items)
        return {outcome.value: counted[outcome] for outcome in DecisionOutcome if counted[outcome]}

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.ended is not None:
            return self.ended.exit_code
        open_items = [item for item in self.items if item.outcome not in DONE]
        if not open_items or any(item.outcome is DecisionOutcome.PLANNED for item in self.items):
            return ExitCode.DONE
        if not any(item.outcome in CHANGED for item in self.items) and all(i.outcome in GUARDED for i in open_items):
            return ExitCode.REFUSED
        if all(item.unreachable for item in self.items):
            return ExitCode.UNREACHABLE
        return ExitCode.FAILED

    def document(self) -> object:
        stopped = {} if self.ended is None else {"stopped": self.ended.document()["error"]}
        results = [item.document() | self.about(item).document() for item in self.items]
        return {"results": results, "summary": self.summary, **stopped}

    def about(self, item: DecisionItem) -> Named:
        return self.named.get(item.enrollment_id, _NOBODY)

    def table(self) -> Table:
        columns = ("enrollment_id", "outcome", "event_id", "receivers", "message", *NAME_COLUMNS)
        return Table(columns, [(*item.row(), *self.about(item).cells()) for item in self.items])

    def notes(self) -> Iterable[str]:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self.summary.items())
        yield counts or f"nothing to {self.kind.verb}"
        published = [item.listening for item in self.items if item.outcome in CHANGED and item.listening]
        yield from told_of_the_missing(name for heard in published for name in heard.audited_missing())
        if self.ended is not None:
            yield f"stopped: {self.ended.message}"
            if self.ended.hint:
                yield f"  try: {self.ended.hint}"
        if self.interrupted:
            yield "interrupted: the same command goes on where this one stopped"


@dataclass(frozen=True)
class EnrollmentList(Result):
    """Enrollments as their service told them, with names; decisions and seats by id where they were asked for."""

    is_list = True

    enrollments: tuple[Enrollment, ...]
    next_cursor: str | None
    now: datetime
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    seats: Mapping[str, Capacity] = field(default_factory=dict)

    def document(self) -> object:
        return {
            "enrollments": [self._document(enrollment) for enrollment in self.enrollments],
            "next_cursor": self.next_cursor,
        }

    def _document(self, enrollment: Enrollment) -> dict[str, object]:
        return _document(enrollment, self.decisions.get(enrollment.id), self.about(enrollment))

    def about(self, enrollment: Enrollment) -> Named:
        return self.names.of(enrollment.student_id, enrollment.course_id)

    def table(self) -> Table:
        decided = ("decision", "decided_by", "decided_at")
        columns = ("id", "student_id", "course_id", "status", "created_at", *decided, *NAME_COLUMNS)
        return Table(columns, [self._row(enrollment) for enrollment in self.enrollments])

    def _row(self, enrollment: Enrollment) -> tuple[object, ...]:
        decision = self.decisions.get(enrollment.id)
        decided = (decision.decision, decision.who, decision.at) if decision else (None, None, None)
        created = iso(enrollment.created_at) if enrollment.created_at else enrollment.document.get("created_at")
        told = (enrollment.id, enrollment.student_id, enrollment.course_id, enrollment.status, created)
        return *told, *decided, *self.about(enrollment).cells()

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
class EnrollmentDetails(Result):
    """One enrollment, with its decision when there is one."""

    enrollment: Enrollment
    decision: Decision | None
    named: Named = _NOBODY
    seats: Capacity | None = None

    @property
    def without_effect(self) -> bool:
        """Published, yet the service still says pending."""
        return self.decision is not None and self.enrollment.status == PENDING

    def document(self) -> object:
        return _document(self.enrollment, self.decision, self.named)

    def table(self) -> Table:
        rows = [(name, value) for name, value in self.enrollment.document.items() if name not in ADDED]
        if self.decision:
            rows += [(f"decision.{name}", value or None) for name, value in self.decision.document().items()]
        rows += zip(NAME_COLUMNS, self.named.cells(), strict=True)
        return Table(("field", "value"), rows)

    def notes(self) -> Iterable[str]:
        if self.decision and self.without_effect:
            from shema_cli.shell import to_type

            verb = "approve" if self.decision.decision == DecisionKind.APPROVED else "reject"
            yield (
                f"{self.decision.told()}, but the enrollment service still says pending: so far without effect. "
                f"Publish it again with: {to_type(f'shema enrollments {verb} --republish', self.enrollment.id)}"
            )


def _document(enrollment: Enrollment, decision: Decision | None, named: Named) -> dict[str, object]:
    """The enrollment with what is `ADDED` here."""
    from shema_cli.json_text import merged

    decided = {"decision": decision.document()} if decision else {}
    return merged(enrollment.document, {**named.document(), **decided})
