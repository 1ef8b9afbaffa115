"""What goes wrong on this machine is told as that: not tried again, not counted, and no service is unhealthy for it."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shema_cli.calls.reply import NotSent, ServiceUnavailable
from shema_cli.errors import ExitCode, InvalidUsage
from shema_cli.services.health import examine
from shema_cli.services.results import HealthState
from tests.support.calls import OpenWorld
from tests.support.cli import shema
from tests.support.http import Answer, HttpServer
from tests.support.signed_in import signed_in

PATH = "/x"


@contextmanager
def no_more_files() -> Iterator[None]:
    """As if `ulimit -n` were as low as what is open already."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(handle.name) for handle in Path("/proc/self/fd").iterdir())
    spare = [os.open(os.devnull, os.O_RDONLY)]
    while spare[-1] < highest:
        spare.append(os.open(os.devnull, os.O_RDONLY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare[-1] + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for handle in spare:
            os.close(handle)


async def test_too_few_open_files_count_against_no_circuit(world: OpenWorld, server: HttpServer) -> None:
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        await client.choose("user")  # whatever is opened once is open
        with no_more_files():
            for _ in range(6):
                with pytest.raises(NotSent, match="no more than") as told:
                    await client.request("user", "GET", PATH)
    assert (told.value.exit_code, told.value.code, told.value.circuit) == (3, "too_many_files", "closed")
    assert "ulimit -n" in (told.value.hint or "")
    assert len(opened.calls) == 6, "nothing that goes wrong here is tried again"
    assert opened.pauses.made == []


async def test_the_other_instances_are_tried(world: OpenWorld, server: HttpServer) -> None:
    """2001:db8::/32 leads nowhere, so there is no network to it; the other instance answers."""
    server.on("GET", PATH, Answer(json={}))
    opened = world(USER_SERVICE_URL=f"http://[2001:db8::1]:1,{server.url}")
    async with opened.client() as client:
        for _ in range(4):
            assert (await client.request("user", "GET", PATH)).status == 200
        assert client.breaker.state("http://[2001:db8::1]:1").value == "closed"


async def test_no_service_is_unhealthy_for_it(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        await client.choose("user")
        with no_more_files():
            report = await examine(client, ["user"], opened.clock)
    assert (report.services[0].state, report.exit_code) == (HealthState.UNKNOWN, ExitCode.UNREACHABLE)
    assert any("says nothing of them" in warning for warning in report.warnings())


@pytest.mark.parametrize("path", ["/x?e=caf\udce9", "/caf\udce9"])
def test_a_path_that_cannot_be_sent_is_refused_before_it_counts(
    server: HttpServer, base_env: dict[str, str], path: str
) -> None:
    env = {**base_env, **signed_in(), "USER_SERVICE_URL": server.url, "SERVICE_JWT_SECRET": "s" * 32}
    server.on("GET", PATH, Answer(json={}))
    for _ in range(6):
        assert shema("api", "user", path, env=env).code == 2
    assert shema("api", "user", PATH, env=env).code == 0


async def test_a_parameter_that_cannot_be_sent_is_refused(world: OpenWorld, server: HttpServer) -> None:
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        with pytest.raises(InvalidUsage, match="not UTF-8"):
            await client.request("user", "GET", PATH, params={"email": "caf\udce9"})
    assert opened.calls == []


def test_a_broken_proxy_setting_is_nothing_to_services(
    world: OpenWorld, server: HttpServer, base_env: dict[str, str]
) -> None:
    server.on("GET", PATH, Answer(json={}))
    proxies = {"ALL_PROXY": "socks://x", "HTTP_PROXY": "no proxy", "NO_PROXY": "[::1],fd07::/64"}
    env = {**base_env, **signed_in(), **proxies, "USER_SERVICE_URL": server.url, "SERVICE_JWT_SECRET": "s" * 32}
    assert shema("api", "user", PATH, env=env).code == 0


_HEALTH = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from shema_cli.main import main
sys.exit(main(["services", "health", "--json"]))
"""


def test_three_hundred_instances_fit_into_256_open_files(server: HttpServer, base_env: dict[str, str]) -> None:
    urls = [f"{server.url}/{number}" for number in range(300)]
    for number in range(300):
        server.on("GET", f"/{number}/health", Answer(200))
    env = {**os.environ, **base_env, **signed_in(), "CHAT_SERVICE_URL": ",".join(urls), "SERVICE_JWT_SECRET": "s" * 32}
    run = subprocess.run([sys.executable, "-c", _HEALTH], env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    (service,) = json.loads(run.stdout)["services"]
    assert [i for i in service["instances"] if i["state"] != "healthy"] == []


# -- connections that were kept -------------------------------------------------------------------------------------


class ClosesKept:
    """Answers the first request on each connection; the second one it meets with a close, before any byte."""

    def __init__(self, *, partly: bool = False) -> None:
        self.answered: list[str] = []
        self.connections = 0
        self._partly = partly
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            if self._request(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                self._request(connection)

    def _request(self, connection: socket.socket) -> bool:
        seen = b""
        while b"\r\n\r\n" not in seen:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            seen += chunk
        self.answered.append(seen.split(b" ")[0].decode())
        return True

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def closes_kept() -> Iterator[ClosesKept]:
    server = ClosesKept()
    yield server
    server.close()


async def test_a_kept_connection_that_was_closed_is_used_up_silently(world: OpenWorld, closes_kept: ClosesKept) -> None:
    opened = world(USER_SERVICE_URL=closes_kept.url)
    async with opened.client() as client:
        for _ in range(4):
            reply = await client.request("user", "GET", PATH)
            assert (reply.status, reply.circuit) == (200, "closed")
    assert [call["status"] for call in opened.calls] == [200] * 4, "one attempt a call, each with its answer"
    assert opened.pauses.made == []


async def test_a_health_check_on_one_is_healthy(world: OpenWorld, closes_kept: ClosesKept) -> None:
    opened = world(USER_SERVICE_URL=closes_kept.url)
    async with opened.client() as client:
        reports = [await examine(client, ["user"], opened.clock) for _ in range(4)]
    assert all(report.healthy for report in reports)


async def test_what_must_not_be_sent_twice_goes_on_a_connection_of_its_own(
    world: OpenWorld, closes_kept: ClosesKept
) -> None:
    opened = world(USER_SERVICE_URL=closes_kept.url)
    async with opened.client() as client:
        await client.request("user", "GET", PATH)
        for _ in range(3):
            assert (await client.request("user", "POST", PATH, body=b"{}")).status == 200
    assert closes_kept.answered == ["GET", "POST", "POST", "POST"]
    assert closes_kept.connections == 4


async def test_a_new_connection_that_is_closed_before_an_answer_counts(world: OpenWorld) -> None:
    """The same close, but of a connection that was not kept, is the instance's failure."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            for _ in range(3):
                connection, _ = listening.accept()
                connection.recv(65536)
                connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        opened = world(USER_SERVICE_URL=f"http://127.0.0.1:{listening.getsockname()[1]}")
        async with opened.client() as client:
            with pytest.raises(ServiceUnavailable):
                await client.request("user", "GET", PATH)
        thread.join(5)
    assert len(opened.calls) == 3
