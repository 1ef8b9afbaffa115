"""What happened, in the words of whoever asks what became of an enrollment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shema_cli.audit import words as audit_words
from shema_cli.events.messages import Message, MessageKind, sentence
from shema_cli.results import counted, were
from shema_cli.store.chain import AuditEntry
from shema_cli.store.listeners import named

NOBODY = "somebody unknown"
DECIDED = {"approve": "approved", "reject": "rejected", "republish": "published again"}
_DONE = {**DECIDED, "publish": "published"}
_BY_RUNS = {"replay": "replayed", "discard": "discarded", "import": "imported", "resend": "resent"}
Data = Mapping[str, object]


def heard(count: int | None, away: Sequence[str]) -> str:
    """`heard by 3 of 4: schedule was away`; empty where nothing is known of it."""
    if count is None:
        return f"{named(away)} {were(len(away))} away" if away else ""
    if not away:
        return f"heard by {counted(count, 'service')}" if count else "heard by nobody"
    return f"heard by {count:,} of {count + len(away):,}: {named(away)} {were(len(away))} away"


def heard_of_entry(entry: AuditEntry) -> str:
    """The same of an entry of the trail: of a publication, or of all those of a run."""
    told = entry.hearing
    receivers, missing = told.get("receivers"), told.get("missing")
    if not told and isinstance(entry.details, Mapping):
        missing = entry.details.get("missing")
    away = [str(service) for service in missing] if isinstance(missing, list) else []
    return heard(receivers if isinstance(receivers, int) else None, away)


def of_entry(entry: AuditEntry) -> tuple[str, str]:
    """A sentence on an entry of the trail, and the same without what it was done to."""
    who, action = entry.who or NOBODY, entry.text("action")
    reason = f": {entry.text('reason')}" if entry.text("reason") else ""
    if done := _DONE.get(action):
        return f"{entry.text('target')} {done} by {who}{reason}", f"{done} by {who}{reason}"
    return f"{action} {entry.text('target')} by {who}{reason}", f"{action} by {who}{reason}"


def of_run(entry: AuditEntry, kind: str) -> str:
    """`resent to schedule by ana@…`, of one of the events that a run took out."""
    details = entry.details
    service = details.get("service") if isinstance(details, Mapping) else None
    to = f" to {service}" if kind == "resend" and isinstance(service, str) and service else ""
    return f"{_BY_RUNS.get(kind, kind)}{to} by {entry.who or NOBODY}"


def action_of_run(entry: AuditEntry) -> str:
    return entry.text("action").removesuffix(audit_words.BEGUN)


def of_message(message: Message) -> str:
    """What an event says to whoever knows of whom it tells; of any other message, all that it says."""
    data = message.field("data")
    said = _EVENTS.get(str(message.field("eventType")))
    if message.kind is not MessageKind.EVENT or not message.supported or said is None or not isinstance(data, dict):
        return sentence(message)
    return said(data)


def _value(data: Data, name: str) -> str:
    value = data.get(name)
    return str(value)[:200] if isinstance(value, (str, int)) and value != "" else "?"


def _applied(data: Data) -> str:
    return f"applied, {data['experienceLevel']}" if isinstance(data.get("experienceLevel"), str) else "applied"


_EVENTS: dict[str, Callable[[Data], str]] = {
    "ENROLLMENT_CREATED": _applied,
    "ENROLLMENT_APPROVED": lambda _: "approved",
    "ENROLLMENT_REJECTED": lambda data: f"rejected: {_value(data, 'reason')}",
    "SCHEDULE_CREATED": lambda data: f"lesson planned, starts {_value(data, 'startsAt')}",
    "ATTENDANCE_MARKED": lambda data: f"{_value(data, 'status')} in a lesson",
}
