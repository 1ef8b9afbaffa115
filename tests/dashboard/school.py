"""Five services on loopback, and what a test needs to say about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from shema_cli.dashboard.sources import SOURCES, StatSource
from tests.support.http import Answer, HttpServer
from tests.support.signed_in import signed_in

SECRET = "a-secret-of-more-than-thirty-two-bytes"
VALUES = {"user": 1284, "enrollment": 7, "chat": 12, "course": 48, "schedule": 156}
STATS = {
    "total_students": 1284,
    "pending_enrollments": 7,
    "active_chats": 12,
    "total_courses": 48,
    "upcoming_classes": 156,
}
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def source(service: str) -> StatSource:
    return next(one for one in SOURCES if one.service == service)


def good(service: str, value: object = None) -> Answer:
    return Answer(json={source(service).field: VALUES[service] if value is None else value})


@dataclass(frozen=True)
class School:
    """The servers by service name, and the environment that knows them."""

    servers: dict[str, HttpServer]
    env: dict[str, str]

    def answers(self, service: str, *answers: Answer) -> None:
        self.servers[service].on("GET", source(service).path, *answers)

    def fails(self, *services: str) -> None:
        """These services answer 403 from now on: an answer, so no retries and no pauses."""
        for service in services or VALUES:
            self.answers(service, Answer(403, json={"error": "no"}))

    def recovers(self) -> None:
        for service in VALUES:
            self.answers(service, good(service))


@contextmanager
def running_school(env: dict[str, str]) -> Iterator[School]:
    with ExitStack() as stack:
        servers = {service: stack.enter_context(HttpServer()) for service in VALUES}
        urls = {f"{service.upper()}_SERVICE_URL": server.url for service, server in servers.items()}
        school = School(servers, {**env, **signed_in(), **urls, "SERVICE_JWT_SECRET": SECRET})
        school.recovers()
        yield school
