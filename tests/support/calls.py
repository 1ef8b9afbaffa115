"""A client made of real parts, with a clock that tests set and pauses that nobody waits for."""

from __future__ import annotations

import base64
import json
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shema_cli.admin import Admin
from shema_cli.calls.circuit import Breaker, SharedState
from shema_cli.calls.client import ServiceClient, open_client
from shema_cli.context import AppContext
from shema_cli.state import StateDir
from tests.support.http import HttpServer
from tests.support.proxy import FaultProxy
from tests.support.world import NOW, StillClock, app_of

SECRET = "a-secret-of-more-than-thirty-two-bytes"


@dataclass
class Pauses:
    """Counts the pauses instead of making them."""

    made: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.made.append(seconds)


@dataclass
class World:
    """One command's world, and what was seen of it."""

    app: AppContext
    clock: StillClock
    pauses: Pauses
    calls: list[dict[str, object]]

    def client(self) -> ServiceClient:
        app = self.app
        return open_client(
            app.settings,
            app.state,
            self.clock,
            lambda: app.store,
            actor=app.admin,
            warn=app.output.warn,
            log=self.calls.append,
            sleep=self.pauses,
            random=lambda: 0.0,
        )

    @property
    def stderr(self) -> str:
        return self.app.output.streams.stderr.bytes.decode()  # type: ignore[attr-defined]


def open_world(folder: Path, variables: Mapping[str, str], *, clock: StillClock | None = None) -> World:
    environ = {
        "SHEMA_CONFIG_DIR": str(folder / "config"),
        "SHEMA_STATE_DIR": str(folder / "state"),
        "SERVICE_JWT_SECRET": SECRET,
        **variables,
    }
    clock = clock or StillClock()
    return World(app_of(environ, clock), clock, Pauses(), [])


def admin(uid: str = "u1", email: str = "admin@shema.test") -> Admin:
    return Admin(uid, email, "id-token", NOW + timedelta(hours=1), True, "session")


def new_breaker(
    folder: Path, clock: StillClock, warnings: list[str] | None = None, *, state: type[StateDir] = StateDir
) -> Breaker:
    """Its database is closed with it: Python 3.13 complains of one that is left open."""
    told = [] if warnings is None else warnings
    shared = SharedState(state(folder / "state", warn=told.append), told.append)
    breaker = Breaker(shared, clock)
    weakref.finalize(breaker, shared.close)
    return breaker


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


OpenWorld = Callable[..., World]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[OpenWorld]:
    """Opens worlds that share one state folder: `world(USER_SERVICE_URL=…)`."""
    opened: list[World] = []

    def open_one(**variables: str) -> World:
        opened.append(open_world(tmp_path, variables))
        return opened[-1]

    yield open_one
    for one in opened:
        one.app.close()


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield server


@pytest.fixture
def other_server() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield server


@pytest.fixture
def proxy(server: HttpServer) -> Iterator[FaultProxy]:
    with FaultProxy(server.port) as proxy:
        yield proxy
