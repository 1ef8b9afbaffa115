"""Bodies as they come, what went wrong in words, and the log: without a network."""

from __future__ import annotations

import errno
import gzip
import socket
import ssl
import zlib
from collections.abc import Mapping

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls import bodies
from shema_cli.calls.bodies import Body, Inflate
from shema_cli.calls.reply import AttemptFailed, LocalFault, NoUsableAnswer, Received, Unacceptable
from shema_cli.calls.transport import _explained, _judged
from shema_cli.network_errors import Destination
from tests.support.cli import CapturedStream

CHUNKS = st.lists(st.binary(max_size=40), max_size=6)
URL = "http://u:1/p"


def body(status: int = 200, method: str = "GET", **headers: str) -> Body:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Body(method, status, named)


def fed(one: Body, content: bytes, size: int) -> Received:
    for start in range(0, len(content), size):
        one.feed(content[start : start + size])
    return one.received()


# -- bodies ------------------------------------------------------------------------------------------------------


@given(CHUNKS)
def test_a_body_is_its_chunks(chunks: list[bytes]) -> None:
    one = body()
    for chunk in chunks:
        one.feed(chunk)
    assert one.received().body == b"".join(chunks)


@given(
    st.lists(st.binary(max_size=60), min_size=1, max_size=3), st.integers(1, 50), st.sampled_from(["gzip", "X-GZIP "])
)
def test_a_packed_body_is_unpacked_however_it_is_cut_and_of_how_many_members(
    parts: list[bytes], size: int, encoding: str
) -> None:
    packed = b"".join(map(gzip.compress, parts))
    assert fed(body(content_encoding=encoding), packed, size).body == b"".join(parts)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_a_deflated_body_is_too(content: bytes, size: int) -> None:
    assert fed(body(content_encoding="deflate"), zlib.compress(content), size).body == content


@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_packed_body_that_ends_early_is_a_failed_attempt(content: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(content)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(AttemptFailed) as told:
        fed(body(content_encoding="gzip"), packed[:cut], 10)
    assert told.value.code == "cut_short"


def test_a_packed_body_that_never_began_is_empty() -> None:
    """A 204 and an answer to HEAD name a packing too, and have nothing to unpack."""
    assert body(content_encoding="gzip").received().body == b""
    assert body(method="HEAD", content_encoding="br", content_length="99999999999").received().body == b""


@given(st.binary(min_size=4, max_size=60).filter(lambda content: content[:2] != b"\x1f\x8b"))
def test_what_is_not_packed_as_it_says_is_damaged_or_read(content: bytes) -> None:
    try:
        fed(body(content_encoding="gzip"), content, 7)
    except NoUsableAnswer as told:
        assert told.code in ("bad_answer", "cut_short")  # noqa: PT017 - by chance it may be a packed body


def test_a_bomb_is_never_unpacked_further_than_a_step_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_INFLATE_STEP", 1000)
    pieces = list(Inflate().feed(gzip.compress(b"\0" * 100_000)))
    assert max(map(len, pieces)) <= 1000
    assert sum(map(len, pieces)) == 100_000


@pytest.mark.parametrize(
    ("length", "headers", "code"),
    [
        (11, {}, "too_long"),
        (0, {"content_length": "11"}, "too_long"),
        (0, {"content_length": "9" * 400}, "too_long"),
        (10, {"content_length": "10"}, None),
        (3, {"content_length": "nonsense"}, None),
        (3, {"content_length": "-5"}, None),
        (0, {"content_encoding": "br"}, "bad_answer"),
        (3, {"content_encoding": "identity"}, None),
        (3, {"content_encoding": " "}, None),
    ],
)
def test_what_is_too_long_or_packed_in_an_unknown_way_is_refused(
    length: int, headers: dict[str, str], code: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LONGEST_BODY", 10)

    def read(status: int) -> Received:
        return fed(body(status, **headers), b"x" * length, 4)

    if code is None:
        assert len(read(200).body) == length
        return
    with pytest.raises(Unacceptable) as told:
        read(200)
    assert (told.value.code, told.value.status) == (code, 200)
    with pytest.raises(AttemptFailed) as failed:  # of a 5xx the status is enough
        read(503)
    assert (failed.value.code, failed.value.status) == ("server_error", 503)


# -- how it is judged --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 300, 304, 400, 404, 499])
def test_what_is_an_answer(status: int) -> None:
    received = Received(status, {}, b"")
    assert _judged(URL, received) is received


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_a_5xx_is_a_failed_attempt_that_has_its_answer(status: int) -> None:
    received = Received(status, {}, b"x")
    with pytest.raises(AttemptFailed, match=f"answered {status}") as told:
        _judged(URL, received)
    assert told.value.received is received


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (301, {"location": "/q"}, "to http://u:1/q; it was not followed"),
        (302, {"location": "https://u:1/q"}, "on another host, u:1"),
        (307, {"location": "//evil.test/q"}, "on another host, evil.test"),
        (308, {}, "without saying where to"),
        (300, {"location": "/q"}, "to http://u:1/q"),
        (302, {"location": "/" + "x" * 5000}, "to http://u:1/xxx"),
        (302, {"location": "http://[::1"}, "to what is no address: http://[::1; it was not followed"),
        (302, {"location": "//[x]/"}, "to what is no address: //[x]/"),
    ],
)
def test_a_redirect_says_where_it_leads_and_is_not_followed(status: int, headers: Mapping[str, str], said: str) -> None:
    with pytest.raises(Unacceptable) as told:
        _judged(URL, Received(status, headers, b""))
    assert told.value.code == "redirected"
    assert said in told.value.problem
    assert len(told.value.problem) < 500


# -- what went wrong, in words -----------------------------------------------------------------------------------


def caused_by(cause: BaseException) -> httpx2.ConnectError:
    error = httpx2.ConnectError("All connection attempts failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (caused_by(socket.gaierror(-2, "Name or service not known")), "dns_failed", "the name u is not known"),
        (caused_by(ConnectionRefusedError(111, "refused")), "refused", "nothing listens there"),
        (caused_by(ExceptionGroup("x", [OSError("a"), ConnectionRefusedError(111, "")])), "refused", "nothing listens"),
        (caused_by(ssl.SSLError(1, "odd")), "tls_failed", "no secure connection to u:1"),
        (caused_by(OSError("odd")), "connect_failed", "All connection attempts failed"),
        (httpx2.RemoteProtocolError("illegal status line: bytearray(b'\\x15\\x03\\x03')"), "tls_wanted", "speaks TLS"),
        (httpx2.RemoteProtocolError("peer closed"), "protocol_error", "broke off or is not HTTP"),
        (httpx2.ReadError(""), "connection_lost", "ReadError"),
        (httpx2.ReadTimeout("x"), "timeout", "no whole answer within 5 s"),
        (httpx2.InvalidURL("odd"), "bad_url", "the URL cannot be used"),
        (UnicodeError("label too long"), "bad_url", "label too long"),
    ],
)
def test_every_failure_of_the_library_is_told_in_our_words(error: Exception, code: str, said: str) -> None:
    with pytest.raises(AttemptFailed) as told, _explained(Destination("u", 1, "U_SERVICE_URL"), 5.0):
        raise error
    assert (told.value.code, told.value.status) == (code, None)
    assert said in told.value.problem


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (caused_by(OSError(errno.EMFILE, "")), "too_many_files"),
        (OSError(errno.EMFILE, ""), "too_many_files"),
        (caused_by(OSError(errno.ENETUNREACH, "")), "no_network"),
        (caused_by(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")), "dns_failed"),
        (httpx2.LocalProtocolError("Illegal header value"), "bad_request"),
    ],
)
def test_what_went_wrong_on_this_machine_is_not_the_other_side_s(error: Exception, code: str) -> None:
    with pytest.raises(LocalFault) as told, _explained(Destination("u", 1, "U_SERVICE_URL"), 5.0):
        raise error
    assert told.value.code == code


def test_what_is_no_failure_of_the_library_is_left_alone() -> None:
    with pytest.raises(KeyError), _explained(Destination("u", 1, "U_SERVICE_URL"), 5.0):
        raise KeyError


def test_a_stream_of_ours_is_none_of_the_librarys() -> None:
    """The stand-in for a terminal must not be taken for a connection that was lost."""
    stream = CapturedStream()
    stream.close()
    with pytest.raises(ValueError, match="closed file"), _explained(Destination("u", 1, "U_SERVICE_URL"), 5.0):
        stream.write("x")
