"""What a person sees around the five numbers: dead letters, Redis and the registry. It never delays or breaks them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.calls.aside import REDIS, aside
from shema_cli.calls.registered import look_at_registry
from shema_cli.clock import Clock
from shema_cli.condition.facts import LetterFacts
from shema_cli.dashboard.results import Surroundings
from shema_cli.errors import Failed, ShemaError
from shema_cli.json_text import dumps, loads
from shema_cli.moments import read_moment
from shema_cli.settings.values import Settings
from shema_cli.store import keys

if TYPE_CHECKING:
    from shema_cli.store.connection import Store

LIMIT_S = 1.5
GLANCE_EVERY_S = 15.0
"""So often are the newest dead letters read; between that they are only counted."""
GLANCE = "shema_cli.dlq.glance"


class Around:
    """Asks Redis, once or again and again, each time for at most `LIMIT_S`."""

    def __init__(self, connect: Callable[[], Store], settings: Settings, clock: Clock) -> None:
        self._connect = connect
        self._settings = settings
        self._clock = clock
        self._letters: LetterFacts | None = None
        self._read_at = 0.0

    async def look(self) -> Surroundings:
        """Never raises: what went wrong is said in the result."""
        ends = self._clock.monotonic() + LIMIT_S
        try:
            async with asyncio.timeout(LIMIT_S):
                found = await aside(lambda: _ask(self._connect(), self._clock), uses=REDIS)
        except TimeoutError:
            problem = f"no answer within {LIMIT_S:g} s"
        except ShemaError as error:
            refuses = isinstance(error, Failed)
            return Surroundings(redis_problem=error.message, redis_refuses=refuses, registry_problem=error.message)
        except Exception as error:  # extra information only
            problem = f"{type(error).__name__}: {error}"
        else:
            return replace(found, letters=await self._told(found.letters, ends))
        return Surroundings(redis_problem=problem, registry_problem=problem)

    async def _told(self, counted: LetterFacts | None, ends: float) -> LetterFacts | None:
        """What was counted, with what `shema status` would say of it, which is read only now and then."""
        now = self._clock.monotonic()
        if counted is None or not counted.total:
            self._letters = None
            return counted
        if self._letters is None or now - self._read_at >= GLANCE_EVERY_S:
            with suppress(TimeoutError, ShemaError):  # then the count stands alone
                async with asyncio.timeout(max(0.0, ends - now)):
                    self._letters = await aside(self._glance, uses=(*REDIS, GLANCE))
                self._read_at = self._clock.monotonic()
                return self._letters
        if self._letters is None:
            return counted
        return replace(self._letters, total=counted.total, sample=min(self._letters.sample, counted.total))

    def _glance(self) -> LetterFacts:
        from shema_cli.dlq.glance import glance

        return glance(self._connect(), self._clock, self._settings)


def _ask(store: Store, clock: Clock) -> Surroundings:
    with store.errors():
        redis = store.client
        store.knock()  # the connection is made here, so that it does not count as latency
        started = clock.monotonic()
        store.knock()
        elapsed_ms = (clock.monotonic() - started) * 1000
        pipeline = redis.pipeline(transaction=False)
        pipeline.llen(keys.DEAD_LETTERS)
        pipeline.llen(keys.IN_FLIGHT)
        pipeline.lindex(keys.DEAD_LETTERS, -1)
        waiting, in_flight, oldest = pipeline.execute()
    moment = failed_at(oldest) if oldest else None
    oldest_s = max(0.0, (clock.now() - moment).total_seconds()) if moment else None
    letters = LetterFacts(waiting + in_flight, oldest_s=oldest_s)
    return Surroundings(letters=letters, redis_ms=elapsed_ms, registry=look_at_registry(store, clock.now()))


def failed_at(entry: bytes | str | None) -> datetime | None:
    """When a dead letter failed, where it says so; an entry may be anything (contract 1.4)."""
    try:
        decoded = loads(entry or b"")
    except ValueError:
        return None
    moment = decoded.get("failedAt") if isinstance(decoded, dict) else None
    return read_moment(moment if isinstance(moment, str) else dumps(moment))
