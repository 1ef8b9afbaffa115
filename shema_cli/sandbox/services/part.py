"""The eight services, and one as it runs: its app on a port, its subscriptions, its entry in the registry."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from redis.exceptions import RedisError

from shema_cli.calls.client import ServiceClient, open_client
from shema_cli.clock import Clock, iso
from shema_cli.frozen import dataclass
from shema_cli.sandbox.school.data import School
from shema_cli.sandbox.services.auth import AuthService
from shema_cli.sandbox.services.booking import BookingService
from shema_cli.sandbox.services.bus import Bus
from shema_cli.sandbox.services.chat import ChatService
from shema_cli.sandbox.services.course import CourseService
from shema_cli.sandbox.services.enrollment import EnrollmentService
from shema_cli.sandbox.services.recommendation import RecommendationService
from shema_cli.sandbox.services.schedule import ScheduleService
from shema_cli.sandbox.services.service import Service, ServiceWorld
from shema_cli.sandbox.services.user import UserService
from shema_cli.sandbox.services.web import service_app
from shema_cli.sandbox.system.control_client import PartDocument
from shema_cli.sandbox.system.endpoint import Endpoint, FaultyApp
from shema_cli.sandbox.system.faults import Fault
from shema_cli.sandbox.system.logbook import Logbook
from shema_cli.settings.sources import load_settings
from shema_cli.state import StateDir
from shema_cli.store import keys
from shema_cli.store.connection import Store

# In the order of the ports that `.env.example` gives them.
KINDS = (
    AuthService,
    UserService,
    CourseService,
    BookingService,
    ChatService,
    RecommendationService,
    EnrollmentService,
    ScheduleService,
)

REGISTRATION_TTL_S = 30
RENEW_EVERY_S = 10
TICK_S = 1.0


@dataclass(frozen=True)
class Neighbourhood:
    """What all services share."""

    school: School
    logbook: Logbook
    clock: Clock
    secret: str
    redis_url: str
    pause_s: float
    folder: Path


class Part:
    """`up` and `down` as an operator would have it: what is down neither answers nor hears, and stops registering.

    What is `deaf` has lost its subscriptions and nothing else, until it is up anew.
    """

    def __init__(self, kind: type[Service], shared: Neighbourhood, port: int = 0) -> None:
        self.name = kind.name
        self.fault = Fault()
        self.bus = Bus(shared.redis_url, self.name, shared.clock, shared.logbook, shared.pause_s, self.fault.poison)
        self._kind = kind
        self._shared = shared
        self._state = StateDir(shared.folder / "services" / self.name)
        self._faulty = FaultyApp(self.fault)
        self.endpoint = Endpoint(self._faulty, port)
        self._work: list[asyncio.Task[None]] = []

    async def build(self, service_urls: Mapping[str, str]) -> None:
        """Make the service, once the addresses of all are known: they call each other over HTTP."""
        self._service_urls = service_urls
        await self._connect()
        given = ServiceWorld(self._shared.school, self.bus, self._client, self._shared.clock)
        self.service = self._kind(given)
        routes = self.service.routes()
        self._faulty.app = service_app(self.name, routes, self._shared.secret, self._shared.clock)

    async def begin_again(self) -> None:
        """As just started: circuits closed, nothing remembered but what is in the school's tables."""
        await self._disconnect()
        await self._connect()
        self.service.given.others = self._client
        self.service.begin()
        await self.bus.listen(self.service.subscriptions())
        await self.register()

    async def deafen(self) -> None:
        """Hear nothing more, and drop what is in hand."""
        await self.bus.close()

    async def _connect(self) -> None:
        self._client = _new_client(self._shared, self.name, self._service_urls, self._state)
        await self._client.__aenter__()

    async def _disconnect(self) -> None:
        await self._client.__aexit__(None, None, None)
        shutil.rmtree(self._state.path, ignore_errors=True)

    @property
    def app(self) -> FaultyApp:
        """What answers at the port, for those who are in the same process."""
        return self._faulty

    @property
    def is_up(self) -> bool:
        return bool(self._work)

    def document(self) -> PartDocument:
        """Where it is, what is wrong with it on purpose, and what it has done."""
        counts = self._shared.logbook.of(self.name)
        return {
            "name": self.name,
            "url": self.endpoint.url,
            "up": self.is_up,
            "fault": self.fault.document(),
            "published": counts["published"],
            "handled": counts["handled"],
            "dead_letters": counts["dead_letters"],
            "problems": counts["problems"],
        }

    async def up(self) -> None:
        if self.fault.deaf:
            await self.deafen()
        elif not self.bus.listens:
            await self.bus.listen(self.service.subscriptions())
        if self.is_up:
            return
        await self.endpoint.open()
        await self.register()
        self._work = [asyncio.create_task(self._renew()), asyncio.create_task(self._tick())]

    async def down(self) -> None:
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._work = []
        await self.bus.close()
        await self.endpoint.close()

    async def dismantle(self) -> None:
        await self.down()
        await self._disconnect()

    async def register(self) -> None:
        """As each service would: with a ttl, renewed while it lives (contract 1.1)."""
        entry = {
            "healthCheck": "/health",
            "registeredAt": iso(self._shared.clock.now()),
            "lastCheck": None,
            "ttl": REGISTRATION_TTL_S,
            "listens": sorted(self.service.subscriptions()),
        }
        with contextlib.suppress(RedisError, OSError):
            await self.bus.client.hset(f"{keys.REGISTRY_PREFIX}{self.name}", self.endpoint.url, json.dumps(entry))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            await self.register()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self.service.tick()
            except Exception as error:  # a scheduler's work that fails is tried again the next time
                self._shared.logbook.problem(self.name, f"tick failed: {error}")


def _new_client(shared: Neighbourhood, name: str, service_urls: Mapping[str, str], state: StateDir) -> ServiceClient:
    """The command line's own way to a service, with circuits and a name of this service's own; it says nothing."""
    environment = {
        **service_urls,
        "SERVICE_NAME": f"{name}-service",
        "SERVICE_JWT_SECRET": shared.secret,
        "SHEMA_CONFIG_DIR": str(shared.folder / "config"),
    }
    settings = load_settings(environ=environment, cwd=shared.folder)
    return open_client(settings, state, shared.clock, _no_redis, warn=_unsaid)


def _no_redis() -> Store:
    raise AssertionError("a service of the sandbox finds the others by their addresses")


def _unsaid(told: object) -> None:
    return
