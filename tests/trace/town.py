"""User, enrollment and course service of a small town in one, and a tracer that asks nobody but Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from shema_cli.calls.client import ServiceClient
from shema_cli.clock import SystemClock
from shema_cli.errors import NotConfigured
from shema_cli.store.connection import Store
from shema_cli.trace.look import Tracer
from shema_cli.trace.results import Trace
from tests.enrollments.school import SECRET, School, enrollment
from tests.people.registry import People, user
from tests.support.http import Answer, HttpServer, Request


class Town(HttpServer):
    """`lacks`: a list of a student's enrollments is answered with this status."""

    def __init__(self) -> None:
        super().__init__()
        self.people = People()
        self.school = School()
        self.lacks: int | None = None
        self.people.add(
            user("s1", "Budi Santoso", phone="+62 812-3456-789"),
            user("s2", "Budi Santoso"),
            user("s3", "Siti Budiarti", "siti@shema.test"),
        )
        self.people.courses = {"c1": {"id": "c1", "title": "Piano Dasar", "level": "beginner"}}
        self.school.add(enrollment(1), enrollment(2, status="approved"), enrollment(3), enrollment(14, student_id="s1"))

    def answer(self, request: Request) -> Answer:
        if request.path.startswith(("/api/users", "/api/courses")):
            return self.people.respond(request)
        if "student_id" in request.query and self.lacks:
            return Answer(self.lacks)
        return self.school.answer(request)

    @property
    def variables(self) -> dict[str, str]:
        services = {f"{name}_SERVICE_URL": self.url for name in ("USER", "ENROLLMENT", "COURSE")}
        return {**services, "SERVICE_JWT_SECRET": SECRET}

    def end(self) -> None:
        self.people.hold.set()
        self.school.held.set()


class Nobody:
    """A client where no service is configured."""

    async def request(self, service: str, *_: Any, **__: Any) -> Any:
        raise NotConfigured("service_not_configured", f"{service} is not configured")


@asynccontextmanager
async def nobody() -> AsyncIterator[ServiceClient]:
    yield cast(ServiceClient, Nobody())


def tracer(store: Store) -> Tracer:
    return Tracer(cast(Any, nobody), lambda: store, SystemClock())


def traced(store: Store, id: str) -> Trace:
    """What Redis has of an id. Raises what `Tracer.trace` raises."""
    found = tracer(store).trace(id)
    assert isinstance(found, Trace)
    return found
