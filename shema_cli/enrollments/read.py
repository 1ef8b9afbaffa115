"""`enrollments list` and `show`: what the services tell, beside what was decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from shema_cli.enrollments.decide import read_decisions
from shema_cli.enrollments.models import PENDING, Capacity, Decision, Enrollment
from shema_cli.enrollments.results import Listing, Shown
from shema_cli.enrollments.source import Query, Source, each
from shema_cli.errors import NotConfigured, ShemaError
from shema_cli.output.progress import Progress

if TYPE_CHECKING:
    from shema_cli.context import AppContext

Told = Callable[[], object]


def list_now(app: AppContext, query: Query, limit: int | None) -> Listing:
    """`list_enrollments`, with courses where somebody looks at a terminal, and progress on long lists."""
    with Progress(app.output.streams, app.clock, "read") as progress:
        return asyncio.run(list_enrollments(app, query, limit, with_courses=app.output.drawn, told=progress.step))


def show_now(app: AppContext, id: str) -> Shown:
    return asyncio.run(show_enrollment(app, id, with_course=app.output.drawn))


async def list_enrollments(
    app: AppContext, query: Query, limit: int | None, *, with_courses: bool, told: Told = lambda: None
) -> Listing:
    """Enrollments, page after page, up to `limit`; with course titles and seats of the pending ones if asked.

    Raises what a call to the enrollment service raises. Decisions, titles and seats that cannot be had are left out,
    with a warning.
    """
    async with app.services() as client:
        source = Source(client)
        found: list[Enrollment] = []
        cursor = None
        async for page in source.pages(query, limit=limit):
            found += page.enrollments
            cursor = page.next_cursor
            for _ in page.enrollments:
                told()
        courses = [e.course_id for e in found if e.status == PENDING] if with_courses else []
        titles, seats = await _courses(app, source, courses)
    decisions = _decisions(app, [enrollment.id for enrollment in found])
    return Listing(tuple(found), cursor, app.clock.now(), decisions, titles, seats)


async def show_enrollment(app: AppContext, id: str, *, with_course: bool) -> Shown:
    """One enrollment with its decision. Raises NotFound, and what a call to the enrollment service raises."""
    async with app.services() as client:
        source = Source(client)
        found = await source.enrollment(id)
        titles, seats = await _courses(app, source, [found.course_id] if with_course else [])
    decision = _decisions(app, [id]).get(id)
    return Shown(found, decision, titles.get(found.course_id), seats.get(found.course_id))


async def _courses(app: AppContext, source: Source, courses: list[str]) -> tuple[dict[str, str], dict[str, Capacity]]:
    """Titles and seats by course. They are beside the point of a list: what is not known is left out, and said."""
    try:
        titles = await each(courses, source.title)
        seats = await each(courses, source.capacity)
    except NotConfigured as error:
        app.output.warn(f"titles and seats are not shown: {error.message}")
        return {}, {}
    if errors := [one for one in (*titles.values(), *seats.values()) if isinstance(one, ShemaError)]:
        app.output.warn(f"titles or seats of some courses are not known: {errors[0].message}")
    known = {id: title for id, title in titles.items() if isinstance(title, str)}
    return known, {id: capacity for id, capacity in seats.items() if isinstance(capacity, Capacity)}


def _decisions(app: AppContext, ids: list[str]) -> dict[str, Decision]:
    """Reading goes on without Redis: what was decided is then not shown, and that is said."""
    try:
        return read_decisions(app.store, ids)
    except ShemaError as error:
        app.output.warn(f"decisions are not shown: {error.message}")
        return {}
