"""Names beside whatever names students and courses: events, dead letters, entries of the trail (contract 3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from shema_cli.people.results import Names

if TYPE_CHECKING:
    from shema_cli.output.person import Person
    from shema_cli.people.names import NameBook

_STUDENT = ("studentId", "userId", "senderId")
_COURSE = "courseId"


class Subject(NamedTuple):
    """The student and the course that something names, by id; None: it names none."""

    student_id: str | None = None
    course_id: str | None = None


def subject_of(data: object) -> Subject:
    """Of the data of an event, or the details of an entry of the trail, whatever they are."""
    if not isinstance(data, Mapping):
        return Subject()
    student = next((data[name] for name in _STUDENT if isinstance(data.get(name), str)), None)
    course = data.get(_COURSE)
    return Subject(student, course if isinstance(course, str) else None)


def names_of(book: NameBook, person: Person, subjects: Iterable[Subject]) -> Names:
    """The names of all of these, within two seconds; whoever looks on is told once of those that were not to be had."""
    wanted = list(subjects)
    names = book.start([one.student_id for one in wanted], [one.course_id for one in wanted]).join()
    if names.problem and person.looks_at_tables:
        person.warn(names.problem)
    return names
