"""The way out for code that is no coroutine, as Firebase and Google are asked: bounded, judged and explained alike."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.calls.bodies import LONGEST_BODY
from shema_cli.calls.reply import AttemptFailed, LocalFault, Received, Unacceptable
from shema_cli.calls.request import Outgoing, Timeout
from shema_cli.calls.transport import fetch
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy

PATH = "/x"
PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies and certificates."""
    for name in (*PROXIES, "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def ask(base: str, limit_s: float = 5.0, *, proxied: bool = False) -> Received:
    return fetch(base, Outgoing("GET", PATH, {}), limit_s=limit_s, proxied=proxied)


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        (Fault.BLACK_HOLE, {"timeout"}),
        (Fault.DRIP, {"timeout"}),
        (Fault.RESET, {"connection_lost"}),
        (Fault.REFUSE, {"connection_lost", "protocol_error"}),
        (Fault.GARBAGE, {"protocol_error"}),
        (Fault.HALF_BODY, {"protocol_error"}),
    ],
)
def test_a_fault_ends_within_the_time_and_in_words(
    server: HttpServer, proxy: FaultProxy, fault: Fault, codes: set[str]
) -> None:
    server.on("GET", PATH, Answer(json={"text": "x" * 500}))
    proxy.fault = fault
    proxy.drip_pause = 0.02
    proxy.cut_after = 400 if fault is Fault.HALF_BODY else 0
    with pytest.raises(AttemptFailed) as caught:
        ask(proxy.url, 0.4)
    assert caught.value.code in codes
    assert caught.value.problem


def test_a_drip_that_began_well_does_not_escape_the_limit(server: HttpServer) -> None:
    """Each byte comes soon enough; the whole does not. What is left of the work ends by itself."""

    def drip() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.02)
            yield b"x"

    server.on("GET", PATH, lambda _: Answer(chunks=drip()))
    before = set(threading.enumerate())
    with pytest.raises(AttemptFailed, match=r"no whole answer within 0\.3 s"):
        ask(server.url, 0.3)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def test_firebase_and_google_get_fifteen_seconds(server: HttpServer) -> None:
    assert fetch.__kwdefaults__ is not None
    assert fetch.__kwdefaults__["limit_s"] == Timeout.EXTERNAL.seconds
    assert Timeout.EXTERNAL.seconds == 15


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(AttemptFailed, match=r"to 127\.0\.0\.1:\d+ was refused: nothing listens there"):
        ask(url)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70])
def test_a_name_that_is_not_known(host: str) -> None:
    with pytest.raises(AttemptFailed) as caught:
        ask(f"http://{host}:3001")
    assert caught.value.code in ("dns_failed", "bad_url")


def test_tls_spoken_to_a_plain_port(server: HttpServer) -> None:
    with pytest.raises(AttemptFailed) as caught:
        ask(server.url.replace("http", "https"))
    assert caught.value.code == "tls_failed"


def test_a_redirect_is_not_followed(server: HttpServer, other_server: HttpServer) -> None:
    server.on("GET", PATH, Answer(302, headers={"Location": f"{other_server.url}/elsewhere"}))
    with pytest.raises(Unacceptable, match="it was not followed"):
        ask(server.url)
    assert other_server.requests == []


def test_a_body_that_is_too_long_once_unpacked_is_refused(server: HttpServer) -> None:
    bomb = gzip.compress(bytes(LONGEST_BODY + 1), 9)
    server.on("GET", PATH, Answer(body=bomb, headers={"content-encoding": "gzip"}))
    with pytest.raises(Unacceptable, match="longer than 10 MiB"):
        ask(server.url)


def test_a_packed_body_is_unpacked(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(body=gzip.compress(b'{"a": 1}'), headers={"content-encoding": "gzip"}))
    assert ask(server.url).json() == {"a": 1}
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_a_5xx_is_a_failed_attempt_that_has_its_answer(server: HttpServer) -> None:
    server.on("GET", PATH, Answer(503, body=b"later"))
    with pytest.raises(AttemptFailed, match="answered 503") as caught:
        ask(server.url)
    assert caught.value.received is not None
    assert (caught.value.status, caught.value.received.body) == (503, b"later")


def test_forms_and_json_are_sent_as_such(server: HttpServer) -> None:
    server.on("POST", PATH, Answer(json={}))
    fetch(server.url, Outgoing.of_form(PATH, {"a": "x y&z"}, {"key": "k"}), proxied=False)
    fetch(server.url, Outgoing.of_json(PATH, {"a": "ä"}, {}, {"Authorization": "Bearer owner"}), proxied=False)
    form, document = server.requests
    assert (form.body, form.headers["content-type"]) == (b"a=x+y%26z", "application/x-www-form-urlencoded")
    assert form.query == {"key": "k"}
    assert (document.json, document.headers["authorization"]) == ({"a": "ä"}, "Bearer owner")
    assert document.headers["content-type"] == "application/json"


def test_only_what_may_be_proxied_goes_through_the_proxy(
    server: HttpServer, other_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES:
        monkeypatch.setenv(name, other_server.url)
    server.on("GET", PATH, Answer(json={"from": "the server"}))
    other_server.on("GET", PATH, Answer(json={"from": "the proxy"}))
    assert ask(server.url).json() == {"from": "the server"}
    assert ask(server.url, proxied=True).json() == {"from": "the server"}, "what is on this machine needs no proxy"
    assert other_server.requests == []
    assert ask("http://firebase.invalid", proxied=True).json() == {"from": "the proxy"}


@pytest.mark.parametrize("password", ["p#w", "p%23w", "p/w", "p@w", "p?w", "ä"])
def test_user_and_password_reach_the_proxy(other_server: HttpServer, alone: pytest.MonkeyPatch, password: str) -> None:
    other_server.on("GET", PATH, Answer(json={}))
    alone.setenv("HTTP_PROXY", f"http://u:{password}@127.0.0.1:{other_server.port}")
    ask("http://firebase.invalid", proxied=True)
    sent = other_server.requests[0].headers["proxy-authorization"].removeprefix("Basic ")
    assert b64decode(sent).decode() == f"u:{password.replace('%23', '#')}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("gopher://127.0.0.1:70", "HTTPS_PROXY begins with gopher://"),
        ("socks5://127.0.0.1:1080", "HTTPS_PROXY names a SOCKS proxy"),
        ("http://:8080", "HTTPS_PROXY names no host"),
        ("http://h:eighty", "HTTPS_PROXY has a host or a port that cannot be read"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told(alone: pytest.MonkeyPatch, value: str, said: str) -> None:
    alone.setenv("HTTPS_PROXY", value)
    with pytest.raises(LocalFault, match=said) as told:
        ask("https://firebase.invalid", proxied=True)
    assert "HTTPS_PROXY" in (told.value.hint or "")


def test_a_dead_proxy_is_told_apart_from_a_dead_service(alone: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    alone.setenv("ALL_PROXY", f"http://user:secret@127.0.0.1:{port}")
    with pytest.raises(LocalFault) as told:
        ask("https://firebase.invalid", proxied=True)
    assert told.value.problem.startswith(f"the proxy 127.0.0.1:{port} (ALL_PROXY) cannot be used: the connection to")
    assert "ALL_PROXY" in (told.value.hint or "")
    assert "secret" not in f"{told.value.problem}{told.value.hint}"


@pytest.mark.parametrize(
    ("status", "credentials", "said"),
    [
        (407, "", "wants a user and a password (407)"),
        (407, "u:p@", "wants another user or password (407)"),
        (502, "", "does not lead to firebase.invalid:443: it answered 502"),
    ],
)
def test_a_proxy_that_refuses_is_told(
    other_server: HttpServer, alone: pytest.MonkeyPatch, status: int, credentials: str, said: str
) -> None:
    other_server.on("CONNECT", "443", Answer(status))
    alone.setenv("HTTPS_PROXY", f"http://{credentials}127.0.0.1:{other_server.port}")
    with pytest.raises(LocalFault) as told:
        ask("https://firebase.invalid", proxied=True)
    assert said in told.value.problem
    assert "(HTTPS_PROXY)" in told.value.problem


def test_a_proxy_that_does_not_speak_http_is_told(proxy: FaultProxy, alone: pytest.MonkeyPatch) -> None:
    proxy.fault = Fault.REFUSE
    alone.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(LocalFault, match=r"the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) cannot be used"):
        ask("https://firebase.invalid", proxied=True)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SHEMA_CA_FILE"])
def test_certificates_that_are_not_there_are_told_with_the_variable(
    alone: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    missing = str(tmp_path / "nowhere")
    if name != "SHEMA_CA_FILE":
        alone.setenv(name, missing)
    with pytest.raises(LocalFault) as told:
        fetch(
            "https://127.0.0.1:9",
            Outgoing("GET", PATH, {}),
            proxied=False,
            ca_file=missing if name == "SHEMA_CA_FILE" else None,
        )
    assert told.value.problem.startswith(f"{name}: {missing} cannot be used: ")


def test_what_is_sent_shows_no_secret() -> None:
    sent = Outgoing.of_json(PATH, {"password": "hunter2"}, {"key": "secret-key"}, {"Authorization": "Bearer t0ken"})
    assert not any(secret in repr(sent) for secret in ("hunter2", "secret-key", "t0ken"))
