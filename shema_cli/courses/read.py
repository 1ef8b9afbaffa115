"""Reading courses: the list that their service gives, else those that enrollments name, with seats and who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from shema_cli.calls.timely import TimelyClient
from shema_cli.courses.results import CourseDetails, CourseFigures, CourseList, teachers_of
from shema_cli.enrollments.results import Capacity
from shema_cli.enrollments.source import EnrollmentPage, EnrollmentQuery, EnrollmentSource, each
from shema_cli.enrollments.status import PENDING
from shema_cli.errors import Failed, NotConfigured, NotFound, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.people.results import COURSE, Course, Names
from shema_cli.people.source import NotOffered, PeopleSource
from shema_cli.results import Source, Sources, told_of_sources

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.output.person import Person
    from shema_cli.people.names import NameBook

ENROLLMENT = "enrollment"
ANSWER_S = 4.0
"""For one question, attempts and all: somebody waits for the list."""
T = TypeVar("T")
Told = Callable[[], object]


@dataclass(frozen=True)
class CourseReader:
    """Reads courses by a client of the services; `person` sees how far it has come, and by which names."""

    services: Callable[[], ServiceClient]
    person: Person
    names: NameBook

    def listing(self) -> CourseList:
        """All courses. Raises NotConfigured, and Unreachable or Failed where neither service names any."""
        with self.person.progress("read") as progress:
            found = asyncio.run(self._list(progress.step))
        self._tell(found.sources)
        return found

    def details(self, id: str) -> CourseDetails:
        """One course. Raises NotFound, and what a call to the course service raises."""
        found = asyncio.run(self._show(id))
        self._tell(found.sources)
        return found

    def _tell(self, sources: Sources) -> None:
        """Each that did not tell all, once."""
        for line in told_of_sources(sources):
            self.person.warn(line)

    async def _list(self, told: Told) -> CourseList:
        async with self.services() as client:
            school = _School(TimelyClient(client, ANSWER_S), told)
            try:
                return await school.figures(await school.people.courses())
            except NotOffered as none:
                self.person.warn(f"{none.message}; these are the courses that enrollments name")
                return await school.named(None)
            except NotConfigured:
                raise
            except (Unreachable, Failed) as silent:
                return await school.named(silent)

    async def _show(self, id: str) -> CourseDetails:
        async with self.services() as client:
            school = _School(TimelyClient(client, ANSWER_S), lambda: None)
            course = await school.people.course(id)
            if course is None:
                raise NotFound("not_found", f"there is no course {id!r}", "shema courses list")
            looking = self.names.start(teachers_of(course)) if self.person.looks_at_tables else None
            found = await school.figures([course])
        names = looking.join() if looking else Names()
        if names.problem:
            self.person.warn(names.problem)
        return CourseDetails(found.courses[0], found.sources, names)


class _School:
    def __init__(self, client: TimelyClient, told: Told) -> None:
        self.people = PeopleSource(client)
        self._enrollments = EnrollmentSource(client)
        self._told = told

    async def figures(self, courses: Sequence[Course]) -> CourseList:
        """These courses, each with its seats and who waits: what can be told of them, a few at a time."""
        ids = [course.id for course in courses]
        seats, pending = await asyncio.gather(
            self._asked(ids, self._enrollments.capacity), self._asked(ids, self._pending)
        )
        return _put_together(courses, seats, pending)

    async def named(self, silent: ShemaError | None) -> CourseList:
        """The courses that enrollments name; their titles and seats too, unless the course service is `silent`."""
        try:
            pending = await self._named_by_enrollments()
        except ShemaError as error:
            raise (silent or error) from None
        ids = sorted(pending)
        nameless = [Course(id, None, None) for id in ids]
        if silent is not None:
            listed = _put_together(nameless, dict.fromkeys(ids, silent), pending)
            return replace(listed, named_by=ENROLLMENT, sources={**listed.sources, COURSE: Source.of(silent)})
        told, seats = await asyncio.gather(
            self._asked(ids, self.people.course), self._asked(ids, self._enrollments.capacity)
        )
        titled = [found if isinstance(found := told[course.id], Course) else course for course in nameless]
        listed = _put_together(titled, seats, pending)
        course = _stands([*told.values(), *seats.values()])
        return replace(listed, named_by=ENROLLMENT, sources={**listed.sources, COURSE: course})

    async def _named_by_enrollments(self) -> dict[str, int]:
        """Every course that an enrollment names → how many pending ones do."""
        named: dict[str, int] = {}
        async for page in self._enrollments.pages(EnrollmentQuery()):
            _require_readable(page)
            for enrollment in page.enrollments:
                named[enrollment.course_id] = named.get(enrollment.course_id, 0) + (enrollment.status == PENDING)
                self._told()
        return named

    async def _pending(self, course_id: str) -> int:
        """How many wait for a course."""
        number = 0
        async for page in self._enrollments.pages(EnrollmentQuery(PENDING, course_id)):
            _require_readable(page)
            number += len(page.enrollments)
        return number

    async def _asked(self, ids: Sequence[str], read: Callable[[str], Awaitable[T]]) -> dict[str, T | ShemaError]:
        try:
            return await each(ids, read, self._told)
        except NotConfigured as error:
            return dict.fromkeys(ids, error)


def _require_readable(page: EnrollmentPage) -> None:
    """Raises Failed where one of a page cannot be read: it is not known for which course it is."""
    if page.unreadable:
        one = page.unreadable[0]
        raise Failed("bad_answer", f"{one.id} in the list of enrollments: {one.problem}", "shema enrollments list")


def _put_together(
    courses: Sequence[Course], seats: Mapping[str, Capacity | ShemaError], pending: Mapping[str, int | ShemaError]
) -> CourseList:
    figures = []
    for course in courses:
        capacity, waiting = seats[course.id], pending[course.id]
        figures.append(
            CourseFigures(
                course,
                capacity if isinstance(capacity, Capacity) else None,
                waiting if isinstance(waiting, int) else None,
            )
        )
    return CourseList(tuple(figures), {COURSE: _stands(seats.values()), ENROLLMENT: _stands(pending.values())})


def _stands(answers: Iterable[object]) -> Source:
    """How a source stands that gave these: one that failed is enough to say so."""
    return next((Source.of(one) for one in answers if isinstance(one, ShemaError)), Source())
