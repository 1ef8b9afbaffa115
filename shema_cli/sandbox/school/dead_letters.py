"""The dead letters that a sandbox starts with: a dozen of several kinds, two of them invalid (contract 1.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from shema_cli.clock import iso
from shema_cli.sandbox.school.data import BookingRow, EnrollmentRow, School, created_data

NOT_JSON = b"{'eventType': 'USER_UPDATED', this never was JSON"
NOT_UTF8 = b'{"event":{"eventType":"CHAT_MESSAGE","data":{"message":"caf\xe9 \xff\xfe"}},"error":"Invalid byte"}'


def dead_letters(school: School, now: datetime) -> list[bytes]:
    """The stored entries, oldest first: the order in which services pushed them."""
    approved = [enrollment for enrollment in school.enrollments.values() if enrollment["status"] == "approved"]
    pending = [enrollment for enrollment in school.enrollments.values() if enrollment["status"] == "pending"]
    expired = [booking for booking in school.bookings.values() if booking["status"] == "expired"]
    chat = next(iter(school.chat_sessions.values()))
    letters: list[tuple[float, Mapping[str, object], str | None]] = [
        (52.0, _approved(approved[3]), "Timeout after 5000ms"),
        (49.5, _approved(approved[11]), "Timeout after 7000ms"),
        (47.0, _created(pending[0]), "COURSE_SERVICE_UNAVAILABLE"),
        (30.0, _expired(expired[0]), "connect ECONNREFUSED 127.0.0.1:3003"),
        (29.5, _expired(expired[1]), "connect ECONNREFUSED 127.0.0.1:3013"),
        (26.0, _profile("stu-0007"), 'duplicate key value violates unique constraint "users_email_key"'),
        (12.0, chat["messages"][0], "Cannot read properties of undefined (reading 'sessionId')"),
        (9.0, _approved(approved[40]), "Timeout after 5000ms"),
        (4.0, _created(pending[5]), None),
        (0.5, _approved(approved[77]), "Timeout after 12000ms"),
    ]  # fmt: skip
    entries = [
        _entry(index, event, error, now - timedelta(hours=age)) for index, (age, event, error) in enumerate(letters)
    ]
    entries[4:4] = [NOT_JSON]
    entries[9:9] = [NOT_UTF8]
    return entries


def _entry(index: int, event: Mapping[str, object], error: str | None, failed: datetime) -> bytes:
    if "eventType" in event:
        stamped = {"eventType": event["eventType"], "eventId": f"evt_00000000-0000-7000-8000-{index + 1:012d}"}
        event = {**stamped, "timestamp": iso(failed - timedelta(seconds=14)), **event}
    document = {"event": event, **({"error": error} if error else {}), "failedAt": iso(failed)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _event(event_type: str, data: Mapping[str, object], version: str | None = "1.0") -> Mapping[str, object]:
    return {"eventType": event_type, **({"version": version} if version else {}), "data": data}


def _approved(enrollment: EnrollmentRow) -> Mapping[str, object]:
    return _event("ENROLLMENT_APPROVED", {"enrollmentId": enrollment["id"], "studentId": enrollment["student_id"]})


def _created(enrollment: EnrollmentRow) -> Mapping[str, object]:
    return _event("ENROLLMENT_CREATED", created_data(enrollment))


def _expired(booking: BookingRow) -> Mapping[str, object]:
    """As the seed's booking service writes it: without a version."""
    data = {
        "bookingId": booking["id"],
        "firstChoiceSlotId": booking["first_choice_slot_id"],
        "secondChoiceSlotId": booking["second_choice_slot_id"],
    }
    return _event("BOOKING_EXPIRED", data, None)


def _profile(user_id: str) -> Mapping[str, object]:
    """What a careless copy would change: an integer of 64 bits, a float, an empty list beside an empty object."""
    changes = {"city": "Yogyakarta", "points": 9007199254740993, "rating": 4.0, "tags": [], "settings": {}}
    return _event("USER_UPDATED", {"userId": user_id, "changes": changes}, "1.1")
