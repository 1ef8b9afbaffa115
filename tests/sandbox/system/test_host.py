"""A page in a browser can point its own name at 127.0.0.1: no port of the sandbox answers to a name but its own."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import pytest

from shema_cli.sandbox.system.assembly import System

Port = Callable[[System], int]
PORTS: Mapping[str, tuple[Port, str]] = {
    "identity": (lambda system: system.identity.port, "/"),
    "control": (lambda system: system.control.port, "/status"),
    "user": (lambda system: system.parts["user"].endpoint.port, "/health"),
    "enrollment": (lambda system: system.parts["enrollment"].endpoint.port, "/api/enrollments"),
}


def asked(system: System, name: str, host: str | None) -> tuple[int, bytes]:
    port, path = PORTS[name][0](system), PORTS[name][1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=True)
        if host is not None:
            connection.putheader("Host", host.replace("PORT", str(port)))
        connection.putheader("Authorization", f"Bearer {system.control_token}")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize(
    "host",
    [
        *("evil.test", "evil.test:PORT", "127.0.0.1.evil.test:PORT", "localhost.evil.test:PORT", "127.0.0.1@evil:PORT"),
        *("127.0.0.1", "localhost", "127.0.0.1:1", "localhost:80", "[::1]", "0.0.0.0:PORT", "127.0.0.256:PORT"),
        *("169.254.169.254:PORT", "[::ffff:127.0.0.1]:PORT", "", ":PORT", "127.0.0.1:PORT evil.test"),
    ],
)
def test_another_name_is_misdirected(sandbox_system: System, name: str, host: str) -> None:
    status, body = asked(sandbox_system, name, host)
    assert status in (421, 400)
    if status == 421:
        assert "Host" in json.loads(body)["error"]


@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LocalHost:PORT", "[::1]:PORT", "127.1.2.3:PORT"])
def test_its_own_is_answered(sandbox_system: System, name: str, host: str) -> None:
    status, _ = asked(sandbox_system, name, host)
    assert status == (401 if name == "enrollment" else 200)
    assert urlsplit(sandbox_system.identity.url).hostname == "127.0.0.1"
