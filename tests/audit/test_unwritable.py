"""A trail that cannot be written refuses the change: nothing is done, and the error names the key (contract 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis

from shema_cli.store import keys
from tests.support.cli import Run, shema
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey

LAST = f"{2**64 - 1}-{2**64 - 1}"


def wrong_type(client: redis.Redis) -> None:
    client.set(keys.AUDIT, "x")


def exhausted(client: redis.Redis) -> None:
    client.xadd(keys.AUDIT, {"a": "b"}, id=LAST)


def denied(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "-xadd")


BREAKAGES = [wrong_type, exhausted, denied]
Break = Callable[[redis.Redis], None]


@pytest.fixture
def env(base_env: dict[str, str], server: HttpServer, valkey: Valkey) -> dict[str, str]:
    serve_identity(server)
    return {**base_env, **signed_in(server.url.removeprefix("http://")), "REDIS_URL": valkey.url}


@pytest.fixture
def client(valkey: Valkey) -> Iterator[redis.Redis]:
    with valkey.client() as opened:
        yield opened
        opened.execute_command("ACL", "SETUSER", "default", "+@all")


def refused(run: Run) -> None:
    assert run.code == 1, run.err
    error = run.json["error"]
    assert (error["code"], keys.AUDIT in error["message"]) == ("audit_unwritable", True), error
    assert "nothing was changed" in error["message"]
    assert error["hint"]


@pytest.mark.parametrize("broken", BREAKAGES)
def test_register_and_deregister(env: dict[str, str], client: redis.Redis, broken: Break) -> None:
    client.hset(f"{keys.REGISTRY_PREFIX}pay", "http://pay:1/", "{}")
    broken(client)
    before = client.hgetall(f"{keys.REGISTRY_PREFIX}pay")
    for argv in (
        ("register", "pay", "http://pay:2"),
        ("register", "pay", "http://pay:1"),
        ("deregister", "pay", "http://pay:1"),
    ):
        refused(shema("services", *argv, "--yes", "--json", env=env))
        assert client.hgetall(f"{keys.REGISTRY_PREFIX}pay") == before
