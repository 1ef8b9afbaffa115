"""What a person sees around the five numbers: dead letters, Redis and the registry. It never delays or breaks them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.calls.aside import REDIS, aside
from shema_cli.calls.registry import Registry
from shema_cli.clock import Clock
from shema_cli.dashboard.results import Surroundings
from shema_cli.errors import ShemaError
from shema_cli.json_text import dumps, loads
from shema_cli.moments import read_moment
from shema_cli.store import keys

if TYPE_CHECKING:
    from shema_cli.store.connection import Store

LIMIT_S = 1.5


async def look_around(connect: Callable[[], Store], clock: Clock) -> Surroundings:
    """Ask Redis, for at most `LIMIT_S`. Never raises: what went wrong is said in the result."""
    try:
        async with asyncio.timeout(LIMIT_S):
            return await aside(lambda: _ask(connect(), clock), uses=REDIS)
    except TimeoutError:
        problem = f"no answer within {LIMIT_S:g} s"
    except ShemaError as error:
        problem = error.message
    except Exception as error:  # extra information only
        problem = f"{type(error).__name__}: {error}"
    return Surroundings(redis_problem=problem, registry_problem=problem)


def _ask(store: Store, clock: Clock) -> Surroundings:
    with store.errors():
        redis = store.client
        store.knock()  # the connection is made here, so that it does not count as latency
        started = clock.monotonic()
        store.knock()
        elapsed_ms = (clock.monotonic() - started) * 1000
        found = Surroundings(redis_ms=elapsed_ms, dead_letters=int(redis.llen(keys.DEAD_LETTERS)))
        if found.dead_letters:
            found = replace(found, oldest_at=failed_at(redis.lindex(keys.DEAD_LETTERS, -1)))
    return _with_registry(store, clock.now(), found)


def failed_at(entry: bytes | str | None) -> datetime | None:
    """When a dead letter failed, where it says so; an entry may be anything (contract 1.4)."""
    try:
        decoded = loads(entry or b"")
    except ValueError:
        return None
    moment = decoded.get("failedAt") if isinstance(decoded, dict) else None
    return read_moment(moment if isinstance(moment, str) else dumps(moment))


def _with_registry(store: Store, now: datetime, found: Surroundings) -> Surroundings:
    registry = Registry(lambda: store)
    registered = registry.read(registry.services())
    instances = [one for service in registered.values() for one in service.registrations]
    return replace(
        found,
        instances=len(instances),
        expired=sum(instance.expired(now) for instance in instances),
        unreadable=sum(len(service.bad) for service in registered.values()),
    )
