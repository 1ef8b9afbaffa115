"""What an admin should notice of an enrollment before deciding on it: in pre-flight tables and while reviewing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from shema_cli.clock import age
from shema_cli.enrollments.results import Enrollment
from shema_cli.enrollments.status import EnrollmentStatus
from shema_cli.output.sanitize import bounded
from shema_cli.people.results import Named

LONG = timedelta(days=7)
LONGEST_LEVEL = 40
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
    long = [f"has waited for {age(enrollment.age_s(now))}"] if has_waited_long(enrollment, now) else []
    levels = _of_level(differing_levels(enrollment, about))
    return (*levels, *of_others_and_seats(enrollment, others, seats_left), *long)


def of_others_and_seats(
    enrollment: Enrollment, others: Iterable[Enrollment], seats_left: int | None
) -> tuple[str, ...]:
    """What cannot be seen of an enrollment alone."""
    same = (_of_other(other) for other in others if other.is_for_the_same_as(enrollment))
    return (*same, *_of_seats(seats_left))


def has_waited_long(enrollment: Enrollment, now: datetime) -> bool:
    seconds = enrollment.age_s(now)
    return seconds is not None and seconds > LONG.total_seconds()


def differing_levels(enrollment: Enrollment, about: Named) -> tuple[str, str] | None:
    """The applicant's level and the course's, where both are told and they are not the same."""
    own, of_course = enrollment.level, about.course.level if about.course else None
    differs = own and of_course and own.strip().casefold() != of_course.strip().casefold()
    return (own, of_course) if differs and own and of_course else None


def _of_level(levels: tuple[str, str] | None) -> Iterable[str]:
    if levels:
        own, of_course = (bounded(level, LONGEST_LEVEL) for level in levels)
        yield f"level {own}, course {of_course}"


def _of_other(other: Enrollment) -> str:
    known = other.status in tuple(EnrollmentStatus)
    said = _OTHER[EnrollmentStatus(other.status)] if known else "{id} for it is {status}"
    return said.format(id=other.id, status=other.status)


def _of_seats(left: int | None) -> Iterable[str]:
    if left is not None and left <= 1:
        yield "the last seat" if left else "no seat is left"
