"""What the enrollment and course services tell (contract 1.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from shema_cli.calls.reply import Reply, ServiceNotFound
from shema_cli.calls.request import Timeout, segment
from shema_cli.enrollments.results import Capacity, Enrollment, UnreadableEnrollment
from shema_cli.errors import Failed, InvalidUsage, NotFound, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.json_text import not_utf8
from shema_cli.people.source import NOT_OFFERED, Services, not_offered

LARGEST_PAGE = 100
AT_ONCE = 8

T = TypeVar("T")


@dataclass(frozen=True)
class EnrollmentQuery:
    """Which enrollments are wanted; None: any."""

    status: str | None = None
    course: str | None = None
    student: str | None = None

    def wants(self, enrollment: Enrollment) -> bool:
        return (
            self.status in (None, enrollment.status)
            and self.course in (None, enrollment.course_id)
            and self.student in (None, enrollment.student_id)
        )

    def describe(self) -> str:
        """`--status pending --course c1`."""
        given = {"--status": self.status, "--course": self.course}
        return " ".join(f"{flag} {value}" for flag, value in given.items() if value is not None)

    def params(self) -> dict[str, str]:
        given = {"status": self.status, "course_id": self.course, "student_id": self.student}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class EnrollmentPage:
    """`unreadable` are those that are no enrollments; where all of them are none, the page is no page.

    `more_follows` where another page is read after this one.
    """

    enrollments: tuple[Enrollment, ...]
    cursor: str | None
    next_cursor: str | None
    unreadable: tuple[UnreadableEnrollment, ...] = ()
    more_follows: bool = False


class EnrollmentSource:
    """Reads enrollments and courses through one client."""

    def __init__(self, client: Services) -> None:
        self._client = client

    async def pages(self, query: EnrollmentQuery, *, limit: int | None = None) -> AsyncIterator[EnrollmentPage]:
        """Page after page until there are no more, or `limit` enrollments were given.

        An enrollment that moves from page to page while the list changes is given once. Raises what a call raises, and
        BadAnswer for a page that is not one and for a cursor that leads in a circle.
        """
        seen: set[str] = set()
        cursors: set[str | None] = {None}
        cursor: str | None = None
        while limit is None or len(seen) < limit:
            wanted = LARGEST_PAGE if limit is None else min(LARGEST_PAGE, limit - len(seen))
            page, reply = await self._page(query, cursor, wanted)
            new = [e for e in page.enrollments if query.wants(e) and e.id not in seen]
            new = new if limit is None else new[: limit - len(seen)]
            seen.update(enrollment.id for enrollment in new)
            more = page.next_cursor is not None and (limit is None or len(seen) < limit)
            yield replace(page, enrollments=tuple(new), more_follows=more)
            if page.next_cursor is None:
                return
            if page.next_cursor in cursors:
                raise reply.bad_answer("next_cursor leads back to a page that was read already")
            cursors.add(page.next_cursor)
            cursor = page.next_cursor

    async def _page(self, query: EnrollmentQuery, cursor: str | None, limit: int) -> tuple[EnrollmentPage, Reply]:
        if not_utf8("".join(query.params().values())):
            raise InvalidUsage("bad_filter", "--course: that is not UTF-8 text", "shema enrollments list")
        params = query.params() | {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        may_lack = NOT_OFFERED if query.student is not None else frozenset[int]()
        path = "/api/enrollments"
        reply = await self._client.request(
            "enrollment", "GET", path, params=params, timeout=Timeout.DATABASE, answers=may_lack
        )
        if reply.status in may_lack:
            raise not_offered(reply, "list of a student's enrollments")
        reply.raise_for_status()
        document = reply.json()
        if not isinstance(document, dict) or not isinstance(document.get("enrollments"), list):
            raise reply.bad_answer("it has no list of enrollments")
        following = document.get("next_cursor")
        if following is not None and not isinstance(following, str):
            raise reply.bad_answer("next_cursor is not text")
        read = [_read(one, reply.request_id) for one in document["enrollments"]]
        found = tuple(one for one in read if isinstance(one, Enrollment))
        unreadable = tuple(one for one in read if isinstance(one, UnreadableEnrollment))
        if unreadable and not found:
            raise reply.bad_answer(unreadable[0].problem)
        return EnrollmentPage(found, cursor, following or None, unreadable), reply

    async def of_student(self, student_id: str) -> list[Enrollment]:
        """A student's enrollments, a page of them. Raises what a call raises, BadAnswer too where it lists others'."""
        page, reply = await self._page(EnrollmentQuery(student=student_id), None, LARGEST_PAGE)
        if any(one.student_id != student_id for one in page.enrollments):
            raise reply.bad_answer("it lists enrollments of other students too")
        return list(page.enrollments)

    async def enrollment(self, id: str) -> Enrollment:
        """One enrollment. Raises NotFound when there is none, and what a call raises."""
        try:
            path = f"/api/enrollments/{segment(id)}"
        except Failed:
            raise _no_enrollment(id) from None
        try:
            reply = await self._get("enrollment", path)
        except ServiceNotFound:
            raise _no_enrollment(id) from None
        found = _parsed(reply, Enrollment.parse, reply.json())
        if found.id != id:
            raise reply.bad_answer(f"asked for enrollment {id!r}, told of {found.id!r}")
        return found

    async def capacity(self, course_id: str) -> Capacity:
        """A course's seats. Raises what a call raises."""
        reply = await self._get("course", f"/api/courses/{segment(course_id)}/capacity")
        return _parsed(reply, lambda document, _: Capacity.parse(document), reply.json())

    async def _get(self, service: str, path: str) -> Reply:
        reply = await self._client.request(service, "GET", path)
        return reply.raise_for_status()


async def each(
    ids: Iterable[str], read: Callable[[str], Awaitable[T]], told: Callable[[], object] = lambda: None
) -> dict[str, T | ShemaError]:
    """What `read` gives for each id, or the error that it ended in; a few at a time. `told` is called after each.

    Raises NotConfigured: what is not set is not set for any of them.
    """
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(id: str) -> tuple[str, T | ShemaError]:
        async with slots:
            try:
                return id, await read(id)
            except InvalidUsage:
                raise
            except ShemaError as error:
                return id, error
            finally:
                told()

    return dict(await asyncio.gather(*(one(id) for id in dict.fromkeys(ids))))


def _no_enrollment(id: str) -> NotFound:
    return NotFound("not_found", f"there is no enrollment {id!r}", "shema enrollments list")


def _read(document: object, request_id: str) -> Enrollment | UnreadableEnrollment:
    try:
        return Enrollment.parse(document, request_id)
    except ValueError as error:
        return UnreadableEnrollment.of(document, str(error))


def _parsed(reply: Reply, parse: Callable[[object, str], T], document: object) -> T:
    try:
        return parse(document, reply.request_id)
    except ValueError as error:
        raise reply.bad_answer(str(error)) from None
