"""The trace that a pipeline hands over goes through: each call is a span of its own in it (W3C Trace Context)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls.trace import LONGEST_STATE, MOST_MEMBERS, Trace, next_span
from tests.support.calls import OpenWorld
from tests.support.cli import shema
from tests.support.http import Answer, HttpServer, Request
from tests.support.signed_in import signed_in

STATS = "/api/users/stats"
ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{ID}-{SPAN}-01"
STATE = "rojo=00f067aa0ba902b7, congo@shema=t61rcWkgMzE"


def parts(request: Request) -> list[str]:
    return request.headers["traceparent"].split("-")


async def test_the_trace_of_the_environment_goes_through_all_calls(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(503), Answer(503), Answer(json={}), Answer(json={}))
    async with world(USER_SERVICE_URL=server.url, TRACEPARENT=PARENT, TRACESTATE=STATE).client() as client:
        await client.get_json("user", STATS)
        await client.get_json("user", STATS)
    told = [parts(request) for request in server.requests]
    assert [(version, trace, flags) for version, trace, _, flags in told] == [("00", ID, "01")] * 4
    assert len({span for _, _, span, _ in told} | {SPAN}) == 5
    assert {request.headers["tracestate"] for request in server.requests} == {STATE}
    assert len({request.headers["x-request-id"] for request in server.requests}) == 2


async def test_without_one_each_call_begins_its_own(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(json={}))
    async with world(USER_SERVICE_URL=server.url, TRACESTATE=STATE).client() as client:
        await client.get_json("user", STATS)
        await client.get_json("user", STATS)
    assert len({parts(request)[1] for request in server.requests}) == 2
    assert all("tracestate" not in request.headers for request in server.requests)


def test_a_command_goes_on_with_it_and_says_nothing_of_one_that_is_none(
    base_env: dict[str, str], server: HttpServer
) -> None:
    server.on("GET", "/health", Answer(json={}))
    env = {**base_env, **signed_in(), "USER_SERVICE_URL": server.url}
    plain = shema("services", "health", env=env)
    for variables in ({"TRACEPARENT": PARENT}, {"TRACEPARENT": "nonsense"}):
        run = shema("services", "health", env=env | variables)
        assert (run.code, run.err) == (plain.code, plain.err)
    assert [parts(request)[1] == ID for request in server.requests] == [False, True, False]


def test_a_file_hands_over_no_trace(
    base_env: dict[str, str], server: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would stand there for ever, and all commands would be one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"TRACEPARENT={PARENT}\nUSER_SERVICE_URL={server.url}\n")
    server.on("GET", "/health", Answer(json={}))
    assert shema("services", "health", env={**base_env, **signed_in()}).code == 0
    assert parts(server.requests[0])[1] != ID


@pytest.mark.parametrize(
    ("told", "flags"),
    [
        (PARENT, "01"),
        (f"  {PARENT}\n", "01"),
        (f"00-{ID}-{SPAN}-00", "00"),
        (f"00-{ID}-{SPAN}-03", "03"),
        (f"00-{ID}-{SPAN}-ff", "03"),
        (f"01-{ID}-{SPAN}-01", "01"),
        (f"cc-{ID}-{SPAN}-01-what-a-later-version-adds", "01"),
        ("", None),
        (f"00-{ID}-{SPAN}-01-more", None),
        (f"00-{ID}-{SPAN}-01-", None),
        (f"cc-{ID}-{SPAN}-01.more", None),
        (f"ff-{ID}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{ID}-{'0' * 16}-01", None),
        (f"00-{ID.upper()}-{SPAN}-01", None),
        (f"00-{ID}-{SPAN}", None),
        (f"0-{ID}-{SPAN}-01", None),
        (f"00-{ID[1:]}-{SPAN}-01", None),
        (f"00-{ID}-{SPAN}-0١", None),
        (f"00_{ID}_{SPAN}_01", None),
        (f"{PARENT}\r\nX-Evil: 1", None),
    ],
)
def test_a_traceparent_is_read_by_the_rules_of_w3c(told: str, flags: str | None) -> None:
    found = Trace.given({"TRACEPARENT": told, "TRACESTATE": STATE})
    assert (found.id, found.flags, found.state) == (ID, flags, STATE) if found else flags is None


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (STATE, True),
        ("a=1", True),
        ("a=1,,b=2 ,", True),
        ("fw529a3039@dt=FfffffffffffF;1:2", True),
        (",".join(f"k{n}=v" for n in range(MOST_MEMBERS)), True),
        ("", False),
        ("a", False),
        ("a=", False),
        ("a=1,a=2", False),
        ("A=1", False),
        ("a=b=c", False),
        ("a=1\r\nX-Evil: 1", False),
        ("a=é", False),
        (",".join(f"k{n}=v" for n in range(MOST_MEMBERS + 1)), False),
        (",".join(f"k{n}={'v' * 250}" for n in range(LONGEST_STATE // 250 + 1)), False),
    ],
)
def test_a_tracestate_is_passed_on_as_it_came_or_not_at_all(told: str, kept: bool) -> None:
    found = Trace.given({"TRACEPARENT": PARENT, "TRACESTATE": told})
    assert found
    assert found.state == (told if kept else "")
    assert ("tracestate" in found.span()) is kept


@given(st.text(), st.text())
def test_whatever_is_given_can_be_sent_or_counts_for_nothing(parent: str, state: str) -> None:
    for told in (parent, PARENT):
        trace = Trace.given({"TRACEPARENT": told, "TRACESTATE": state})
        assert trace is None or all(
            value.isascii() and value.isprintable() and len(value) <= LONGEST_STATE for value in trace.span().values()
        )


def test_the_next_span_is_another_in_the_same_trace() -> None:
    trace = Trace.new()
    first = trace.span()["traceparent"]
    second = next_span(first)
    assert first != second
    assert first.split("-")[1] == second.split("-")[1] == trace.id
    assert second.split("-")[::3] == ["00", "01"]
