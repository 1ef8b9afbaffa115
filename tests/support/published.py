"""What is published, by the contract: the fields of each event, and data that has them."""

from __future__ import annotations

from datetime import UTC, datetime

FIELDS = {
    "enrollment.created": "enrollmentId studentId courseId registrationNumber experienceLevel preferredDays "
    "timePreferences",
    "enrollment.approved": "enrollmentId studentId",
    "enrollment.rejected": "enrollmentId studentId reason",
    "schedule.created": "scheduleId enrollmentId courseId startsAt",
    "attendance.marked": "attendanceId studentId scheduleId status",
    "chat.message": "type sessionId senderId senderRole senderName message timestamp",
    "chat.session.closed": "sessionId closedBy",
    "user.updated": "userId changes",
    "booking.created": "bookingId userId courseId firstChoiceSlotId secondChoiceSlotId expiresAt",
    "booking.confirmed": "bookingId slotId",
    "booking.expired": "bookingId firstChoiceSlotId secondChoiceSlotId",
}
SAMPLES = {
    "startsAt": "2026-01-31T08:00:00.000Z",
    "expiresAt": "2026-01-31T08:00:00Z",
    "timestamp": "2026-01-31T08:00:00+07:00",
    "preferredDays": ["mon"],
    "timePreferences": [],
    "changes": {"phone": None},
    "type": "new_message",
}


MOMENT = datetime(2026, 1, 31, 8, tzinfo=UTC)


def sample(channel: str) -> dict[str, object]:
    return {name: SAMPLES.get(name, "x1") for name in FIELDS[channel].split()}
