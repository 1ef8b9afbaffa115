"""Request ids, traces, log lines, pauses, timeouts, names, URLs and paths."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls.client import attempts_for, pause_after
from shema_cli.calls.log import call_record, format_call
from shema_cli.calls.registry import path_problem, url_problem
from shema_cli.calls.reply import retry_after_s
from shema_cli.calls.request import Outgoing, Timeout, new_request_id
from tests.support.world import NOW, StillClock


def test_a_request_id_has_the_milliseconds_and_nine_characters() -> None:
    request_id = new_request_id(StillClock())
    assert re.fullmatch(rf"req_{int(NOW.timestamp() * 1000)}_[a-z0-9]{{9}}", request_id)
    assert len({new_request_id(StillClock()) for _ in range(200)}) == 200


def test_the_log_record_has_the_keys_of_the_contract() -> None:
    request = Outgoing("GET", "/api/users/by-email?email=a@b.c", {"X-Request-ID": "req_1_a"}, service="user")
    record = call_record(request, "http://u:1", status=200, at=NOW, duration_ms=12)
    line = json.loads(format_call(record, as_json=True))
    assert line == {
        "type": "service_call",
        "service": "user",
        "endpoint": "/api/users/by-email",
        "duration_ms": 12,
        "status": 200,
        "timestamp": "2026-03-01T08:00:00.000Z",
        "request_id": "req_1_a",
        "attempt": 1,
        "instance": "http://u:1",
    }
    assert "user /api/users/by-email 200 12 ms" in format_call(record, as_json=False)
    assert "no answer" in format_call({**record, "status": None}, as_json=False)


def test_the_pauses_are_those_of_the_contract() -> None:
    assert [pause_after(n, lambda: 0.0) for n in (1, 2)] == [0.2, 0.4]
    assert [pause_after(n, lambda: 1.0) for n in (1, 2)] == pytest.approx([0.3, 0.6])


@pytest.mark.parametrize(("method", "attempts"), [("GET", 3), ("put", 3), ("DELETE", 3), ("POST", 1), ("patch", 1)])
def test_only_idempotent_methods_are_repeated(method: str, attempts: int) -> None:
    assert attempts_for(method) == attempts


def test_the_four_timeouts() -> None:
    assert [timeout.seconds for timeout in Timeout] == [5, 10, 15, 30]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        (" 10 ", 10.0),
        ("0", 0.0),
        (format_datetime(NOW + timedelta(seconds=7), usegmt=True), 7.0),
        (format_datetime(NOW - timedelta(seconds=7), usegmt=True), 0.0),
        ("Sun, 01 Mar 2026 08:00:04 -0000", 4.0),
        ("9" * 500, 999999999999.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_takes_any_text(text: str) -> None:
    seconds = retry_after_s(text, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("url", ["http://user-service:3002", "https://a.b/base", "http://[::1]:80", "http://1.2.3.4"])
def test_base_urls(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        *("", "user-service:3002", "ftp://a", "//a"),
        *("http://", "http://a:0", "http://a:99999", "http://a:x", "http://[::1", "http://u:p@a"),
        *("http://a?x=1", "http://a#f", "http://a?", "http://a b", "http://a\n", "http://a\\b", "http://caf\udce9"),
    ],
)
def test_what_is_no_base_url(url: str) -> None:
    assert url_problem(url)


@pytest.mark.parametrize("path", ["/", "/api/users/stats", "/a?b=c&d=%20", "/ä"])
def test_paths(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    ["", "api", "//evil.example/x", "http://evil.example", "/a b", "/a\\b", "/a\r\nX: y", "/a#b", "/x?e=caf\udce9"],
)
def test_what_is_no_path(path: str) -> None:
    assert path_problem(path)
