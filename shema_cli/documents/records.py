"""Documents of `audit` and `trace`."""

from __future__ import annotations

from typing import Literal

from shema_cli.documents.base import CamelObject, Hex64, May, Object, StreamId
from shema_cli.documents.events import GapOfATail

Answered = Literal["answered", "unavailable", "not_recorded"]


class AuditEntry(CamelObject, title="audit entry"):
    id: StreamId
    at: str
    actor: str
    actor_email: str
    profile: str
    command: str
    action: str
    target: str
    event_id: str
    reason: str
    request_id: str
    project: str
    redis: str
    prev: Hex64
    hash: Hex64
    emulator: May[Literal["true"]] = None
    receivers: May[int | str] = None
    missing: May[list[str]] = None
    details: object = None


class AuditTrail(Object):
    entries: list[AuditEntry]
    total: int


class TrailProblem(Object):
    entry: str
    problem: str


class Verification(Object):
    ok: bool
    checked: int
    keyed: int
    key_set: bool
    problems: list[TrailProblem]


class TraceSources(Object):
    user: Answered
    enrollment: Answered
    course: Answered
    decisions: Answered
    audit: Answered
    dead_letters: Answered
    history: Answered


class Happening(Object, title="happening"):
    at: str | None
    source: Literal["user", "enrollment", "course", "decisions", "audit", "dead_letters", "history", "live"]
    kind: Literal[
        "person",
        "enrollment",
        "course",
        "decision",
        "audit",
        "replay",
        "discard",
        "import",
        "resend",
        "dead_letter",
        "event",
        "chat",
        "invalid",
    ]
    summary: str
    actor: str | None
    event_id: str | None
    id: str | None


class Trace(Object):
    subject: str
    events: list[Happening]
    sources: TraceSources
    total: May[int] = None


class TraceOpening(Object):
    subject: str
    sources: TraceSources


FollowedLine = TraceOpening | Happening | GapOfATail
