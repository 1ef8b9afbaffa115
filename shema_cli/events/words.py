"""What happened, in words: one sentence for each event, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shema_cli.events.messages import Kind, Message

MOST_TEXT = 400
Data = Mapping[str, Any]


def sentence(message: Message) -> str:
    """Who and what; for what is not understood, the payload itself."""
    if message.kind is Kind.CHAT:
        return f"{message.field('senderName') or message.field('senderId') or '?'}{_role(message)}: {said(message)}"
    if message.kind is Kind.INVALID:
        return f"not an event: {_short(message.text)}"
    if not message.supported:
        return f"{_unsupported(message)}: {_short(message.text)}"
    data = message.field("data")
    return _SENTENCES[message.field("eventType")](data)


def said(message: Message) -> str:
    text = message.field("message")
    return text if isinstance(text, str) else _short(message.text)


def _role(message: Message) -> str:
    role = message.field("senderRole")
    return f" ({role})" if isinstance(role, str) and role else ""


def _unsupported(message: Message) -> str:
    version = message.field("version")
    if version not in (None, "1.0", "1.1"):
        return f"{message.field('eventType')}, version {version!s:.20}, not supported"
    return f"{message.field('eventType')}, not known"


def _short(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}… ({len(text):,} characters)"


def _name(data: Data, name: str) -> str:
    value = data.get(name)
    return _short(str(value)) if value not in (None, "") else "?"


def _enrollment_created(data: Data) -> str:
    level = f", {data['experienceLevel']}" if data.get("experienceLevel") else ""
    return f"student {_name(data, 'studentId')} applied to course {_name(data, 'courseId')}{level}"


def _enrollment_approved(data: Data) -> str:
    return f"enrollment {_name(data, 'enrollmentId')} of student {_name(data, 'studentId')} approved"


def _enrollment_rejected(data: Data) -> str:
    ids = f"enrollment {_name(data, 'enrollmentId')} of student {_name(data, 'studentId')}"
    return f"{ids} rejected: {_name(data, 'reason')}"


def _schedule_created(data: Data) -> str:
    return f"class {_name(data, 'scheduleId')} of course {_name(data, 'courseId')} starts {_name(data, 'startsAt')}"


def _attendance_marked(data: Data) -> str:
    return f"student {_name(data, 'studentId')} {_name(data, 'status')} in class {_name(data, 'scheduleId')}"


def _chat_message(data: Data) -> str:
    return f"{_name(data, 'senderName')} ({_name(data, 'senderRole')}): {_name(data, 'message')}"


def _chat_session_closed(data: Data) -> str:
    return f"conversation {_name(data, 'sessionId')} closed by {_name(data, 'closedBy')}"


def _user_updated(data: Data) -> str:
    changes = data.get("changes")
    names = ", ".join(map(str, changes)) if isinstance(changes, dict) else _name(data, "changes")
    return f"user {_name(data, 'userId')} changed {_short(names) or 'nothing'}"


def _booking_created(data: Data) -> str:
    slots = _name(data, "firstChoiceSlotId")
    if data.get("secondChoiceSlotId"):
        slots += f" or {_name(data, 'secondChoiceSlotId')}"
    return f"user {_name(data, 'userId')} booked course {_name(data, 'courseId')}, slot {slots}"


def _booking_confirmed(data: Data) -> str:
    return f"booking {_name(data, 'bookingId')} confirmed in slot {_name(data, 'slotId')}"


def _booking_expired(data: Data) -> str:
    return f"booking {_name(data, 'bookingId')} expired, slot {_name(data, 'firstChoiceSlotId')} is free again"


_SENTENCES: dict[str, Callable[[Data], str]] = {
    "ENROLLMENT_CREATED": _enrollment_created,
    "ENROLLMENT_APPROVED": _enrollment_approved,
    "ENROLLMENT_REJECTED": _enrollment_rejected,
    "SCHEDULE_CREATED": _schedule_created,
    "ATTENDANCE_MARKED": _attendance_marked,
    "CHAT_MESSAGE": _chat_message,
    "CHAT_SESSION_CLOSED": _chat_session_closed,
    "USER_UPDATED": _user_updated,
    "BOOKING_CREATED": _booking_created,
    "BOOKING_CONFIRMED": _booking_confirmed,
    "BOOKING_EXPIRED": _booking_expired,
}
