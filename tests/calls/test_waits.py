"""A call that hangs says what it waits for, on a terminal, until it does no longer (contract 2.2)."""

from __future__ import annotations

import asyncio
import threading

import pytest

from shema_cli.calls import waits
from shema_cli.calls.request import Outgoing
from shema_cli.clock import SystemClock
from shema_cli.output.sink import Output
from shema_cli.output.streams import Streams
from tests.support.cli import CapturedStream
from tests.support.http import Answer, HttpServer, Request
from tests.support.signed_in import signed_in
from tests.support.terminal import Terminal

COURSE, USER = "http://127.0.0.1:3003", "http://127.0.0.1:3002"


def test_whoever_waits_at_a_terminal_is_told_for_whom_and_how_long_and_the_line_goes() -> None:
    answered = threading.Event()

    def hangs(_: Request) -> Answer:
        answered.wait(20)
        return Answer(json={"here": "at last"})

    with HttpServer() as server:
        server.on("GET", "/x", hangs)
        env = signed_in() | {"COURSE_SERVICE_URL": server.url, "SERVICE_JWT_SECRET": "s" * 32}
        with Terminal("api", "course", "/x", env=env) as terminal:
            terminal.wait(f"waiting for course ({server.url}), ", " s more")
            answered.set()
            terminal.wait("at last")
            assert "waiting for" not in terminal.text


def asked(service: str, attempt: int = 1) -> Outgoing:
    return Outgoing("GET", "/x", {}, service=service, attempt=attempt)


async def test_what_hangs_is_told_until_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "TOLD_AFTER_S", 0.0)
    monkeypatch.setattr(waits, "TOLD_EVERY_S", 0.0)
    told: list[str] = []
    calls = waits.Waits(SystemClock(), told.append)

    async def until(line: str) -> None:
        while line not in told:
            await asyncio.sleep(0)

    with calls.one(COURSE, asked("course"), 50.0):
        await until(f"waiting for course ({COURSE}), 50 s more")
        with calls.one(USER, asked("user", attempt=2), 90.0):
            await until(f"waiting for user ({USER}, attempt 2) and 1 other, 90 s more")
        told.clear()
        await until(f"waiting for course ({COURSE}), 50 s more")
    assert told[-1] == ""
    told.clear()
    await asyncio.sleep(0.01)
    assert told == []


async def test_an_answer_in_time_is_not_spoken_of() -> None:
    told: list[str] = []
    with waits.Waits(SystemClock(), told.append).one(COURSE, asked("course"), 5.0):
        await asyncio.sleep(0)
    assert told == []


def output(environ: dict[str, str] | None = None, *, terminal: bool = True) -> tuple[Output, CapturedStream]:
    err = CapturedStream(terminal=terminal)
    return Output(
        Streams(CapturedStream(), CapturedStream(terminal=terminal), err, {"TERM": "xterm"} | (environ or {}))
    ), err


def test_a_passing_line_goes_before_anything_else_is_said() -> None:
    out, err = output()
    out.passing("waiting")
    out.note("said")
    out.passing("waiting again")
    out.write("data")
    out.passing("")
    assert err.bytes == b"\r\x1b[Kwaiting\r\x1b[Ksaid\n\r\x1b[Kwaiting again\r\x1b[K"


def test_nothing_passes_where_nothing_can_move_or_a_live_screen_is() -> None:
    for environ, terminal in (({}, False), ({"TERM": "dumb"}, True), ({"SHEMA_PLAIN": "1"}, True)):
        out, err = output(environ, terminal=terminal)
        out.passing("waiting")
        assert err.bytes == b""
    out, err = output()
    with out.diverted(lambda _: None):
        out.passing("waiting")
    assert err.bytes == b""
