"""The way out for code that is no coroutine, as Firebase and Google are asked: bounded, judged and explained alike."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from shema_cli.calls.reply import AttemptFailed, Received, Unacceptable
from shema_cli.calls.request import Outgoing, Timeout
from shema_cli.calls.transport import LONGEST_BODY, fetch
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy

PATH = "/x"
PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


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
    assert fetch.__kwdefaults__ == {"limit_s": Timeout.EXTERNAL.seconds}
    assert Timeout.EXTERNAL.seconds == 15


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(AttemptFailed, match="refused: nothing listens there"):
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
    assert other_server.requests == []
    assert ask("http://firebase.invalid", proxied=True).json() == {"from": "the proxy"}


def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.setenv(name, "gopher://127.0.0.1:70")
    with pytest.raises(AttemptFailed, match="the proxy of the environment cannot be used"):
        ask("http://127.0.0.1:9", proxied=True)


def test_what_is_sent_shows_no_secret() -> None:
    sent = Outgoing.of_json(PATH, {"password": "hunter2"}, {"key": "secret-key"}, {"Authorization": "Bearer t0ken"})
    assert not any(secret in repr(sent) for secret in ("hunter2", "secret-key", "t0ken"))
