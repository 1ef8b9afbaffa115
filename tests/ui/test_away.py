"""A live page whose Redis is away when it begins."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import redis

from shema_cli.errors import Failed, InvalidUsage, Unreachable
from shema_cli.ui import away
from shema_cli.ui.away import Away, going_on
from tests.ui.support import Seat, seated

GONE = Unreachable("redis_unreachable", "Redis at cache:6379 does not answer")
OPENED = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def test_it_says_for_how_long_it_is_away_and_when_it_is_tried_again() -> None:
    gone = Away(10.0).again(GONE, 12.0)
    assert gone.told(12.0) == "away for 2s · again in 1s · Redis at cache:6379 does not answer"
    later = gone.again(GONE, 14.0).again(GONE, 20.0)
    assert later.told(21.0) == "away for 11s · again in 4s · Redis at cache:6379 does not answer"
    assert "trying again" in later.told(25.0)


def test_the_pauses_grow_up_to_half_a_minute() -> None:
    gone, pauses = Away(0.0), []
    for _ in range(7):
        gone = gone.again(GONE, 0.0)
        pauses.append(gone.pause_s)
    assert pauses == [1.0, 2.0, 5.0, 10.0, 30.0, 30.0, 30.0]


def test_what_is_wrong_with_the_line_itself_is_not_tried_again() -> None:
    wrong = Away(0.0).again(InvalidUsage("bad_filter", "--where: x is not FIELD=VALUE", "such as a=b"), 0.0)
    assert not wrong.may_come_back
    assert wrong.told(5.0) == "--where: x is not FIELD=VALUE · such as a=b"
    assert Away(0.0).again(Failed("tail_stopped", "the connection is not read any more"), 0.0).may_come_back


def test_it_goes_on_from_where_it_was_lost_or_from_the_beginning_that_it_never_had() -> None:
    lost = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    line = ("events", "tail", "--since", "10m")
    assert going_on(line, lost, OPENED) == ("events", "tail", "--since", "2026-03-01T08:30:00.000Z")
    assert going_on(line, None, OPENED) == ("events", "tail", "--since", "2026-03-01T07:50:00.000Z")
    assert going_on(("events", "tail", "--", "-x"), lost, OPENED)[2:4] == ("--since", "2026-03-01T08:30:00.000Z")
    assert going_on(("events", "tail"), None, OPENED) == ("events", "tail")


class Cable:
    """127.0.0.1:`port` leads to `target` as long as it is plugged in."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._ways: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def plug(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        assert self._server is not None
        self._server.close()
        for way in self._ways:
            way.close()
        self._ways.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._ways += [writer, back]
        await asyncio.gather(_carry(reader, back), _carry(there, writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
    writer.close()


@asynccontextmanager
async def behind_a_cable(sandbox: Mapping[str, str]) -> AsyncIterator[tuple[dict[str, str], Cable]]:
    cable = Cable(urlsplit(sandbox["REDIS_URL"]).port or 0)
    await cable.plug()
    try:
        yield {**sandbox, "REDIS_URL": f"redis://127.0.0.1:{cable.port}/0"}, cable
    finally:
        await cable.pull()


async def heard(seat: Seat, sandbox: Mapping[str, str]) -> None:
    """Wait until it hears what is published now."""
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        for _ in range(200):
            client.publish("user.updated", "heard again")
            try:
                async with asyncio.timeout(0.5):
                    await seat.sees("heard again")
                return
            except TimeoutError:
                continue
    raise AssertionError(seat.text)


async def test_a_live_page_whose_redis_is_away_begins_when_it_is_back(
    sandbox: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "PAUSES_S", (0.2, 3600.0))
    async with behind_a_cable(sandbox) as (environ, cable):
        await cable.pull()
        async with seated(environ, begin="events") as seat:
            await seat.sees("away for", "again in")
            await seat.sees("again in 59m", "error: Redis at 127.0.0.1")
            await cable.plug()
            await seat.press("ctrl+r")
            await seat.sees("live", without="error: ")
            await heard(seat, sandbox)
            await seat.sees("gap")  # nobody recorded before the sandbox was there


async def test_a_page_is_live_only_while_it_hears(sandbox: dict[str, str]) -> None:
    async with behind_a_cable(sandbox) as (environ, cable), seated(environ, begin="events") as seat:
        await seat.sees("· live ·")
        await heard(seat, sandbox)
        await cable.pull()
        await seat.sees("the connection to Redis was lost", without="live")
        await cable.plug()
        await seat.sees("· live ·", without="the connection to Redis was lost")


async def test_a_page_that_does_not_hear_yet_is_not_live(sandbox: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        environ = {**sandbox, "REDIS_URL": f"redis://127.0.0.1:{hanging.getsockname()[1]}/0"}
        async with seated(environ, begin="events") as seat:
            await seat.sees("home › events · asking …", without="live")


async def test_what_was_recorded_is_asked_again_when_somebody_wants_to_know_it_now(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="history user.updated") as seat:
        await seat.sees("s ago · ", " recorded")
        with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
            client.publish("user.updated", "later on")
        await seat.press("ctrl+r")
        await seat.sees("later on", "s ago · ", " recorded")


async def test_where_nothing_was_recorded_it_is_said(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="history nothing.of.it") as seat:
        await seat.sees("0 recorded · no")
