from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dlq.spawner import Spawner
from tests.dlq.support import Service
from tests.resend.support import Resend
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey


@pytest.fixture(scope="session")
def identity() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


@pytest.fixture
def env(
    identity: HttpServer, valkey: Valkey, base_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    return {**base_env, **signed_in(f"127.0.0.1:{identity.port}"), "REDIS_URL": valkey.url}


@pytest.fixture
def resend(env: dict[str, str]) -> Resend:
    return Resend(env)


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Service]:
    with Service(valkey.port) as listening:
        yield listening


@pytest.fixture
def spawn(env: dict[str, str]) -> Iterator[Spawner]:
    with Spawner(env) as spawner:
        yield spawner
