"""What every service of the sandbox is given, and what it offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from starlette.routing import Route

from shema_cli.calls.reply import ServiceError, ServiceNotFound
from shema_cli.clock import Clock
from shema_cli.frozen import dataclass
from shema_cli.sandbox.school.data import School
from shema_cli.sandbox.services.bus import Bus, Handler, by_version, json_object
from shema_cli.sandbox.system.logbook import Logbook


class OtherServices(Protocol):
    """The part of `calls.client.ServiceClient` that services use among themselves."""

    async def get_json(self, service: str, path: str, *, params: Mapping[str, str] | None = None) -> object: ...


@dataclass
class ServiceWorld:
    """What a service lives in: its data, its bus, its way to call others, and the time."""

    school: School
    bus: Bus
    others: OtherServices
    clock: Clock


class Service:
    """One of the eight. Its state is in the school's tables; others ask for it over HTTP or hear of it by events."""

    name: ClassVar[str]

    def __init__(self, given: ServiceWorld) -> None:
        self.given = given
        self.school = given.school
        self.bus = given.bus
        self.begin()

    def routes(self) -> list[Route]:
        """Its HTTP endpoints; `/health` is there for all."""
        return []

    def subscriptions(self) -> Mapping[str, Handler]:
        """Channels or patterns, and who handles what comes there."""
        return {}

    def begin(self) -> None:
        """Work out what follows from the school's tables: when made, and when they are as at the start again."""

    async def tick(self) -> None:
        """Called about every second: what a scheduler would do."""

    async def ask(self, service: str, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, object]:
        """What another service answers to a GET. Raises ServiceError (ServiceNotFound for a 404)."""
        return json_object(await self.given.others.get_json(service, path, params=params))

    def versions(self, v1_0: Handler, v1_1: Handler | None = None) -> Handler:
        return by_version(self.bus.logbook, self.name, v1_0, v1_1)


class CachedCourses:
    """Graceful degradation as in the seed's `getCourseWithFallback`: the last good course when its service is away."""

    def __init__(self, others: OtherServices, logbook: Logbook, service: str) -> None:
        self._others = others
        self._logbook = logbook
        self._service = service
        self._last_good: dict[str, Mapping[str, object]] = {}

    async def get(self, course_id: str) -> Mapping[str, object]:
        """The course, or what it was when it was last seen. Raises ServiceError when it never was."""
        try:
            course = json_object(await self._others.get_json("course", f"/api/courses/{course_id}"))
        except ServiceNotFound:
            raise
        except ServiceError:
            if course_id not in self._last_good:
                raise
            self._logbook.problem(self._service, "Course service unavailable, using cached data")
            return self._last_good[course_id]
        self._last_good[course_id] = course
        return course
