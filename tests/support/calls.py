"""A client made of real parts, with a clock that tests set and pauses that nobody waits for."""

from __future__ import annotations

import base64
import json
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shema_cli.auth.gate import Admin
from shema_cli.calls.circuit import Breaker, SharedState
from shema_cli.calls.client import ServiceClient, open_client
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams
from shema_cli.state import StateDir
from tests.support.cli import CapturedStream
from tests.support.http import HttpServer
from tests.support.proxy import FaultProxy

SECRET = "a-secret-of-more-than-thirty-two-bytes"
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@dataclass
class SetClock:
    """Stands still until it is told to move."""

    at: datetime = NOW
    passed: float = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.passed += seconds


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
    clock: SetClock
    pauses: Pauses
    calls: list[dict[str, object]]

    def client(self) -> ServiceClient:
        app = self.app
        return open_client(
            app.settings,
            app.state,
            self.clock,
            lambda: app.store.client,
            actor=app.admin,
            warn=app.output.warn,
            log=self.calls.append,
            sleep=self.pauses,
            random=lambda: 0.0,
        )

    @property
    def stderr(self) -> str:
        return self.app.output.streams.stderr.bytes.decode()  # type: ignore[attr-defined]


def open_world(folder: Path, variables: Mapping[str, str], *, clock: SetClock | None = None) -> World:
    environ = {
        "SHEMA_CONFIG_DIR": str(folder / "config"),
        "SHEMA_STATE_DIR": str(folder / "state"),
        "SERVICE_JWT_SECRET": SECRET,
        **variables,
    }
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), environ)
    app = AppContext.open(streams, GlobalOptions(), "test")
    world = World(app, clock or SetClock(), Pauses(), [])
    app.clock = world.clock
    return world


def admin(uid: str = "u1", email: str = "admin@shema.test") -> Admin:
    return Admin(uid, email, "id-token", NOW + timedelta(hours=1), True, "session")


def new_breaker(
    folder: Path, clock: SetClock, warnings: list[str] | None = None, *, state: type[StateDir] = StateDir
) -> Breaker:
    """Its database is closed with it: Python 3.13 complains of one that is left open."""
    told = [] if warnings is None else warnings
    shared = SharedState(state(folder / "state"), told.append)
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
