"""What of a call on the command line may be sent at all, and where to (contract 2.3, `api`)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.api import call
from shema_cli.api.call import ApiCall, parse_call, read_body
from shema_cli.errors import InvalidUsage

STDIN = io.TextIOWrapper(io.BytesIO(b""))


def parsed(path: str = "/api/x", method: str | None = None, *headers: str, data: bool = False) -> ApiCall:
    return parse_call("user", path, method, headers, has_data=data)


@pytest.mark.parametrize(
    ("method", "data", "verb", "changes"),
    [
        (None, False, "GET", False),
        (None, True, "POST", True),
        ("get", True, "GET", False),
        ("HEAD", False, "HEAD", False),
        ("patch", False, "PATCH", True),
        ("OPTIONS", False, "OPTIONS", True),
        ("PURGE", False, "PURGE", True),
    ],
)
def test_whatever_is_not_known_to_read_changes_something(
    method: str | None, data: bool, verb: str, changes: bool
) -> None:
    made = parsed("/api/x", method, data=data)
    assert (made.method, made.changes) == (verb, changes)


@pytest.mark.parametrize("method", ["", "G ET", "GET\r\n", "é", "CONNECT", "trace", "A" * 21, "GET1"])
def test_a_method_that_is_none_or_of_no_use_is_refused(method: str) -> None:
    with pytest.raises(InvalidUsage) as refused:
        parsed("/api/x", method)
    assert refused.value.code == "bad_method"


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("X-Trace: a:b", ("X-Trace", "a:b")),
        ("x-empty:", ("x-empty", "")),
        (" X-Blank \t:\t v  ", ("X-Blank", "v")),
        ("Accept: text/html; q=0.5", ("Accept", "text/html; q=0.5")),
    ],
)
def test_a_header_is_its_name_and_its_value(header: str, sent: tuple[str, str]) -> None:
    assert list(parsed("/api/x", None, header).headers.items()) == [sent]


BROKEN = ["", "X", ": v", "X Y: v", "X: a\nb", "X: a\rb", "X: \x00", "X: é", "é: x", "X\n: v"]
OWN = ["Authorization: Bearer x", "AUTHORIZATION: x", "Host: x", "x-request-id: x", "Content-Length: 1", "te: x"]


@pytest.mark.parametrize(
    "header",
    [*BROKEN, *OWN],
)
def test_a_header_that_cannot_be_sent_or_is_shema_s_own_is_refused(header: str) -> None:
    with pytest.raises(InvalidUsage) as refused:
        parsed("/api/x", None, header)
    assert refused.value.code == "bad_header"


@given(st.text(max_size=12))
def test_no_header_carries_a_line_break(text: str) -> None:
    try:
        headers = parsed("/api/x", None, text).headers
    except InvalidUsage:
        return
    for name, value in headers.items():
        assert (name + value).isascii()
        assert not set("\r\n\x00") & set(name + value)


@pytest.mark.parametrize("service", ["", "User", "a_b", "../x", "-a", "a" * 65, "a.b"])
def test_a_service_that_can_have_no_such_name_is_refused(service: str) -> None:
    with pytest.raises(InvalidUsage) as refused:
        parse_call(service, "/api/x", None, (), has_data=False)
    assert refused.value.code == "bad_service"


@pytest.mark.parametrize(
    ("headers", "takes_json"),
    [
        ((), True),
        (("Content-Type: application/json",), True),
        (("content-type: application/problem+JSON; charset=utf-8",), True),
        (("Content-Type: text/plain",), False),
        (("content-TYPE: text/plain",), False),
        (("Accept: text/plain",), True),
    ],
)
def test_a_body_is_json_unless_another_type_is_given(headers: tuple[str, ...], takes_json: bool) -> None:
    assert parsed("/api/x", None, *headers).takes_json is takes_json


@pytest.mark.parametrize("body", ['{"a": 1}', " [1,\n2] ", '"é"', "12345678901234567890123", "null"])
def test_json_is_sent_as_it_was_written(body: str) -> None:
    assert read_body(body, STDIN, must_be_json=True) == body.encode()


@pytest.mark.parametrize("body", ["", "{", "{'a': 1}", "[" * 100_000])
def test_what_is_not_json_is_refused_where_it_must_be(body: str) -> None:
    with pytest.raises(InvalidUsage, match="the body is not JSON"):
        read_body(body, STDIN, must_be_json=True)
    assert read_body(body, STDIN, must_be_json=False) == body.encode()


def test_a_body_comes_from_a_file_or_stdin_byte_for_byte_and_is_no_longer_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call, "LARGEST_BODY", 4)
    (tmp_path / "body").write_bytes(b"\xff\r\n\x00")
    assert read_body(f"@{tmp_path / 'body'}", STDIN, must_be_json=False) == b"\xff\r\n\x00"
    assert read_body("-", io.TextIOWrapper(io.BytesIO(b"1234")), must_be_json=True) == b"1234"
    with pytest.raises(InvalidUsage, match="longer than 4 bytes"):
        read_body("-", io.TextIOWrapper(io.BytesIO(b"12345")), must_be_json=True)
    with pytest.raises(InvalidUsage):
        read_body(f"@{tmp_path / 'none'}", STDIN, must_be_json=False)
    assert read_body(None, STDIN, must_be_json=True) is None
