from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import redis

from shema_cli.calls.client import ServiceClient
from shema_cli.clock import iso
from shema_cli.errors import NotConfigured
from shema_cli.services.health import examine, wait_until_healthy
from shema_cli.services.results import HealthReport, InstanceHealth, ServiceHealth
from tests.support.calls import OpenWorld, World
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy
from tests.support.registry import last_check, put
from tests.support.valkey import Valkey, free_port
from tests.support.world import NOW


async def look(opened: World, *names: str) -> HealthReport:
    async with opened.client() as client:
        return await examine(client, names, opened.clock, limit_s=0.4)


def instance(state: Any) -> InstanceHealth:
    return InstanceHealth("http://x:1", state, None, None, "closed", "config", None)


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ("healthy", "healthy"),
        ("healthy healthy", "healthy"),
        ("healthy unhealthy", "degraded"),
        ("unhealthy unhealthy", "unhealthy"),
        ("expired", "unhealthy"),
        ("healthy expired", "healthy"),
        ("unhealthy expired", "unhealthy"),
    ],
)
def test_the_verdict(states: str, verdict: str) -> None:
    service = ServiceHealth("x", [instance(state) for state in states.split()])
    report = HealthReport([service, ServiceHealth("y", [instance("healthy")])])
    assert service.state == verdict
    assert report.healthy is (verdict == "healthy")
    assert report.exit_code == (0 if verdict == "healthy" else 1)


async def test_all_instances_are_looked_at(world: OpenWorld, server: HttpServer, proxy: FaultProxy) -> None:
    server.on("GET", "/health", Answer(json={"up": True}))
    proxy.fault = Fault.BLACK_HOLE
    report = await look(world(USER_SERVICE_URL=f"{server.url},{proxy.url}", CHAT_SERVICE_URL=server.url))
    document: Any = report.document()
    assert document["healthy"] is False
    assert [(s["name"], s["state"]) for s in document["services"]] == [("user", "degraded"), ("chat", "healthy")]
    well, hanging = document["services"][0]["instances"]
    assert well.pop("latency_ms") == 0
    assert well == {
        "url": server.url,
        "state": "healthy",
        "status": 200,
        "circuit": "closed",
        "source": "config",
        "error": None,
        "open_for_s": None,
    }
    assert (hanging["state"], hanging["status"]) == ("unhealthy", None)
    assert "within 0.4 s" in hanging["error"]


@pytest.mark.parametrize("status", [199, 301, 404, 500, 503])
async def test_only_a_2xx_is_healthy(world: OpenWorld, server: HttpServer, status: int) -> None:
    server.on("GET", "/health", Answer(max(status, 300), headers={"location": "/elsewhere"}))
    report = await look(world(USER_SERVICE_URL=server.url))
    assert not report.healthy
    assert report.services[0].instances[0].error


async def test_health_says_nothing_to_the_circuit(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", *[Answer(500)] * 8, Answer(200)).on("GET", "/x", Answer(500))
    opened = world(USER_SERVICE_URL=server.url)
    for _ in range(8):
        report = await look(opened)
    assert report.services[0].instances[0].circuit == "closed"
    async with opened.client() as client:
        for _ in range(5):
            client.breaker.failed(client.breaker.admit(server.url) or pytest.fail("not admitted"))
    report = await look(opened)
    assert report.healthy
    assert report.services[0].instances[0].circuit == "open"


async def test_a_check_bears_our_headers_and_is_logged(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200))
    opened = world(USER_SERVICE_URL=server.url)
    await look(opened)
    headers = server.requests[0].headers
    assert headers["authorization"].startswith("Bearer ")
    assert headers["x-service-name"] == "shema-cli"
    assert [(call["endpoint"], call["status"]) for call in opened.calls] == [("/health", 200)]
    assert opened.calls[0]["request_id"] == headers["x-request-id"]


async def test_health_needs_no_secret(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200))
    assert (await look(world(USER_SERVICE_URL=server.url, SERVICE_JWT_SECRET=""))).healthy
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(("seconds", "told"), [(95, "1m ahead of"), (-3700, "1h behind"), (1, None), (0, None)])
async def test_a_clock_that_is_off_is_told(
    world: OpenWorld, monkeypatch: pytest.MonkeyPatch, seconds: int, told: str | None
) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    monkeypatch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", lambda *_: date)
    with HttpServer() as server:
        server.on("GET", "/health", Answer(200))
        report = await look(world(USER_SERVICE_URL=server.url))
    warnings = list(report.warnings())
    assert report.healthy
    assert (told in warnings[0]) if told else warnings == []


async def test_expired_is_shown_and_not_called(
    world: OpenWorld, server: HttpServer, other_server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    other_server.on("GET", "/up", Answer(200))
    put(redis_client, server.url, ttl=30, registeredAt=iso(NOW - timedelta(minutes=5)))
    put(redis_client, other_server.url, ttl=30, healthCheck="/up")
    report = await look(world(REDIS_URL=valkey.url))
    states = {found.url: found.state for found in report.services[0].instances}
    assert states == {server.url: "expired", other_server.url: "healthy"}
    assert server.requests == []
    assert last_check(redis_client, other_server.url) == iso(NOW)


async def test_only_the_services_named(world: OpenWorld, server: HttpServer, other_server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200))
    report = await look(world(USER_SERVICE_URL=server.url, CHAT_SERVICE_URL=other_server.url), "user", "user")
    assert [service.name for service in report.services] == ["user"]
    assert other_server.requests == []


async def test_nothing_configured_is_no_success(world: OpenWorld) -> None:
    with pytest.raises(NotConfigured):
        await look(world())


async def test_a_registry_out_of_reach_is_no_success(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200))
    opened = world(USER_SERVICE_URL=server.url, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    report = await look(opened)
    assert [service.state for service in report.services] == ["healthy"]
    assert not report.healthy
    assert report.exit_code == 3
    assert list(report.warnings())
    named = await look(opened, "user")
    assert named.exit_code == 0
    assert "warning" in opened.stderr


async def test_waiting_ends_when_all_are_healthy(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", Answer(503), Answer(503), Answer(200))
    opened = world(USER_SERVICE_URL=server.url)
    report = await _wait(opened, 30)
    assert report.healthy
    assert len(server.requests) == 3


async def test_waiting_ends_when_the_time_is_over(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", Answer(503))
    opened = world(USER_SERVICE_URL=server.url)
    report = await _wait(opened, 4)
    assert report.exit_code == 1
    assert 4 <= len(server.requests) <= 5


async def test_the_last_look_is_at_the_end_of_the_time(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", Answer(503), Answer(503), Answer(200))
    assert (await _wait(world(USER_SERVICE_URL=server.url), 1.5)).healthy
    assert len(server.requests) == 3


async def test_a_service_may_register_while_it_is_waited_for(
    world: OpenWorld, server: HttpServer, valkey: Valkey, redis_client: redis.Redis
) -> None:
    server.on("GET", "/health", Answer(200))
    opened = world(REDIS_URL=valkey.url)

    async def registers_itself(seconds: float) -> None:
        opened.clock.advance(seconds)
        put(redis_client, server.url)

    async with opened.client() as client:
        report = await wait_until_healthy(client, ["pay"], opened.clock, 30, registers_itself)
    assert report.healthy


async def test_waiting_for_what_never_comes_says_what_is_missing(world: OpenWorld, valkey: Valkey) -> None:
    opened = world(REDIS_URL=valkey.url)
    with pytest.raises(NotConfigured, match="PAY_SERVICE_URL"):
        await _wait(opened, 3, "pay")
    assert opened.clock.monotonic() > 1001


async def test_nobody_waits_for_what_cannot_come(world: OpenWorld) -> None:
    opened = world()
    with pytest.raises(NotConfigured):
        await _wait(opened, 3, "pay")
    assert opened.clock.monotonic() == 1000


async def _wait(opened: World, seconds: float, *names: str) -> HealthReport:
    async def pass_time(pause: float) -> None:
        opened.clock.advance(pause)

    async with opened.client() as client:
        assert isinstance(client, ServiceClient)
        return await wait_until_healthy(client, names, opened.clock, seconds, pass_time)
