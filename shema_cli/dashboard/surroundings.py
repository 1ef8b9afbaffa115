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
from shema_cli.condition.facts import RegistryFacts
from shema_cli.dashboard.results import Surroundings
from shema_cli.errors import Failed, ShemaError
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
        refuses = isinstance(error, Failed)
        return Surroundings(redis_problem=error.message, redis_refuses=refuses, registry_problem=error.message)
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
    return replace(found, registry=look_at_registry(store, clock.now()))


def failed_at(entry: bytes | str | None) -> datetime | None:
    """When a dead letter failed, where it says so; an entry may be anything (contract 1.4)."""
    try:
        decoded = loads(entry or b"")
    except ValueError:
        return None
    moment = decoded.get("failedAt") if isinstance(decoded, dict) else None
    return read_moment(moment if isinstance(moment, str) else dumps(moment))


def look_at_registry(store: Store, now: datetime) -> RegistryFacts:
    """Raises Unreachable and Failed."""
    registry = Registry(lambda: store)
    found = registry.read(registry.services())
    registrations = [one for service in found.values() for one in service.registrations]
    return RegistryFacts(
        len(registrations),
        tuple((one.service, one.url) for one in registrations if one.expired(now)),
        tuple(str(bad) for service in found.values() for bad in service.bad),
    )
