"""Names beside whatever names students and courses: events, dead letters, entries of the trail (contract 3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from shema_cli.people.results import Named, Names, can_be_asked

if TYPE_CHECKING:
    from shema_cli.clock import Clock
    from shema_cli.output.person import Person
    from shema_cli.people.names import Looking, NameBook

ASKED_AGAIN_AFTER_S = 30.0
ASKED_AT_ONCE = 100
"""Of what comes faster than names are told, the rest is shown without."""
REMEMBERED = 20_000
_STUDENT = ("studentId", "userId", "senderId")
_COURSE = "courseId"


class Subject(NamedTuple):
    """The student and the course that something names, by id; None: it names none."""

    student_id: str | None = None
    course_id: str | None = None


def subject_of(data: object) -> Subject:
    """Of the data of an event, or the details of an entry of the trail, whatever they are; as ids that can be asked."""
    if not isinstance(data, Mapping):
        return Subject()
    students = (id for name in _STUDENT if (id := _id(data.get(name))))
    return Subject(next(students, None), _id(data.get(_COURSE)))


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and can_be_asked(value) else None


def names_of(book: NameBook, person: Person, subjects: Iterable[Subject]) -> Names:
    """The names of all of these, within two seconds; whoever looks on is told once of those that were not to be had."""
    wanted = list(subjects)
    names = book.start([one.student_id for one in wanted], [one.course_id for one in wanted]).join()
    if names.problem and person.looks_at_tables:
        person.warn(names.problem)
    return names


class NamesAside:
    """Names for a stream, which waits for nobody: what is known when a line comes; the rest is asked for after it.

    One look-up at a time, of all that came since the one before; an id that was asked for is left alone for a while.
    """

    def __init__(self, book: NameBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._looking: Looking | None = None
        self._wanted: dict[Subject, None] = {}
        self._asked: dict[Subject, float] = {}

    def of(self, subject: Subject) -> Named:
        """What is known of it at this moment. Nobody is asked."""
        if subject == Subject():
            return Named()
        ids = [subject.student_id], [subject.course_id]
        named = self._book.known(*ids).of(*subject)
        if not _lacks(named, subject) or subject in self._wanted or not self._may_ask(subject):
            return named
        named = self._book.recall(*ids).of(*subject)
        if _lacks(named, subject) and len(self._wanted) < ASKED_AT_ONCE:
            self._wanted[subject] = None
        return named

    def ask(self) -> None:
        """Have those looked up who were not known. Comes back at once; for when a line has been shown."""
        if not self._wanted or (self._looking is not None and not self._looking.over):
            return
        batch, self._wanted = self._wanted, {}
        if len(self._asked) > REMEMBERED:
            self._asked.clear()
        self._asked |= dict.fromkeys(batch, self._clock.monotonic())
        self._looking = self._book.start([one.student_id for one in batch], [one.course_id for one in batch])

    def _may_ask(self, subject: Subject) -> bool:
        return self._clock.monotonic() - self._asked.get(subject, -inf) >= ASKED_AGAIN_AFTER_S


def _lacks(named: Named, subject: Subject) -> bool:
    return (subject.student_id is not None and named.student is None) or (
        subject.course_id is not None and named.course is None
    )
