"""The registry against a real server: what it holds, whatever it holds, and what is written back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls.registry import (
    BadRegistration,
    Registration,
    Registry,
    parse_registration,
    stored_registration,
)
from shema_cli.calls.reply import ServiceUnavailable
from shema_cli.clock import iso
from shema_cli.errors import NotConfigured, Unreachable
from shema_cli.store.keys import REGISTRY_PREFIX
from tests.support.calls import OpenWorld
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy
from tests.support.registry import last_check, put, value
from tests.support.store import store_at
from tests.support.valkey import Valkey, free_port
from tests.support.world import NOW

PATH = "/api/pay"


def test_what_services_listen_to_is_read_without_a_walk_over_a_large_redis(
    valkey: Valkey, redis_client: redis.Redis
) -> None:
    put(redis_client, "http://s:1", service="schedule", listens=["enrollment.approved"])
    redis_client.mset({f"something:{number}": "" for number in range(50_000)})
    registry = Registry(lambda: store_at(valkey.url))
    redis_client.config_resetstat()
    assert registry.declared() == {"schedule": ("enrollment.approved",)}
    stats = redis_client.info("commandstats")
    assert stats["cmdstat_scan"]["calls"] == 1


def test_what_is_registered_is_read_back(valkey: Valkey, redis_client: redis.Redis) -> None:
    store = store_at(valkey.url)
    registry = Registry(lambda: store)
    stored = stored_registration("/ok", 60.0, NOW)
    assert stored == '{"healthCheck":"/ok","registeredAt":"2026-03-01T08:00:00.000Z","lastCheck":null,"ttl":60}'
    redis_client.hset("{shema}:registry:pay", "http://p:1", stored)
    found = registry.read(["pay", "other"])
    assert found["other"].registrations == ()
    (one,) = found["pay"].registrations
    assert (one.url, one.health_path, one.ttl_s, one.expires_in_s(NOW)) == ("http://p:1", "/ok", 60, 60)
    assert registry.services() == {"pay"}


def test_a_registration_expires_unless_it_is_renewed() -> None:
    stored = value(ttl=60).encode()
    one = parse_registration("pay", b"http://p:1", stored)
    assert isinstance(one, Registration)
    assert not one.expired(NOW + timedelta(seconds=59))
    assert one.expired(NOW + timedelta(seconds=60))
    checked = parse_registration(
        "pay", b"http://p:1", value(ttl=60, lastCheck=iso(NOW + timedelta(seconds=50))).encode()
    )
    assert isinstance(checked, Registration)
    assert checked.expired(NOW + timedelta(seconds=61)), "a check is no renewal"


@pytest.mark.parametrize(
    ("key_field", "stored"),
    [
        (b"http://p:1", b"not json"),
        (b"http://p:1", b"\xff\xfe"),
        (b"http://p:1", b"[]"),
        (b"http://p:1", b"null"),
        (b"http://p:1", b"[" * 100_000),
        (b"http://p:1", b"1" * 10_000),
        (b"http://p:1", value(ttl="60").encode()),
        (b"http://p:1", value(ttl=True).encode()),
        (b"http://p:1", value(ttl=-1).encode()),
        (b"http://p:1", value(ttl=1e308).encode()),
        (b"http://p:1", value(ttl=float("nan")).encode()),
        (b"http://p:1", value(ttl=60, registeredAt="yesterday").encode()),
        (b"http://p:1", value(ttl=60, registeredAt="9999-12-31T23:59:59Z").encode()),
        (b"http://p:1", value(healthCheck="//evil.example/").encode()),
        (b"http://p:1", value(healthCheck="@evil.example/").encode()),
        (b"http://p:1", value(healthCheck=["/health"]).encode()),
        (b"p:1", value().encode()),
        (b"\xff\x1b[31m", value().encode()),
        (b"http://u:p@evil.example", value().encode()),
        (b"", value().encode()),
    ],
)
def test_what_cannot_be_understood_is_told(key_field: bytes, stored: bytes) -> None:
    found = parse_registration("pay", key_field, stored)
    assert isinstance(found, BadRegistration)
    assert "ignored" in str(found)


@pytest.mark.parametrize("last", [5, "nonsense", None, [], "0000"])
def test_a_last_check_that_is_none_means_never_checked(last: object) -> None:
    found = parse_registration("pay", b"http://p:1/", value(lastCheck=last, registeredAt=7).encode())
    assert isinstance(found, Registration)
    assert (found.url, found.last_check) == ("http://p:1", None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_VALUES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["healthCheck", "registeredAt", "lastCheck", "ttl"], _JSON | st.just(iso(NOW)))
)


@given(
    key_field=st.binary(max_size=30) | st.just(b"http://p:1"),
    stored=st.binary(max_size=60) | _VALUES.map(lambda v: json.dumps(v).encode()),
)
def test_nothing_in_the_registry_is_an_exception(key_field: bytes, stored: bytes) -> None:
    found = parse_registration("pay", key_field, stored)
    if isinstance(found, Registration):
        found.expired(NOW)


# -- calls through the registry ----------------------------------------------------------------------------------


async def test_a_service_known_only_to_the_registry_is_checked_then_called(
    world: OpenWorld, server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    server.on("GET", PATH, Answer(json={"paid": True})).on("GET", "/ok", Answer(204))
    put(redis_client, server.url, healthCheck="/ok", extra="kept")
    async with world(REDIS_URL=valkey.url).client() as client:
        assert await client.get_json("pay", PATH) == {"paid": True}
        await client.get_json("pay", PATH)
    assert [request.path for request in server.requests] == ["/ok", PATH, PATH]
    assert last_check(redis_client, server.url) == iso(NOW)
    assert json.loads(redis_client.hget(f"{REGISTRY_PREFIX}pay", server.url) or b"")["extra"] == "kept"


@pytest.mark.parametrize(("seconds", "checked"), [(29, False), (31, True)])
async def test_a_check_is_good_for_30_seconds(
    world: OpenWorld, server: HttpServer, valkey: Valkey, redis_client: redis.Redis, seconds: int, checked: bool
) -> None:
    server.on("GET", PATH, Answer(json={})).on("GET", "/health", Answer(200))
    put(redis_client, server.url, lastCheck=iso(NOW - timedelta(seconds=seconds)))
    async with world(REDIS_URL=valkey.url).client() as client:
        await client.get_json("pay", PATH)
    assert bool(server.seen("/health")) is checked


async def test_an_unhealthy_instance_is_not_used(
    world: OpenWorld, server: HttpServer, other_server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    server.on("GET", "/health", Answer(503)).on("GET", PATH, Answer(json={}))
    other_server.on("GET", "/health", Answer(200)).on("GET", PATH, Answer(json={}))
    put(redis_client, server.url)
    async with world(REDIS_URL=valkey.url).client() as client:
        with pytest.raises(ServiceUnavailable, match="unhealthy") as caught:
            await client.get_json("pay", PATH)
        assert client.breaker.state(server.url) == "closed"
    assert caught.value.exit_code == 3
    assert server.seen(PATH) == []
    assert last_check(redis_client, server.url) is None
    put(redis_client, other_server.url)
    async with world(REDIS_URL=valkey.url).client() as client:
        for _ in range(3):
            await client.get_json("pay", PATH)
    assert server.seen(PATH) == []
    assert len(other_server.seen(PATH)) == 3


async def test_configured_and_registered_instances_take_turns(
    world: OpenWorld, server: HttpServer, other_server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    for one in (server, other_server):
        one.on("GET", PATH, Answer(json={})).on("GET", "/health", Answer(200))
    put(redis_client, other_server.url)
    put(redis_client, f"{server.url}/")
    async with world(REDIS_URL=valkey.url, PAY_SERVICE_URL=server.url).client() as client:
        instances = await client.discovery.instances("pay")
        assert [(i.url, i.source) for i in instances] == [(server.url, "config"), (other_server.url, "registry")]
        for _ in range(4):
            await client.get_json("pay", PATH)
    assert (len(server.seen(PATH)), len(other_server.seen(PATH))) == (2, 2)
    assert server.seen("/health") == [], "a configured instance is called without a check"


async def test_an_expired_registration_is_not_called(
    world: OpenWorld, server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    put(redis_client, server.url, ttl=60, registeredAt=iso(NOW - timedelta(seconds=61)))
    async with world(REDIS_URL=valkey.url).client() as client:
        with pytest.raises(ServiceUnavailable, match="expired"):
            await client.get_json("pay", PATH)
    assert server.requests == []


async def test_garbage_beside_a_good_registration_is_warned_of_once(
    world: OpenWorld, server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    server.on("GET", PATH, Answer(json={})).on("GET", "/health", Answer(200))
    put(redis_client, server.url)
    redis_client.hset(f"{REGISTRY_PREFIX}pay", "http://broken:1", b"\xff")
    redis_client.set(f"{REGISTRY_PREFIX}user", "a string")
    opened = world(REDIS_URL=valkey.url, USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        for _ in range(2):
            await client.get_json("pay", PATH)
            await client.get_json("user", PATH)
    assert opened.stderr.count("http://broken:1 of pay is ignored") == 1
    assert opened.stderr.count("of user is ignored") == 1


async def test_a_renewal_meanwhile_is_not_overwritten(valkey: Valkey, redis_client: redis.Redis) -> None:
    store = store_at(valkey.url)
    registry = Registry(lambda: store)
    put(redis_client, "http://p:1")
    (read,) = registry.read(["pay"])["pay"].registrations
    later = NOW + timedelta(seconds=30)
    put(redis_client, "http://p:1", registeredAt=iso(later))
    registry.write_check(read, later)
    assert last_check(redis_client, "http://p:1") is None
    redis_client.hdel(f"{REGISTRY_PREFIX}pay", "http://p:1")
    registry.write_check(read, later)
    assert redis_client.hgetall(f"{REGISTRY_PREFIX}pay") == {}


# -- a registry out of reach -------------------------------------------------------------------------------------


async def test_known_only_to_a_registry_out_of_reach(world: OpenWorld) -> None:
    async with world(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0").client() as client:
        with pytest.raises(Unreachable) as caught:
            await client.get_json("pay", PATH)
    assert (caught.value.exit_code, caught.value.code) == (3, "registry_unreachable")
    assert "PAY_SERVICE_URL" in caught.value.message


async def test_a_configured_service_is_called_with_one_warning(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", PATH, Answer(json={}))
    opened = world(
        REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", PAY_SERVICE_URL=server.url, USER_SERVICE_URL=server.url
    )
    async with opened.client() as client:
        for service in ("pay", "user", "pay"):
            await client.get_json(service, PATH)
    assert opened.stderr.count("warning") == 1
    assert len(server.requests) == 3


async def test_a_redis_that_hangs_does_not_hold_up_a_configured_service(
    world: OpenWorld, server: HttpServer, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shema_cli.calls.discovery.PATIENCE_S", 0.1)
    server.on("GET", PATH, Answer(json={"here": True}))
    with FaultProxy(valkey.port) as proxy:
        proxy.fault = Fault.BLACK_HOLE
        opened = world(REDIS_URL=f"redis://127.0.0.1:{proxy.port}/0", PAY_SERVICE_URL=server.url)
        async with opened.client() as client:
            assert await client.get_json("pay", PATH) == {"here": True}
    assert "did not answer within" in opened.stderr


async def test_redis_without_that_service_says_not_configured(world: OpenWorld, valkey: Valkey) -> None:
    async with world(REDIS_URL=valkey.url).client() as client:
        with pytest.raises(NotConfigured, match="PAY_SERVICE_URL"):
            await client.get_json("pay", PATH)


@pytest.mark.parametrize(
    ("key_field", "stored"),
    [
        (b"http://p:1", value(healthCheck="/" + "x" * 10_000_000).encode()),
        (b"http://p:1", value(healthCheck=["x" * 10_000_000]).encode()),
        (b"http://p:1", value(ttl="9" * 10_000_000).encode()),
        (b"http://p:1/" + b"x" * 10_000_000, value().encode()),
        (b"x" * 10_000_000, b"x" * 10_000_000),
    ],
)
def test_ten_megabytes_are_told_in_a_line(key_field: bytes, stored: bytes) -> None:
    found = parse_registration("pay", key_field, stored)
    assert isinstance(found, BadRegistration)
    assert len(str(found)) < 500
