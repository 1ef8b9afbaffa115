"""Calls over a bad network: each fault ends within the time limit, in words, and counts against the circuit."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import ssl
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.calls.bodies import LONGEST_BODY
from shema_cli.calls.reply import AttemptFailed, BadAnswer, ServiceUnavailable, Unacceptable
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import Transport
from tests.support.calls import OpenWorld
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy

PATH = "/x"
MIB = 1024 * 1024


async def attempt(base: str, limit_s: float = 5.0, headers: dict[str, str] | None = None) -> bytes:
    async with Transport() as transport:
        return (await transport.send(base, Outgoing("GET", PATH, headers or {}), limit_s)).body


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.BLACK_HOLE, "timeout"),
        (Fault.DRIP, "timeout"),
        (Fault.RESET, "connection_lost"),
        (Fault.REFUSE, "connection_lost"),
        (Fault.GARBAGE, "protocol_error"),
        (Fault.HALF_BODY, "protocol_error"),
    ],
)
async def test_a_fault_is_a_failed_attempt(server: HttpServer, proxy: FaultProxy, fault: Fault, code: str) -> None:
    server.on("GET", PATH, Answer(json={"text": "x" * 500}))
    proxy.fault = fault
    proxy.drip_pause = 0.02
    proxy.cut_after = 400 if fault is Fault.HALF_BODY else 0
    with pytest.raises(AttemptFailed) as caught:
        await attempt(proxy.url, limit_s=0.4)
    assert caught.value.code == code or (fault is Fault.REFUSE and caught.value.code == "protocol_error")
    assert caught.value.problem


async def test_latency_within_the_limit_is_no_fault(server: HttpServer, proxy: FaultProxy) -> None:
    server.on("GET", PATH, Answer(json={}))
    proxy.latency = 0.1
    assert await attempt(proxy.url) == b"{}"


async def test_a_drip_that_began_well_does_not_escape_the_limit(server: HttpServer) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.02)
            yield b"x"

    server.on("GET", PATH, lambda _: Answer(chunks=drip()))
    with pytest.raises(AttemptFailed, match=r"within 0\.3 s"):
        await attempt(server.url, limit_s=0.3)


async def test_one_service_that_hangs_does_not_delay_the_others(
    world: OpenWorld, server: HttpServer, proxy: FaultProxy
) -> None:
    server.on("GET", PATH, Answer(json={"here": True}))
    proxy.fault = Fault.BLACK_HOLE
    async with world(USER_SERVICE_URL=proxy.url, CHAT_SERVICE_URL=server.url).client() as client:
        hanging = asyncio.ensure_future(client.get_json("user", PATH))
        assert await client.get_json("chat", PATH) == {"here": True}
        assert not hanging.done()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


async def test_the_client_goes_on_after_a_connection_in_the_pool_died(
    world: OpenWorld, server: HttpServer, proxy: FaultProxy
) -> None:
    server.on("GET", PATH, Answer(json={}))
    opened = world(USER_SERVICE_URL=proxy.url)
    async with opened.client() as client:
        await client.get_json("user", PATH)
        proxy.kill()
        await asyncio.sleep(0.05)
        await client.get_json("user", PATH)
    assert len(opened.calls) == 2


async def test_connections_are_reused(world: OpenWorld, server: HttpServer, proxy: FaultProxy) -> None:
    server.on("GET", PATH, Answer(json={"long": "x" * 10_000}))
    async with world(USER_SERVICE_URL=proxy.url).client() as client:
        for _ in range(5):
            await client.get_json("user", PATH)
    assert proxy.connections == 1


async def test_a_broken_off_trial_is_given_back(world: OpenWorld, server: HttpServer, proxy: FaultProxy) -> None:
    opened = world(USER_SERVICE_URL=proxy.url)
    async with opened.client() as client:
        for _ in range(5):
            client.breaker.failed(client.breaker.admit(proxy.url) or pytest.fail("not admitted"))
        opened.clock.advance(61)
        proxy.fault = Fault.BLACK_HOLE
        call = asyncio.ensure_future(client.get_json("user", PATH))
        while not proxy.connections:
            await asyncio.sleep(0.01)
        assert client.breaker.admit(proxy.url) is None
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert client.breaker.admit(proxy.url)


# -- names and certificates --------------------------------------------------------------------------------------


async def test_a_port_where_nobody_listens(world: OpenWorld) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with world(USER_SERVICE_URL=url).client() as client:
        with pytest.raises(ServiceUnavailable, match="refused") as caught:
            await client.get_json("user", PATH)
    assert caught.value.code == "service_refused"


async def test_localhost_of_both_families_refused(world: OpenWorld) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://localhost:{free.getsockname()[1]}"
    with pytest.raises(AttemptFailed) as caught:
        await attempt(url)
    assert caught.value.code == "refused"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70, "xn--zzzzzz99999"])
async def test_a_name_that_is_not_known(host: str) -> None:
    with pytest.raises(AttemptFailed) as caught:
        await attempt(f"http://{host}:3001")
    assert caught.value.code in ("dns_failed", "bad_url")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[HttpServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with HttpServer(tls=context) as server:
        yield server


async def test_a_certificate_that_nobody_vouches_for(tls_server: HttpServer) -> None:
    tls_server.on("GET", PATH, Answer(json={}))
    with pytest.raises(AttemptFailed) as caught:
        await attempt(tls_server.url)
    assert caught.value.code == "tls_failed"
    assert "self-signed certificate" in caught.value.problem
    assert tls_server.requests == []


async def test_a_certificate_that_we_were_told_to_trust(
    tls_server: HttpServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    tls_server.on("GET", PATH, Answer(json={}))
    assert await attempt(tls_server.url) == b"{}"


async def test_tls_spoken_to_a_plain_port(server: HttpServer) -> None:
    with pytest.raises(AttemptFailed) as caught:
        await attempt(server.url.replace("http", "https"))
    assert caught.value.code == "tls_failed"


# -- bodies ------------------------------------------------------------------------------------------------------


async def test_a_body_of_200_mib_is_refused_without_being_kept(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(chunks=(b"x" * MIB for _ in range(200))))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unacceptable, match="longer than 10 MiB"):
        await attempt(server.url)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024


async def test_a_body_that_says_it_is_too_long_is_not_read(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(body=b"x", headers={"content-length": str(LONGEST_BODY + 1)}))
    with pytest.raises(Unacceptable, match="longer than 10 MiB"):
        await attempt(server.url)


async def test_a_body_of_just_the_limit_is_read(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(body=b"x" * LONGEST_BODY), Answer(chunks=[b"x" * LONGEST_BODY, b"x"]))
    assert len(await attempt(server.url)) == LONGEST_BODY
    with pytest.raises(Unacceptable):
        await attempt(server.url)


async def test_a_gzip_bomb_does_not_go_off(server: HttpServer) -> None:
    bomb = gzip.compress(bytes(300 * MIB), 9)
    server.on("GET", PATH, Answer(body=bomb, headers={"content-encoding": "gzip"}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unacceptable, match="longer than 10 MiB"):
        await attempt(server.url)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b"hello" * 1000), "gzip"),
        (gzip.compress(b"hello" * 500) + gzip.compress(b"hello" * 500), "GZIP"),
        (zlib.compress(b"hello" * 1000), "deflate"),
        (b"hello" * 1000, "identity"),
    ],
    ids=["gzip", "two members", "deflate", "identity"],
)
async def test_packed_bodies(server: HttpServer, packed: bytes, encoding: str) -> None:
    server.on("GET", PATH, Answer(body=packed, headers={"content-encoding": encoding}))
    assert await attempt(server.url) == b"hello" * 1000


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"not packed at all", "gzip"), (b"x", "br"), (gzip.compress(b"x"), "gzip, gzip")],
    ids=["damaged", "unknown", "twice"],
)
async def test_packing_that_cannot_be_undone(server: HttpServer, body: bytes, encoding: str) -> None:
    server.on("GET", PATH, Answer(body=body, headers={"content-encoding": encoding}))
    with pytest.raises(Unacceptable):
        await attempt(server.url)


async def test_a_packed_body_that_was_cut(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(body=gzip.compress(b"hello" * 1000)[:-12], headers={"content-encoding": "gzip"}))
    with pytest.raises(AttemptFailed) as caught:
        await attempt(server.url)
    assert caught.value.code == "cut_short"


async def test_too_long_is_told_and_does_not_count_against_the_circuit(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", PATH, Answer(body=b"x", headers={"content-length": str(LONGEST_BODY + 1)}))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        for _ in range(6):
            with pytest.raises(BadAnswer) as caught:
                await client.get_json("user", PATH)
    assert (caught.value.code, caught.value.circuit) == ("too_long", "closed")


async def test_a_5xx_whose_body_is_too_long_is_a_failed_attempt(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(500, body=b"x", headers={"content-length": str(LONGEST_BODY + 1)}))
    with pytest.raises(AttemptFailed) as caught:
        await attempt(server.url)
    assert caught.value.received
    assert caught.value.received.status == 500


async def test_a_name_with_two_addresses_is_reached_at_the_one_that_listens(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(json={}))
    assert await attempt(f"http://localhost:{server.port}") == b"{}"


async def test_no_body_where_there_is_none(world: OpenWorld, server: HttpServer) -> None:
    server.on("HEAD", PATH, Answer(json={"a": 1})).on("GET", PATH, Answer(204))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        for method, status in (("HEAD", 200), ("GET", 204), ("GET", 204)):
            reply = await client.request("user", method, PATH)
            assert (reply.status, reply.body) == (status, b"")


async def test_what_is_loaded_for_the_first_call_does_not_count_as_the_services_time(
    world: OpenWorld, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("GET", PATH, Answer(json={})).on("GET", "/health", Answer(200))
    opened = world(USER_SERVICE_URL=server.url)
    ready = Transport.ready

    async def slow_to_load(transport: Transport, base: str) -> None:
        opened.clock.advance(3)
        await ready(transport, base)

    monkeypatch.setattr(Transport, "ready", slow_to_load)
    async with opened.client() as client:
        reply = await client.request("user", "GET", PATH)
        (instance,) = await client.discovery.instances("user")
        check = await client.checker.check(instance)
    assert (reply.duration_ms, check.latency_ms) == (0, 0)
    assert [call["duration_ms"] for call in opened.calls] == [0, 0]
