"""A whole system for a test: services, Redis and sign-in, started once in this process and reset for each test.

    from tests.support.sandbox import sandbox, sandbox_system

`sandbox` is the environment that leads `shema` (or any program) into it, an admin signed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

import httpx2 as httpx
import pytest
import redis

from shema_cli.sandbox.system.assembly import Options, System
from shema_cli.store import keys

CallService = Callable[..., httpx.Response]
"""(service, method, path, httpx's own options) → the answer, asked for with a service token."""

RETRY_PAUSE_S = 0.01
RESET_WITHIN_S = 20.0


@pytest.fixture(scope="session")
def sandbox_system() -> Iterator[System]:
    """The running system itself: `.school`, `.logbook`, `.accounts`, `.set_fault` (by `.call`)."""
    system = System(Options(pause_s=RETRY_PAUSE_S))
    system.start()
    yield system
    system.stop()


@pytest.fixture
def sandbox(sandbox_system: System) -> dict[str, str]:
    """The variables that lead into it; its data, faults and accounts are as at the start."""
    sandbox_system.call(sandbox_system.reset(), RESET_WITHIN_S)
    return sandbox_system.environment()


@pytest.fixture
def unrecorded(sandbox: dict[str, str], sandbox_system: System) -> dict[str, str]:
    """The same, where nobody records and nothing was: for a history of the test's own."""
    sandbox_system.call(sandbox_system.set_fault("history", {"down": True}), RESET_WITHIN_S)
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        client.delete(keys.HISTORY, keys.HISTORY_STATE)
    return sandbox


def event(channel: str, data: Mapping[str, object], version: str | None = "1.0") -> str:
    """An event as a service would have published it; `version` None leaves that out."""
    document: dict[str, object] = {
        "eventType": channel.upper().replace(".", "_"),
        "eventId": "evt_test",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "version": version,
        "data": data,
    }
    return json.dumps({name: value for name, value in document.items() if value is not None})
