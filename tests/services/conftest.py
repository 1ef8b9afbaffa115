from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services.support import World, open_world
from tests.support.http import HttpServer
from tests.support.proxy import FaultProxy

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
