"""What the services tell of whom a trace is about, as things that happened."""

from __future__ import annotations

from shema_cli.clock import iso, parse_iso
from shema_cli.enrollments.results import Enrollment
from shema_cli.people.results import Course, Person
from shema_cli.people.shown import Subject
from shema_cli.trace.results import FoundIn, TraceEvent


def of_enrollment(one: Enrollment) -> TraceEvent:
    number = one.document.get("registration_number")
    registered = f", registration {number}" if isinstance(number, str) and number else ""
    level = one.document.get("experience_level")
    as_a = f", {level}" if isinstance(level, str) and level else ""
    return TraceEvent(
        iso(one.created_at) if one.created_at else "",
        FoundIn.ENROLLMENT,
        "enrollment",
        f"{one.id} of student {one.student_id} in course {one.course_id}{as_a}{registered}: {one.status}",
        id=one.id,
        words=f"applied{as_a}{registered}",
        about=Subject(one.student_id, one.course_id),
        enrollment_id=one.id,
    )


def of_person(one: Person) -> TraceEvent:
    told = ", ".join(part for part in (one.name, one.email) if part)
    at = _told_at(one.told)
    return TraceEvent(at, FoundIn.USER, "person", told or one.id, id=one.id, about=Subject(one.id), words="registered")


def of_course(one: Course) -> TraceEvent:
    told = ", ".join(part for part in (one.title, one.level) if part)
    return TraceEvent("", FoundIn.COURSE, "course", told or one.id, id=one.id, about=Subject(None, one.id))


def _told_at(told: object) -> str:
    at = told.get("created_at") if isinstance(told, dict) else None
    moment = parse_iso(at) if isinstance(at, str) else None
    return iso(moment) if moment else ""
