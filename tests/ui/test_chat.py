"""Conversations beside what is said in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import redis

from shema_cli.sandbox.system.assembly import System
from tests.ui.support import Seat, seated

LONG = "Selamat pagi, apakah kelas piano hari Sabtu masih ada tempat untuk anak saya yang baru mulai belajar?"


def say(sandbox: Mapping[str, str], session: str, name: str, text: str, role: str = "student") -> None:
    message = {
        "type": "new_message",
        "sessionId": session,
        "senderId": name,
        "senderRole": role,
        "senderName": name,
        "message": text,
        "timestamp": "2026-01-01T00:00:00.000Z",
    }
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        client.publish(f"chat:session:{session}", json.dumps(message))


def close(sandbox: Mapping[str, str], session: str) -> None:
    event = {
        "eventType": "CHAT_SESSION_CLOSED",
        "eventId": f"evt_{session}",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "version": "1.0",
        "data": {"sessionId": session, "closedBy": "admin-1"},
    }
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        client.publish("chat.session.closed", json.dumps(event))


async def followed(seat: Seat, sandbox: Mapping[str, str]) -> None:
    """Wait until it hears: then Ana has said something in chat-a."""
    for _ in range(200):
        say(sandbox, "chat-a", "Ana", "anybody there?")
        try:
            async with asyncio.timeout(0.5):
                await seat.sees("Ana")
            return
        except TimeoutError:
            continue
    raise AssertionError(seat.text)


async def test_each_conversation_stands_once_and_what_is_said_in_it_beside_it_as_long_as_it_is(
    sandbox: dict[str, str],
) -> None:
    async with seated(sandbox, begin="chat") as seat:
        await seat.sees("WHO", "NEW", "AGE", "live")
        await followed(seat, sandbox)
        say(sandbox, "chat-a", "Ana", LONG)
        say(sandbox, "chat-a", "Rina", "Masih, Kak.", role="admin")
        shown = await seat.sees("chat-a · Ana", "Rina", "Masih, Kak.", "mulai belajar?")
        assert sum(line.startswith("  Ana") for line in shown.splitlines()) == 1


async def test_what_is_said_elsewhere_is_counted_until_somebody_looks_at_it(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="chat") as seat:
        await followed(seat, sandbox)
        await seat.press("g")
        for text in ("one", "two", "three"):
            say(sandbox, "chat-b", "Budi", text)
        shown = await seat.sees("Budi 3 ", "1 new")
        assert "three" not in shown  # beside it stands the conversation that is looked at
        await seat.press("g")
        await seat.sees("chat-b · Budi", "three", without="something new")


async def test_tab_goes_to_the_other_side_and_enter_leads_into_a_message(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="chat") as seat:
        await followed(seat, sandbox)
        say(sandbox, "chat-a", "Ana", "the last")
        await seat.sees("the last")
        await seat.press("tab", "enter")
        await seat.sees('"sessionId": "chat-a"', '"message": "the last"')
        await seat.press("escape", "tab")
        await seat.sees("WHO")


async def test_where_there_is_no_room_for_both_enter_leads_into_the_conversation_and_escape_out(
    sandbox: dict[str, str],
) -> None:
    async with seated(sandbox, columns=60, lines=20, begin="chat") as seat:
        await followed(seat, sandbox)
        say(sandbox, "chat-a", "Ana", "and one more")
        shown = await seat.sees("LAST SAID", "and one more", "1 new")
        assert "chat-a" not in shown
        await seat.press("enter")
        await seat.sees("chat-a · Ana", "and one more", without="LAST SAID")
        await seat.press("escape")
        await seat.sees("LAST SAID", without="something new")
        await seat.press("escape")
        await seat.sees("What is wrong")


async def test_a_conversation_that_was_closed_says_so(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="chat") as seat:
        await followed(seat, sandbox)
        close(sandbox, "chat-a")
        await seat.sees("chat-a · Ana · closed", "closed it")


async def test_while_it_is_paused_what_is_said_waits(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="chat") as seat:
        await followed(seat, sandbox)
        await seat.press("p")
        say(sandbox, "chat-a", "Ana", "held")
        shown = await seat.sees("paused, 1 wait")
        assert "held" not in shown
        await seat.press("p")
        await seat.sees("held", "live")


async def test_a_filter_looks_into_what_was_said(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="chat") as seat:
        await followed(seat, sandbox)
        say(sandbox, "chat-b", "Budi", "something about a cello")
        say(sandbox, "chat-b", "Budi", "bye")
        await seat.sees("Budi")
        await seat.write("/cello")
        await seat.press("enter")
        await seat.sees("chat-b · Budi", "something about a cello")


async def test_a_time_that_nobody_recorded_stands_in_every_conversation(
    sandbox: dict[str, str], sandbox_system: System
) -> None:
    sandbox_system.call(sandbox_system.set_fault("history", {"down": True}), 10)
    sandbox_system.call(sandbox_system.set_fault("history", {}), 10)
    async with seated(sandbox, begin="chat") as seat:
        await seat.sees("gap", "not recorded", "what concerns all of them")


async def test_what_is_hostile_is_shown_and_not_obeyed(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="chat") as seat:
        await followed(seat, sandbox)
        say(sandbox, "chat-a", "Ana\x1b[2J", "\x1b]0;gone\x07\u202ebidi[red]bold[/red]\nsecond line" + "w" * 9000)
        await seat.press("tab", "g", "G")
        shown = await seat.sees("characters)")
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert max(map(len, seat.lines)) <= 80
