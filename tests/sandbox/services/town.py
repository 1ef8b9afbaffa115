"""All eight services of a sandbox in this process: no port, no Redis; what is published is heard at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import fakeredis
from starlette.types import ASGIApp, Receive, Scope, Send

from shema_cli.calls.reply import CallFacts, ServiceError, ServiceNotFound
from shema_cli.calls.tokens import issue
from shema_cli.events.envelope import encode_json
from shema_cli.sandbox.school.data import School, new_school
from shema_cli.sandbox.services.bus import Bus
from shema_cli.sandbox.services.part import KINDS
from shema_cli.sandbox.services.service import Service, ServiceWorld
from shema_cli.sandbox.services.web import InsideAnswer, request, service_app
from shema_cli.sandbox.system.logbook import Logbook
from shema_cli.store.glob import matches
from tests.support.world import StillClock

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SECRET = "a-secret-of-more-than-thirty-two-bytes"


@dataclass
class Town:
    """The services by name. What is `away` neither answers nor hears."""

    school: School = field(default_factory=lambda: new_school(NOW))
    clock: StillClock = field(default_factory=lambda: StillClock(NOW))
    logbook: Logbook = field(default_factory=Logbook)
    published: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    services: dict[str, Service] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in KINDS:
            bus = _TownBus("redis://127.0.0.1:1", kind.name, self.clock, self.logbook, 0.0)
            bus.client = fakeredis.FakeAsyncRedis(protocol=2)
            bus.town = self
            self.services[kind.name] = kind(ServiceWorld(self.school, bus, self, self.clock))

    def app(self, name: str) -> ASGIApp:
        return service_app(name, self.services[name].routes(), SECRET, self.clock)

    async def ask(
        self,
        name: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> InsideAnswer:
        """An answer of one service, asked with a token that it takes unless another is given."""
        app = self.app(name)

        async def with_query(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "query_string": urlencode(query or {}).encode()}, receive, send)

        good, _ = issue(SECRET, "test", None, self.clock.now())
        return await request(with_query, method, path, good if token is None else token, body)

    async def get_json(self, service: str, path: str, *, params: Mapping[str, str] | None = None) -> object:
        """How the services ask each other."""
        if service in self.away:
            raise ServiceError("service_unavailable", f"{service} is away", "", CallFacts(service))
        answer = await self.ask(service, "GET", path, query=params)
        if answer.status == 404:
            raise ServiceNotFound("not_found", "not found", "", CallFacts(service))
        assert answer.status == 200, answer
        return answer.body

    async def hear(self, channel: str, document: Mapping[str, object], payload: bytes | None = None) -> None:
        """Every service that listens there handles a message, as its bus has it."""
        for name, service in self.services.items():
            for wanted, handler in service.subscriptions().items():
                if name not in self.away and matches(wanted.encode(), channel.encode()):
                    await service.bus._attempt(channel, payload or encode_json(document), handler)

    def data_on(self, channel: str) -> list[Any]:
        return [document["data"] for name, document in self.published if name == channel]


class _TownBus(Bus):
    town: Town

    async def publish_message(self, channel: str, document: Mapping[str, object]) -> bool:
        self.town.published.append((channel, document))
        self.logbook.published(self.service, channel)
        await self.town.hear(channel, document)
        return True


def announced(channel: str, data: Mapping[str, object], version: str | None = "1.0") -> dict[str, object]:
    """An event as somebody else would have published it."""
    event: dict[str, object] = {
        "eventType": channel.upper().replace(".", "_"),
        "eventId": "evt_test",
        "timestamp": "2026-03-01T08:00:00.000Z",
        "data": data,
    }
    return event if version is None else event | {"version": version}
