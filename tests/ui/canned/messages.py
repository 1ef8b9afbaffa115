"""What is published and said in the canned school."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from shema_cli.events.buffer import Gap
from shema_cli.events.messages import Message, read_message
from shema_cli.events.printer import MessageLines, NoticeLine
from shema_cli.results import Result
from tests.ui.canned.school import NAMES, NOW, PEOPLE, ago


def events() -> Iterator[Result]:
    """With what could not be heard of the last minutes in its place."""
    first, *others = EVENTS
    yield _lines((first,))
    gap = Gap(at(minutes=7), at(minutes=6.5), 30.0, "the connection to Redis was lost", filled=0)
    yield NoticeLine(gap)
    yield _lines(tuple(others))


def talk() -> Iterator[Result]:
    yield _lines(SAID)


def _lines(messages: tuple[Message, ...]) -> MessageLines:
    return MessageLines(messages, about=tuple(NAMES.of(*one.subject) for one in messages))


def at(**time: float) -> datetime:
    return NOW - timedelta(**time)


def _message(channel: str, body: object, minutes: float) -> Message:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_message(channel.encode(), b"*", payload, at(minutes=minutes))


def _event(number: int, type: str, minutes: float, **data: str) -> Message:
    body = {
        "eventType": type,
        "eventId": f"evt_9d1d2c3b-0000-4000-8000-{number:012}",
        "timestamp": ago(minutes=minutes),
        "version": "1.0",
        "data": data,
    }
    return _message(type.lower().replace("_", "."), body, minutes)


def _said(who: str, role: str, text: str, minutes: float, session: str = "room-7") -> Message:
    body = {
        "type": "new_message",
        "sessionId": session,
        "senderId": who,
        "senderRole": role,
        "senderName": PEOPLE[who].name,
        "message": text,
        "timestamp": ago(minutes=minutes),
    }
    return _message(f"chat:session:{session}", body, minutes)


EVENTS = (
    _event(1, "ENROLLMENT_CREATED", 8, enrollmentId="enr-0314", studentId="stu-0101", courseId="crs-01"),
    _event(2, "USER_UPDATED", 5, userId="stu-0103"),
    _event(3, "ENROLLMENT_APPROVED", 4, enrollmentId="enr-0305", studentId="stu-0105", courseId="crs-02"),
    _message("booking.created", b"{broken", 3),
    _said("stu-0101", "student", "Boleh saya pindah jam?", 2),
    _event(4, "BOOKING_CREATED", 1, bookingId="bkg-0078", studentId="stu-0104", courseId="crs-01"),
)
SAID = (
    _said("stu-0101", "student", "Boleh saya pindah jam? Kamis sore saya ada ujian, dan Jumat belum tahu.", 4),
    _said("tch-0007", "admin", "Tentu. Jumat jam 16?", 3),
    _said("stu-0103", "student", "はい、ありがとうございます。", 2.5, "room-12"),
    _said("stu-0101", "student", "Jumat jam 16 bisa. Terima kasih 🎹", 2),
)
