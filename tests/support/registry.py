"""Registrations as other programs make them, and what is kept about an instance."""

from __future__ import annotations

import json
from typing import Any

import redis

from shema_cli.clock import iso
from shema_cli.store.keys import REGISTRY_PREFIX
from tests.support.world import NOW


def value(**fields: Any) -> str:
    return json.dumps({"healthCheck": "/health", "registeredAt": iso(NOW), "lastCheck": None, "ttl": None, **fields})


def put(client: redis.Redis, url: str, service: str = "pay", **fields: Any) -> None:
    client.hset(f"{REGISTRY_PREFIX}{service}", url, value(**fields))


def last_check(client: redis.Redis, url: str, service: str = "pay") -> Any:
    stored = client.hget(f"{REGISTRY_PREFIX}{service}", url)
    assert isinstance(stored, bytes)
    return json.loads(stored)["lastCheck"]
