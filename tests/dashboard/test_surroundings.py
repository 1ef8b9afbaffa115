"""What stands around the numbers: asked of a real server, and never in their way."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from shema_cli.clock import iso
from shema_cli.condition.facts import LetterFacts, RegistryFacts
from shema_cli.dashboard import surroundings
from shema_cli.dashboard.results import Surroundings
from shema_cli.dashboard.surroundings import Around, failed_at
from shema_cli.dlq.glance import glance
from shema_cli.errors import Unreachable
from shema_cli.store.connection import Store
from tests.dashboard.school import NOON
from tests.dlq.support import event
from tests.support.store import settings_for, store_at
from tests.support.valkey import Valkey, free_port
from tests.support.world import StillClock

DEAD = "events:dead_letter"


NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    opened = store_at(valkey.url)
    yield opened
    opened.close()


def entry(at: str) -> str:
    return json.dumps({"event": {}, "error": "x", "failedAt": at})


async def look(connect: Callable[[], Store]) -> Surroundings:
    return await Around(connect, settings_for(None), StillClock(NOW)).look()


def age_of(moment: str) -> float:
    return (NOW - datetime.fromisoformat(moment)).total_seconds()


async def test_nothing_is_wrong(store: Store) -> None:
    found = await look(lambda: store)
    assert (found.letters, found.redis_problem) == (LetterFacts(0), None)
    assert found.redis_ms is not None
    assert found.registry == RegistryFacts()


async def test_the_oldest_dead_letter_is_the_last_of_the_list(store: Store, redis_client: redis.Redis) -> None:
    redis_client.lpush(DEAD, entry("2026-11-20T08:00:00.000Z"), "rubbish", entry("2026-11-22T08:00:00.000Z"))
    found = await look(lambda: store)
    assert found.letters is not None
    assert found.letters.total == 3
    assert found.letters.oldest_s == age_of("2026-11-20T08:00:00Z")


def lately(minutes: float) -> str:
    return json.dumps({"event": event(1), "error": "boom", "failedAt": iso(NOW - timedelta(minutes=minutes))})


async def test_dead_letters_are_told_as_status_tells_them(store: Store, redis_client: redis.Redis) -> None:
    redis_client.lpush(DEAD, *(lately(minutes) for minutes in (90, 5, 4, 3)))
    found = (await look(lambda: store)).letters
    assert found == glance(store, StillClock(NOW), settings_for(None))
    assert found.rising
    assert (found.last_hour, found.hour_before) == (3, 1)


async def test_in_a_watch_they_are_counted_each_time_and_read_now_and_then(
    store: Store, redis_client: redis.Redis
) -> None:
    clock = StillClock(NOW)
    around = Around(lambda: store, settings_for(None), clock)

    async def told() -> tuple[int, int]:
        letters = (await around.look()).letters
        assert letters is not None
        return letters.total, letters.last_hour

    redis_client.lpush(DEAD, lately(5))
    assert await told() == (1, 1)
    redis_client.lpush(DEAD, lately(4))
    assert await told() == (2, 1)
    clock.advance(surroundings.GLANCE_EVERY_S)
    assert await told() == (2, 2)
    redis_client.delete(DEAD)
    assert await told() == (0, 0)
    redis_client.lpush(DEAD, lately(3))
    assert await told() == (1, 1)


async def test_where_they_cannot_be_read_in_time_the_count_stands(
    store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*_: object) -> LetterFacts:
        raise Unreachable("redis_unreachable", "gone in the middle of it", "")

    redis_client.lpush(DEAD, lately(5))
    monkeypatch.setattr("shema_cli.dlq.glance.glance", hangs)
    found = await look(lambda: store)
    assert found.redis_problem is None
    assert found.letters == LetterFacts(1, oldest_s=300.0)


@pytest.mark.parametrize(
    "stored", [b"", b"\xff", b"[]", b"null", b'{"failedAt":true}', b'{"failedAt":"soon"}', b"[" * 9999]
)
async def test_a_dead_letter_may_be_anything(store: Store, redis_client: redis.Redis, stored: bytes) -> None:
    redis_client.lpush(DEAD, stored)
    found = await look(lambda: store)
    assert found.letters is not None
    assert (found.letters.total, found.letters.oldest_s) == (1, None)
    assert failed_at(None) is None


@pytest.mark.parametrize(
    "at", [1_763_625_600, 1_763_625_600_000, "1763625600", "Thu, 20 Nov 2025 08:00:00 GMT", "2025-11-20T08:00:00Z"]
)
async def test_a_dead_letter_says_in_any_form_when_it_failed(
    store: Store, redis_client: redis.Redis, at: str | int
) -> None:
    redis_client.lpush(DEAD, json.dumps({"event": {}, "error": "x", "failedAt": at}))
    found = await look(lambda: store)
    assert found.letters is not None
    assert found.letters.oldest_s == age_of("2025-11-20T08:00:00Z")


async def test_registrations(store: Store, redis_client: redis.Redis) -> None:
    def value(ttl: Any) -> str:
        registered = iso(NOON - timedelta(days=9))
        return json.dumps({"healthCheck": "/health", "registeredAt": registered, "lastCheck": None, "ttl": ttl})

    redis_client.hset("{shema}:registry:chat", mapping={"http://a:1": value(None), "http://b:1": value(30)})
    redis_client.hset("{shema}:registry:user", "http://c:1", "rubbish")
    found = await look(lambda: store)
    assert found.registry
    assert (found.registry.registered, found.registry.expired) == (2, (("chat", "http://b:1"),))
    assert len(found.registry.bad) == 1


async def test_a_list_of_another_kind_is_told(store: Store, redis_client: redis.Redis) -> None:
    redis_client.set(DEAD, "not a list")
    found = await look(lambda: store)
    assert found.letters is None
    assert found.redis_problem
    assert "WRONGTYPE" in found.redis_problem
    assert found.redis_refuses


async def test_redis_is_down() -> None:
    found = await look(lambda: store_at(f"redis://:secret@127.0.0.1:{free_port()}"))
    assert found.redis_problem
    assert "secret" not in found.redis_problem
    assert found.registry_problem == found.redis_problem


async def test_redis_is_not_configured() -> None:
    found = await look(lambda: store_at(None))
    assert found.redis_problem
    assert "REDIS_URL" in found.redis_problem


async def test_redis_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "LIMIT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = await look(lambda: store_at(f"redis://127.0.0.1:{silent.getsockname()[1]}"))
        with silent.accept()[0] as caller:
            assert is_open(caller), "it waited for Redis itself"
    assert found.redis_problem == "no answer within 0.1 s"


def is_open(connection: socket.socket) -> bool:
    """Whether whoever called is still there, for all that it has sent."""
    connection.setblocking(False)
    try:
        while connection.recv(1 << 16):
            pass
    except BlockingIOError:
        return True
    return False
