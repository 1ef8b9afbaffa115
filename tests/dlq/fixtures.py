"""What the tests of everything that registers a run share: an admin, a server, a service that hears, and processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dlq.spawner import Spawner
from tests.dlq.support import Service, Shema
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey


@pytest.fixture(scope="session")
def identity() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


@pytest.fixture
def dlq_env(
    identity: HttpServer, valkey: Valkey, base_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """In a folder of its own, where exports and what was edited go."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return {**base_env, **signed_in(f"127.0.0.1:{identity.port}"), "REDIS_URL": valkey.url}


@pytest.fixture
def dlq(dlq_env: dict[str, str]) -> Shema:
    return Shema(dlq_env)


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Service]:
    with Service(valkey.port) as listening:
        yield listening


@pytest.fixture
def spawn(dlq_env: dict[str, str]) -> Iterator[Spawner]:
    with Spawner(dlq_env) as spawner:
        yield spawner
