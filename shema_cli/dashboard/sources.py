"""Which number comes from which service."""

from __future__ import annotations

from shema_cli.frozen import dataclass


@dataclass(frozen=True)
class StatSource:
    """A number of the dashboard: who is asked for it, the field that holds it, and its names."""

    service: str
    path: str
    field: str
    stat: str
    title: str


SOURCES = (
    StatSource("user", "/api/users/stats", "student_count", "total_students", "Students"),
    StatSource("enrollment", "/api/enrollments/stats", "pending_count", "pending_enrollments", "Pending enrollments"),
    StatSource("chat", "/api/chat/stats", "active_count", "active_chats", "Active chats"),
    StatSource("course", "/api/courses/stats", "count", "total_courses", "Courses"),
    StatSource("schedule", "/api/schedules/stats", "upcoming_count", "upcoming_classes", "Upcoming classes"),
)


def count(body: object, field: str) -> int | None:
    """The count in a service's answer; None for anything that is not an integer of 0 or more (contract 1.2)."""
    value = body.get(field) if isinstance(body, dict) else None
    return value if type(value) is int and value >= 0 else None
