"""Documents of `dashboard`, `enrollments`, `courses`, `users` and `find`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shema_cli.documents.base import (
    CamelObject,
    EventId,
    May,
    Number,
    Object,
    OpenObject,
    Outcome,
    RequestId,
    Time,
    Why,
)

Circuit = Literal["closed", "open", "half_open"]


class SourceError(Object):
    code: str
    message: str


class Source(Object, title="source"):
    """Where a number of the dashboard came from."""

    state: Literal["live", "stale", "unavailable"]
    as_of: Time | None
    age_s: Number | None
    duration_ms: Number | None
    request_id: RequestId | None
    circuit: Circuit
    error: SourceError | None


class Stats(Object):
    total_students: int | None
    pending_enrollments: int | None
    active_chats: int | None
    total_courses: int | None
    upcoming_classes: int | None


class Sources(Object):
    user: Source
    enrollment: Source
    chat: Source
    course: Source
    schedule: Source


class Dashboard(Object):
    stats: Stats
    timestamp: Time
    sources: Sources


class Student(Object, title="student"):
    id: str
    name: str | None
    email: str | None


class CourseNamed(Object, title="course named"):
    id: str
    title: str | None
    level: str | None


class Decision(CamelObject, title="decision"):
    decision: str
    event_id: str
    actor: str
    actor_email: str
    at: str
    reason: str


class Enrollment(OpenObject, title="enrollment"):
    id: str
    student_id: str
    course_id: str
    status: Literal["pending", "approved", "rejected"]
    decision: May[Decision] = None
    student: Student | None
    course: CourseNamed | None


class Enrollments(Object):
    enrollments: list[Enrollment]
    next_cursor: str | None


DecisionOutcome = Annotated[
    Literal[
        "approved",
        "rejected",
        "planned",
        "already",
        "conflict",
        "course_full",
        "not_pending",
        "not_found",
        "unheard",
        "unconfirmed",
        "failed",
    ],
    Field(title="outcome"),
]


class Decided(Object):
    enrollment_id: str
    outcome: DecisionOutcome
    event_id: EventId | None
    receivers: int | None
    message: str
    missing: list[str] | None = None
    student: Student | None
    course: CourseNamed | None


class Decisions(Object):
    results: list[Decided]
    summary: dict[Outcome, int]
    stopped: May[Why] = None


class Cached(Object):
    hit: bool
    expires_in_s: Number | None


class User(OpenObject):
    cache: Cached = Field(alias="_cache")


SourceState = Annotated[
    Literal["answered", "unavailable", "not_offered", "not_configured"],
    Field(title="source"),
]


class Capacity(Object, title="capacity"):
    has_capacity: bool
    current_students: int
    max_students: int


class CourseSources(Object):
    course: SourceState
    enrollment: SourceState


class Course(Object):
    id: str
    title: str | None
    level: str | None
    capacity: Capacity | None
    pending: int | None


class Courses(Object):
    courses: list[Course]
    named_by: Literal["course", "enrollment"]
    sources: CourseSources


class CourseShown(OpenObject):
    id: str
    capacity: Capacity | None
    pending: int | None
    sources: CourseSources


class PersonFound(Object):
    id: str
    name: str | None
    email: str | None
    phone: str | None
    match: Literal["id", "email", "name", "phone", "registration", "beginning", "words", "part", "service"]


class OtherFound(Object):
    kind: Literal["chat_session", "decision", "audit", "dead_letter"]
    id: str
    at: str | None
    summary: str
    event_id: str | None


class Found(Object):
    people: list[PersonFound]
    enrollments: list[Enrollment]
    others: list[OtherFound]
    more: list[Literal["people", "enrollments", "others"]]
    sources: dict[Annotated[str, Field(description="name")], SourceState]
