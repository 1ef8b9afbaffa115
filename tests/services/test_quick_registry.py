"""The quick way to the registry says what the library says, or leaves it to the library."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from shema_cli.services.quick_registry import QuickRegistry
from shema_cli.services.registry import PREFIX, Registry
from tests.services.conftest import OpenWorld
from tests.services.test_registry import PATH, put
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy
from tests.support.valkey import Valkey, free_port

SERVICES = ("pay", "user", "none")


@pytest.fixture
def guarded() -> Iterator[Valkey]:
    """A server that wants a password."""
    server = Valkey(options=("--requirepass", "se cret")).start()
    yield server
    server.stop()


def fill(client: redis.Redis) -> None:
    put(client, "http://pay:1", ttl=60)
    put(client, "http://pay:2")
    client.hset(f"{PREFIX}pay", "garbage", b"\xff")
    client.set(f"{PREFIX}user", "no hash")


async def test_it_says_what_the_library_says(world: OpenWorld, valkey: Valkey, redis_client: redis.Redis) -> None:
    fill(redis_client)
    found = await QuickRegistry(world(REDIS_URL=valkey.url).app.settings).read(SERVICES)
    assert found == Registry(lambda: redis_client).read(SERVICES)
    assert found
    assert len(found["pay"].registrations) == 2


async def test_another_database_and_a_password(world: OpenWorld, guarded: Valkey) -> None:
    with redis.Redis(port=guarded.port, password="se cret", db=3) as client:
        fill(client)
        expected = Registry(lambda: client).read(SERVICES)
    for sign_in in (":se%20cret", "default:se%20cret"):
        url = f"redis://{sign_in}@127.0.0.1:{guarded.port}/3"
        assert await QuickRegistry(world(REDIS_URL=url).app.settings).read(SERVICES) == expected


async def test_a_wrong_password_is_left_to_the_library(world: OpenWorld, guarded: Valkey) -> None:
    for sign_in in ("", ":wrong@"):
        url = f"redis://{sign_in}127.0.0.1:{guarded.port}/0"
        assert await QuickRegistry(world(REDIS_URL=url).app.settings).read(SERVICES) is None


@pytest.mark.parametrize("scheme", ["rediss", "redis+cluster", "redis+sentinel"])
async def test_what_is_not_one_plain_server_is_left_to_the_library(
    world: OpenWorld, valkey: Valkey, scheme: str
) -> None:
    url = valkey.url.replace("redis", scheme, 1)
    assert await QuickRegistry(world(REDIS_URL=url).app.settings).read(SERVICES) is None


@pytest.mark.parametrize("fault", [Fault.BLACK_HOLE, Fault.RESET, Fault.REFUSE, Fault.GARBAGE, Fault.HALF_BODY])
async def test_a_bad_network_is_left_to_the_library(
    world: OpenWorld, valkey: Valkey, redis_client: redis.Redis, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shema_cli.services.quick_registry.LIMIT_S", 0.1)
    fill(redis_client)
    with FaultProxy(valkey.port) as proxy:
        proxy.fault = fault
        settings = world(REDIS_URL=f"redis://127.0.0.1:{proxy.port}/0").app.settings
        assert await QuickRegistry(settings).read(SERVICES) is None


async def test_nobody_there_is_left_to_the_library(world: OpenWorld) -> None:
    assert await QuickRegistry(world(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0").app.settings).read(["pay"]) is None


CALL = """
import asyncio, sys
from pathlib import Path
from tests.services.support import open_world
world = open_world(Path(sys.argv[1]), {"REDIS_URL": sys.argv[2], "USER_SERVICE_URL": sys.argv[3]})
async def main():
    async with world.client() as client:
        print(await client.get_json("user", "/api/pay"), [i.url for i in await client.discovery.instances("user")])
asyncio.run(main())
print("redis" in sys.modules, "httpx" in sys.modules)
"""


async def test_a_call_loads_neither_the_redis_nor_an_http_library(
    tmp_path: Path, server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    server.on("GET", PATH, Answer(json=1))
    put(redis_client, server.url, service="user")
    command = [sys.executable, "-c", CALL, str(tmp_path), valkey.url, server.url]
    run = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
    assert run.stdout == f"1 ['{server.url}']\nFalse False\n", run.stderr
