"""What every service of the sandbox is given, and what it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from starlette.routing import Route

from shema_cli.clock import Clock
from shema_cli.sandbox.school.school import School
from shema_cli.sandbox.services.bus import Bus, Handler, by_version


class Caller(Protocol):
    """The part of `services.client.ServiceClient` that services use among themselves."""

    async def get_json(self, service: str, path: str, *, params: Mapping[str, str] | None = None) -> Any: ...


@dataclass
class Surroundings:
    """A service's world: its data, its bus, its way to call others, and the time."""

    school: School
    bus: Bus
    call: Caller
    clock: Clock


class Service:
    """One of the eight. Its state is in the school's tables; others ask for it over HTTP or hear of it by events."""

    name: ClassVar[str]

    def __init__(self, given: Surroundings) -> None:
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

    def versions(self, v1_0: Handler, v1_1: Handler | None = None) -> Handler:
        return by_version(self.bus.journal, self.name, v1_0, v1_1)
