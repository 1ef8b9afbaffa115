"""The way out as networks have it: a proxy and nothing else, a private authority, TLS that is inspected."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.calls.reply import AttemptFailed, LocalFault, NotSent
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import Transport, fetch
from tests.support.authority import GOOD, Authority
from tests.support.calls import OpenWorld
from tests.support.http import Answer, HttpServer

PATH = "/x"
NAME = "firebase.invalid"
REQUEST = Outgoing("GET", PATH, {})


class Tunnel:
    """An HTTP proxy that leads every CONNECT to the same port, and counts them; or answers `instead`, and closes."""

    def __init__(self, port: int, instead: bytes | None = None) -> None:
        self.asked: list[str] = []
        self._instead = instead
        self._port = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        self.asked.append(head.decode())
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self._instead is not None:
            client.recv(65536)
            client.sendall(self._instead)
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self._port))
        ways = [threading.Thread(target=_pump, args=way, daemon=True) for way in ((client, server), (server, client))]
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        client.close()
        server.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"), GOOD)


@pytest.fixture
def firebase(authority: Authority) -> Iterator[HttpServer]:
    with HttpServer(tls=authority.serving("firebase", address=f"DNS:{NAME}")) as server:
        server.on("GET", PATH, Answer(json={"from": "firebase"}))
        yield server


@pytest.fixture
def tunnel(firebase: HttpServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnel]:
    opened = Tunnel(firebase.port)
    for name in ("https_proxy", "all_proxy", "no_proxy", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://u:p#w@127.0.0.1:{opened.port}")
    yield opened
    opened.close()


def test_firebase_is_reached_through_the_proxy_and_by_its_own_authority(tunnel: Tunnel, authority: Authority) -> None:
    received = fetch(f"https://{NAME}", REQUEST, proxied=True, ca_file=str(authority.certificate))
    assert received.json() == {"from": "firebase"}
    assert tunnel.asked[0].startswith(f"CONNECT {NAME}:443 ")
    assert "Proxy-Authorization: Basic dTpwI3c=" in tunnel.asked[0]


def test_a_network_that_inspects_tls_is_told_as_that(tunnel: Tunnel) -> None:
    """It went wrong beyond the proxy: the certificate is told with the name that was asked for."""
    with pytest.raises(AttemptFailed) as told:
        fetch(f"https://{NAME}", REQUEST, proxied=True)
    assert told.value.problem.startswith(f"the certificate of {NAME}:443 is from an authority that this machine")
    assert "inspects TLS" in (told.value.hint or "")
    assert "SHEMA_CA_FILE" in (told.value.hint or "")


@pytest.mark.parametrize(
    ("answer", "said"), [(b"", "broke off the TLS handshake"), (b"HTTP/1.1 200 OK\r\n\r\n", "does not speak TLS")]
)
def test_what_goes_wrong_in_a_tunnel_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, firebase: HttpServer, answer: bytes, said: str
) -> None:
    """Google wants no client certificate and speaks TLS: something in between answers in its place."""
    tunnel = Tunnel(firebase.port, instead=answer)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{tunnel.port}")
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AttemptFailed) as told:
        fetch(f"https://{NAME}", REQUEST, proxied=True)
    tunnel.close()
    assert told.value.problem == f"{NAME}:443 {said}"
    assert (told.value.hint or "").endswith(f"check the proxy 127.0.0.1:{tunnel.port} (HTTPS_PROXY)")


def test_a_proxy_that_hangs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        label = f"127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://{label}")
        with pytest.raises(LocalFault) as told:
            fetch(f"https://{NAME}", REQUEST, proxied=True, limit_s=0.2)
    assert told.value.problem == f"the proxy {label} (HTTPS_PROXY) gave no answer within 0.2 s"
    assert "HTTPS_PROXY" in (told.value.hint or "")


@pytest.mark.usefixtures("tunnel")
def test_what_is_excepted_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", f"x.test,.{NAME.partition('.')[2]}")
    with pytest.raises(AttemptFailed, match=f"the name {NAME} is not known"):
        fetch(f"https://{NAME}", REQUEST, proxied=True)


async def test_a_service_with_a_private_authority(world: OpenWorld, authority: Authority) -> None:
    with HttpServer(tls=authority.serving("user")) as server:
        server.on("GET", PATH, Answer(json={}))
        async with world(USER_SERVICE_URL=server.url, SHEMA_CA_FILE=str(authority.certificate)).client() as client:
            assert (await client.request("user", "GET", PATH)).status == 200
        async with Transport() as transport:
            with pytest.raises(AttemptFailed, match="from an authority that this machine does not know"):
                await transport.send(server.url, REQUEST, 5.0)


async def test_a_file_of_certificates_that_is_missing_counts_against_no_circuit(
    world: OpenWorld, authority: Authority, tmp_path: Path
) -> None:
    with HttpServer(tls=authority.serving("user")) as server:
        opened = world(USER_SERVICE_URL=server.url, SHEMA_CA_FILE=str(tmp_path / "nowhere.pem"))
        async with opened.client() as client:
            for _ in range(6):
                with pytest.raises(NotSent, match=r"SHEMA_CA_FILE: .*nowhere\.pem cannot be used: No such file"):
                    await client.request("user", "GET", PATH)
            assert client.breaker.state(server.url).value == "closed"
    assert server.requests == []


_NO_NAME_SERVER = """
import asyncio, socket, sys, threading
socket.getaddrinfo = lambda *asked, **how: threading.Event().wait()
from shema_cli.calls.reply import AttemptFailed
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import Transport

async def ask():
    async with Transport() as transport:
        await transport.send("http://slow.test:1", Outgoing("GET", "/", {}), 0.2)

try:
    asyncio.run(ask())
except AttemptFailed as late:
    print(late.code)
"""


def test_a_name_server_that_never_answers_holds_up_no_end() -> None:
    """Nobody would end here: neither the loop, which joins its threads, nor the process."""
    argv = [sys.executable, "-c", _NO_NAME_SERVER]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("timeout\n", "")
