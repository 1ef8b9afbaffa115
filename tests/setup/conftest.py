from __future__ import annotations

from collections.abc import Iterator

import pytest

from shema_cli.settings.values import CORE_SERVICES, service_variable
from tests.setup.school import SECRET, school_at
from tests.support.emulated import elsewhere, no_keyring
from tests.support.firebase import SigningKey
from tests.support.http import Answer, HttpServer
from tests.support.valkey import Valkey

__all__ = ["elsewhere", "no_keyring"]


@pytest.fixture
def school() -> Iterator[HttpServer]:
    """Every service at one address: healthy, and its numbers only for who has `SECRET`."""
    with HttpServer() as server:
        yield school_at(server)


@pytest.fixture
def emulator() -> Iterator[HttpServer]:
    """What an Auth emulator says of itself."""
    with HttpServer() as server:
        yield server.on("GET", "/", Answer(json={"authEmulator": {"ready": True}}))


@pytest.fixture
def right(valkey: Valkey, school: HttpServer, emulator: HttpServer) -> dict[str, str]:
    """Values that all hold."""
    return {
        "REDIS_URL": valkey.url,
        **{service_variable(name): school.url for name in CORE_SERVICES},
        "SERVICE_JWT_SECRET": SECRET,
        "FIREBASE_PROJECT_ID": "demo-shema",
        "FIREBASE_API_KEY": "demo-key-9f3a",
        "FIREBASE_AUTH_EMULATOR_HOST": f"127.0.0.1:{emulator.port}",
    }


@pytest.fixture(scope="session")
def robot_key() -> SigningKey:
    """What a service account signs with."""
    return SigningKey.new("key-1")
