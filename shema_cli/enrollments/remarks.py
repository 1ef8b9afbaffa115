"""What an admin should notice of an enrollment before deciding on it: in pre-flight tables and while reviewing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from shema_cli.clock import age
from shema_cli.enrollments.results import Enrollment
from shema_cli.enrollments.status import EnrollmentStatus
from shema_cli.people.results import Named

LONG = timedelta(days=7)
_OTHER = {
    EnrollmentStatus.PENDING: "asked for twice: also {id}",
    EnrollmentStatus.APPROVED: "in this course already: {id}",
    EnrollmentStatus.REJECTED: "rejected for it before: {id}",
}


def remarks(
    enrollment: Enrollment,
    about: Named,
    *,
    others: Iterable[Enrollment],
    seats_left: int | None,
    now: datetime,
) -> tuple[str, ...]:
    """Each in a few words, what matters most first.

    `others` are enrollments among which those of the same student into the same course are looked for; `seats_left`
    None: nobody counts them.
    """
    found = [
        *_of_level(enrollment.level, about.course.level if about.course else None),
        *(_of_other(other) for other in others if other.is_for_the_same_as(enrollment)),
        *_of_seats(seats_left),
        *_of_age(enrollment.age_s(now)),
    ]
    return tuple(found)


def _of_level(own: str | None, of_course: str | None) -> Iterable[str]:
    if own and of_course and own.strip().casefold() != of_course.strip().casefold():
        yield f"level {own}, course {of_course}"


def _of_other(other: Enrollment) -> str:
    known = other.status in tuple(EnrollmentStatus)
    said = _OTHER[EnrollmentStatus(other.status)] if known else "{id} for it is {status}"
    return said.format(id=other.id, status=other.status)


def _of_seats(left: int | None) -> Iterable[str]:
    if left is not None and left <= 1:
        yield "the last seat" if left else "no seat is left"


def _of_age(seconds: float | None) -> Iterable[str]:
    if seconds is not None and seconds > LONG.total_seconds():
        yield f"has waited for {age(seconds)}"
