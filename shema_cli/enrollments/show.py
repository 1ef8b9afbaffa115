"""`enrollments list` and `show`: what the services tell, beside what was decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from shema_cli.enrollments.decide import read_decisions
from shema_cli.enrollments.results import Capacity, Decision, Enrollment, EnrollmentDetails, EnrollmentList, named_in
from shema_cli.enrollments.source import EnrollmentQuery, EnrollmentSource, each
from shema_cli.enrollments.status import PENDING
from shema_cli.errors import NotConfigured, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.people.ahead import NamesAhead
from shema_cli.people.results import COURSE, Names

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.clock import Clock
    from shema_cli.output.person import Person
    from shema_cli.people.names import NameBook
    from shema_cli.store.connection import Store

Told = Callable[[], object]
SEATS_S = 2.0
"""For all of them."""


@dataclass(frozen=True)
class EnrollmentReader:
    """Reads enrollments with the names in them, and for whoever looks at them with the seats of their courses."""

    services: Callable[[], ServiceClient]
    store: Store
    clock: Clock
    person: Person
    names: NameBook

    def listing(self, query: EnrollmentQuery, limit: int | None) -> EnrollmentList:
        """Enrollments, page after page, up to `limit`; courses of the pending ones.

        Raises what a call to the enrollment service raises. Decisions, names and seats that cannot be had are left
        out, with a warning.
        """
        with self.person.progress("read") as progress:
            return asyncio.run(self._list(query, limit, progress.step))

    def details(self, id: str) -> EnrollmentDetails:
        """One enrollment with its decision. Raises NotFound, and what a call to the enrollment service raises."""
        return asyncio.run(self._show(id))

    async def _list(self, query: EnrollmentQuery, limit: int | None, told: Told) -> EnrollmentList:
        async with self.services() as client:
            source = EnrollmentSource(client)
            found: list[Enrollment] = []
            cursor = None
            async with NamesAhead(self.names, client) as ahead:
                async for page in source.pages(query, limit=limit):
                    found += page.enrollments
                    for one in page.unreadable:
                        self.person.warn(f"{one.id} is passed over: {one.problem}")
                    cursor = page.next_cursor
                    if page.more_follows:
                        ahead.ask(*named_in(page.enrollments))
                    for _ in page.enrollments:
                        told()
            looking = self.names.start(*named_in(found))
            seats, problem = await self._seats(source, [e.course_id for e in found if e.status == PENDING])
        decisions = self._decisions([enrollment.id for enrollment in found])
        names = self._named(looking.join(), problem)
        return EnrollmentList(tuple(found), cursor, self.clock.now(), decisions, names, seats)

    async def _show(self, id: str) -> EnrollmentDetails:
        async with self.services() as client:
            source = EnrollmentSource(client)
            found = await source.enrollment(id)
            looking = self.names.start([found.student_id], [found.course_id])
            seats, problem = await self._seats(source, [found.course_id])
        decision = self._decisions([id]).get(id)
        names = self._named(looking.join(), problem)
        return EnrollmentDetails(
            found, decision, names.of(found.student_id, found.course_id), seats.get(found.course_id)
        )

    async def _seats(self, source: EnrollmentSource, courses: list[str]) -> tuple[dict[str, Capacity], str | None]:
        """Seats by course, and why some are not known. They are beside the point of a list, and wait as names do."""
        if not self.person.looks_at_tables:
            return {}, None
        ends_at = asyncio.get_running_loop().time() + SEATS_S

        async def capacity(course: str) -> Capacity:
            try:
                async with asyncio.timeout_at(ends_at):
                    return await source.capacity(course)
            except TimeoutError:
                raise _no_seats_in_time() from None

        try:
            seats = await each(courses, capacity)
        except NotConfigured as error:
            return {}, error.message
        problems = [one.message for one in seats.values() if isinstance(one, ShemaError)]
        known = {id: capacity for id, capacity in seats.items() if isinstance(capacity, Capacity)}
        return known, problems[0] if problems else None

    def _named(self, names: Names, seats_problem: str | None) -> Names:
        """These, with one warning of all that is not known, for whoever looks at them."""
        of_seats = [seats_problem] if seats_problem and COURSE not in names.silent else []
        problems = [*names.silent.values(), *of_seats]
        if problems and self.person.looks_at_tables:
            self.person.warn(f"some names or seats are not known: {'; '.join(dict.fromkeys(problems))}")
        return names

    def _decisions(self, ids: list[str]) -> dict[str, Decision]:
        """Reading goes on without Redis: what was decided is then not shown, and that is said."""
        try:
            decisions = read_decisions(self.store, ids)
        except ShemaError as error:
            self.person.warn(f"decisions are not shown: {error.message}")
            return {}
        for broken in decisions.unreadable.values():
            self.person.warn(broken.message)
        return decisions.standing


def _no_seats_in_time() -> Unreachable:
    what = f"the course service did not tell all seats within {SEATS_S:g} s"
    return Unreachable("service_slow", what, "shema services health course")
