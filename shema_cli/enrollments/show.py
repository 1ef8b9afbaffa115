"""`enrollments list` and `show`: what the services tell, beside what was decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shema_cli.enrollments.decide import read_decisions
from shema_cli.enrollments.results import (
    PENDING,
    Capacity,
    Decision,
    Enrollment,
    EnrollmentDetails,
    EnrollmentList,
)
from shema_cli.enrollments.source import EnrollmentQuery, EnrollmentSource, each
from shema_cli.errors import NotConfigured, ShemaError

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.clock import Clock
    from shema_cli.output.person import Person
    from shema_cli.store.connection import Store

Told = Callable[[], object]


@dataclass(frozen=True)
class EnrollmentReader:
    """Reads enrollments for whoever looks at them: at a terminal with the titles and seats of their courses."""

    services: Callable[[], ServiceClient]
    store: Store
    clock: Clock
    person: Person

    def listing(self, query: EnrollmentQuery, limit: int | None) -> EnrollmentList:
        """Enrollments, page after page, up to `limit`; courses of the pending ones.

        Raises what a call to the enrollment service raises. Decisions, titles and seats that cannot be had are left
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
            async for page in source.pages(query, limit=limit):
                found += page.enrollments
                for one in page.unreadable:
                    self.person.warn(f"{one.id} is passed over: {one.problem}")
                cursor = page.next_cursor
                for _ in page.enrollments:
                    told()
            titles, seats = await self._courses(source, [e.course_id for e in found if e.status == PENDING])
        decisions = self._decisions([enrollment.id for enrollment in found])
        return EnrollmentList(tuple(found), cursor, self.clock.now(), decisions, titles, seats)

    async def _show(self, id: str) -> EnrollmentDetails:
        async with self.services() as client:
            source = EnrollmentSource(client)
            found = await source.enrollment(id)
            titles, seats = await self._courses(source, [found.course_id])
        decision = self._decisions([id]).get(id)
        return EnrollmentDetails(found, decision, titles.get(found.course_id), seats.get(found.course_id))

    async def _courses(
        self, source: EnrollmentSource, courses: list[str]
    ) -> tuple[dict[str, str], dict[str, Capacity]]:
        """Titles and seats by course. They are beside the point of a list: what is not known is left out, and said."""
        if not self.person.looks_at_tables:
            return {}, {}
        try:
            titles = await each(courses, source.title)
            seats = await each(courses, source.capacity)
        except NotConfigured as error:
            self.person.warn(f"titles and seats are not shown: {error.message}")
            return {}, {}
        if errors := [one for one in (*titles.values(), *seats.values()) if isinstance(one, ShemaError)]:
            self.person.warn(f"titles or seats of some courses are not known: {errors[0].message}")
        known = {id: title for id, title in titles.items() if isinstance(title, str)}
        return known, {id: capacity for id, capacity in seats.items() if isinstance(capacity, Capacity)}

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
