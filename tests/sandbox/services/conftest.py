from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest
import redis

from shema_cli.calls.tokens import issue
from tests.support.sandbox import CallService
from tests.support.waiting import eventually


@pytest.fixture
def call(sandbox: dict[str, str]) -> Iterator[CallService]:
    """`call("course", "GET", "/api/…")` with a service token."""
    with httpx.Client() as client:

        def make(service: str, method: str, path: str, **options: Any) -> httpx.Response:
            token, _ = issue(sandbox["SERVICE_JWT_SECRET"], "test", None, datetime.now(UTC))
            headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
            base = sandbox[f"{service.upper()}_SERVICE_URL"]
            return client.request(method, base + path, headers=headers, timeout=10, **options)

        yield make


@pytest.fixture
def client(sandbox: dict[str, str]) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as connection:
        yield connection


@pytest.fixture
def heard(client: redis.Redis) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Wait for a message whose channel begins with the text; the decoded payload."""
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.psubscribe("*")
    eventually(lambda: int(client.pubsub_numpat()) >= 1, what="the subscription stands")
    got: list[tuple[str, dict[str, Any]]] = []

    def wait(channel: str) -> dict[str, Any]:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            for index, (name, payload) in enumerate(got):
                if name.startswith(channel):
                    del got[index]
                    return payload
            if message := subscription.get_message(timeout=1):
                got.append((message["channel"].decode(), json.loads(message["data"])))
        raise AssertionError(f"nothing on {channel}; heard {[name for name, _ in got]}")

    yield wait
    subscription.close()
