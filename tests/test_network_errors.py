"""What the operating system and TLS say of a connection, told in one place and in the same words."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.network_errors import Destination, Explanation, authority_problem, causes_of, explain
from tests.support.authority import GOOD, Authority

REDIS = Destination("cache.school.test", 6379, "REDIS_URL", schemes=("redis://", "rediss://"))
SERVICE = Destination("::1", 3001, "USER_SERVICE_URL")


def explained(error: BaseException, to: Destination = REDIS) -> Explanation:
    told = explain(error, to)
    assert told
    return told


@pytest.mark.parametrize(
    ("number", "code", "local"),
    [
        (errno.ECONNREFUSED, "refused", False),
        (errno.EHOSTUNREACH, "no_route", False),
        (errno.ETIMEDOUT, "timeout", False),
        (errno.ECONNRESET, "connection_lost", False),
        (errno.EPIPE, "connection_lost", False),
        (errno.ENETUNREACH, "no_network", True),
        (errno.ENETDOWN, "no_network", True),
        (errno.EADDRNOTAVAIL, "no_address", True),
        (errno.EAFNOSUPPORT, "no_address", True),
        (errno.EMFILE, "too_many_files", True),
        (errno.ENFILE, "too_many_files", True),
        (errno.ENOBUFS, "no_memory", True),
        (errno.EPERM, "not_allowed_here", True),
        (errno.EACCES, "not_allowed_here", True),
    ],
)
def test_every_failure_of_the_system_has_its_words_and_its_way_out(number: int, code: str, local: bool) -> None:
    told = explained(OSError(number, "x"))
    assert (told.code, told.local) == (code, local)
    assert told.hint
    assert local or "cache.school.test:6379" in told.problem
    assert "{" not in told.problem + told.hint


def test_host_port_and_variable_are_named() -> None:
    told = explained(ConnectionRefusedError(errno.ECONNREFUSED, "x"), SERVICE)
    assert told.problem == "the connection to [::1]:3001 was refused: nothing listens there"
    assert "USER_SERVICE_URL" in told.hint


def test_a_name_that_is_not_known_and_a_name_server_that_is_away() -> None:
    unknown = explained(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    away = explained(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    assert unknown.problem == "the name cache.school.test is not known (Name or service not known)"
    assert (unknown.local, "REDIS_URL" in unknown.hint) == (False, True)
    assert (away.local, "no name server answers" in away.problem) == (True, True)


def test_of_what_no_setting_names_the_way_out_is_the_network() -> None:
    google = Destination("oauth2.googleapis.com", 443, tls=True)
    for error in (socket.gaierror(socket.EAI_NONAME, "x"), OSError(errno.EHOSTUNREACH, "x"), TimeoutError()):
        assert "HTTPS_PROXY" in explained(error, google).hint


def test_of_several_addresses_the_one_that_came_furthest_counts() -> None:
    both = [OSError(errno.ENETUNREACH, "six"), ConnectionRefusedError(errno.ECONNREFUSED, "four")]
    outer = OSError("All connection attempts failed")
    outer.__cause__ = ExceptionGroup("x", both)
    assert explained(outer).code == "refused"


def test_what_lies_below_is_found() -> None:
    try:
        try:
            raise ConnectionResetError(errno.ECONNRESET, "reset")
        except OSError:
            raise RuntimeError("a library's own")  # noqa: B904 - as libraries do
    except RuntimeError as error:
        told = explained(error)
    assert told.code == "connection_lost"
    assert "write rediss:// in REDIS_URL" in told.hint


def test_a_socket_that_is_not_there() -> None:
    told = explained(FileNotFoundError(errno.ENOENT, "x"), Destination("/run/redis.sock", None, "REDIS_URL"))
    assert told.problem == "there is no socket /run/redis.sock"
    assert explain(FileNotFoundError(errno.ENOENT, "x"), REDIS) is None


def test_what_no_network_says_is_left_to_others() -> None:
    assert explain(ValueError("x"), REDIS) is None


@pytest.mark.parametrize("said", ["illegal status line: bytearray(b'\\x15\\x03')", 'got "\\x15" as reply type byte'])
def test_an_answer_in_tls_to_what_was_not(said: str) -> None:
    told = explained(RuntimeError(said))
    assert told.problem == "cache.school.test:6379 speaks TLS, and was spoken to without"
    assert told.hint == "write rediss:// instead of redis:// in REDIS_URL"


# -- TLS, with real handshakes ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"), GOOD)


class TlsPort:
    """Shakes hands with whoever comes, and hangs up."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            try:
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                connection.recv(100)
                connection.sendall(b"-ERR unknown command\r\n")
            except OSError:
                pass
            finally:
                connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def handshake(port: TlsPort, trusting: Path | None, host: str = "127.0.0.1") -> Explanation:
    to = Destination(host, port.port, "REDIS_URL", True, ("redis://", "rediss://"), "ssl_certfile in REDIS_URL")
    context = ssl.create_default_context(cafile=trusting)
    try:
        with (
            socket.create_connection(("127.0.0.1", port.port), 5) as plain,
            context.wrap_socket(plain, server_hostname=host) as spoken,
        ):
            spoken.sendall(b"PING\r\n")
            if not spoken.recv(100):
                raise ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    except OSError as error:
        return explained(error, to)
    raise AssertionError("it went well")


def serving(certificate: tuple[Path, Path], clients: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if clients:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture
def port(request: pytest.FixtureRequest, authority: Authority) -> Iterator[TlsPort]:
    kind = getattr(request, "param", "good")
    context = {
        "good": lambda: serving(authority.issue("good")),
        "expired": lambda: serving(authority.issue("expired", days=-1)),
        "other": lambda: serving(authority.issue("other", address="DNS:other.test")),
        "wants": lambda: serving(authority.issue("wants"), authority.certificate),
        "plain": lambda: None,
    }[kind]()
    opened = TlsPort(context)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("port", "trusted", "said", "hint"),
    [
        ("good", False, "is from an authority that this machine does not know", "SHEMA_CA_FILE=/path/to/ca.pem"),
        ("expired", True, "has expired", "have it renewed"),
        ("other", True, "is for another name", "in REDIS_URL"),
        ("plain", True, "does not speak TLS", "write redis:// instead of rediss:// in REDIS_URL"),
    ],
    indirect=["port"],
)
def test_a_handshake_that_fails_says_why_and_names_the_way_out(
    port: TlsPort, authority: Authority, trusted: bool, said: str, hint: str
) -> None:
    told = handshake(port, authority.certificate if trusted else None)
    assert told.code == "tls_failed"
    assert f"127.0.0.1:{port.port}" in told.problem
    assert said in told.problem
    assert hint in told.hint
    assert not told.local


@pytest.mark.parametrize("port", ["wants"], indirect=True)
def test_a_client_certificate_that_is_wanted(port: TlsPort, authority: Authority) -> None:
    """With TLS 1.3 it is told after the handshake, and the connection may be reset before that has arrived."""
    told = handshake(port, authority.certificate)
    assert told.code in ("tls_failed", "connection_lost")
    assert "a client certificate" in told.problem + told.hint
    assert "ssl_certfile in REDIS_URL" in told.hint


def test_a_rule_that_newer_pythons_hold_is_explained(tmp_path: Path) -> None:
    """An authority without key usage: good for 3.12, refused from 3.13 on, which sets this flag by itself."""
    home_made = Authority(tmp_path)
    port = TlsPort(serving(home_made.issue("good")))
    context = ssl.create_default_context(cafile=home_made.certificate)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with pytest.raises(ssl.SSLError) as caught, socket.create_connection(("127.0.0.1", port.port), 5) as plain:
        context.wrap_socket(plain, server_hostname="127.0.0.1")
    port.close()
    told = explained(caught.value)
    assert "breaks a rule that Python holds since 3.13 (CA cert does not include key usage extension)" in told.problem
    assert "keyUsage" in told.hint


def test_files_of_authorities(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "empty.pem").write_text("no certificate\n")
    assert authority_problem(authority.certificate) is None
    assert authority_problem(tmp_path / "nowhere.pem") == "No such file or directory"
    assert authority_problem(tmp_path / "empty.pem") == "it holds no certificate (PEM)"
    assert authority_problem(tmp_path) == "Is a directory"


def test_errors_that_lead_back_to_themselves_end() -> None:
    first, second = ConnectionError("first"), TimeoutError("second")
    first.__context__, second.__context__ = second, first
    assert list(causes_of(first)) == [first, second]
