"""What the console opens for a page is closed with it, however often pages come and go."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from shema_cli.ui.lines import Outcome
from shema_cli.ui.sources import MOST_KEPT, Sources
from tests.ui.support import WITHIN_S, Seat, seated

PAGES = ("enrollments", "dlq", "events", "chat", "services", "events", "audit", "status")
ROUNDS = 5


@dataclass(frozen=True)
class Held:
    """`pooled` connections to Redis are kept for the next line; each is an open file too."""

    threads: int
    following: int
    pooled: int
    files: int

    @classmethod
    def now(cls, sandbox: Mapping[str, str]) -> Held:
        with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
            listed: Any = client.client_list()
        following = sum(int(one["psub"]) > 0 for one in listed)
        pooled = sum(one["name"].startswith("shema-cli") and not int(one["psub"]) for one in listed)
        return cls(threading.active_count(), following, pooled, sum(1 for _ in Path("/proc/self/fd").iterdir()))

    def is_no_more_than(self, before: Held) -> bool:
        others, others_before = self.files - self.pooled, before.files - before.pooled
        at_once = len(PAGES) * ROUNDS // 4  # lines that asked at the same time; one a page would be four times that
        return (
            self.threads <= before.threads
            and self.following == before.following
            and self.pooled <= before.pooled + at_once
            and others <= others_before
        )


async def walk(seat: Seat) -> None:
    for page in PAGES:
        await seat.write(f":{page}")
        await seat.press("enter")
        await seat.sees("home › ")
        await seat.press("enter", "escape")
    await seat.write(":home")
    await seat.press("enter")
    await seat.sees("What is wrong")


async def at_rest(sandbox: Mapping[str, str]) -> Held:
    """What is held once nothing is closed any more."""
    held = Held.now(sandbox)
    while True:
        await asyncio.sleep(1)
        before, held = held, Held.now(sandbox)
        if held.is_no_more_than(before) and before.is_no_more_than(held):
            return held


async def test_threads_subscriptions_and_files_are_what_they_were_after_many_pages(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, columns=120) as seat:
        await seat.sees("320", "FAMILY", "live")
        await walk(seat)
        before = await at_rest(sandbox)
        for _ in range(ROUNDS):
            await walk(seat)
        try:
            async with asyncio.timeout(3 * WITHIN_S):  # home asks again and again, and on a busy machine for long
                while not Held.now(sandbox).is_no_more_than(before):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"held before: {before}, and now: {Held.now(sandbox)}") from None


async def test_a_live_page_leaves_the_interpreter_to_the_console(sandbox: dict[str, str]) -> None:
    before = gc.get_threshold(), sys.getswitchinterval()
    async with seated(sandbox, begin="events") as seat:
        await seat.sees("CHANNEL", "live")
        assert (gc.get_threshold(), sys.getswitchinterval()) == before


async def test_a_line_that_hangs_keeps_one_thread_however_often_it_is_asked() -> None:
    asked, goes_on = [], threading.Event()

    def hangs(words: tuple[str, ...]) -> Outcome:
        asked.append(words)
        goes_on.wait()
        return Outcome(words)

    sources = Sources(hangs, lambda: 0.0)
    for _ in range(5):
        waits = asyncio.ensure_future(sources.ask(("status",)))
        await asyncio.sleep(0)
        waits.cancel()  # its page is left
    again = asyncio.ensure_future(sources.ask(("status",)))
    await asyncio.sleep(0)
    goes_on.set()
    assert (await again).words == ("status",)
    assert asked == [("status",)]
    assert sources.of(("status",)).good is not None


async def test_what_was_asked_before_a_change_is_asked_again_after_it() -> None:
    asked, goes_on = [], threading.Event()

    def reads(words: tuple[str, ...]) -> Outcome:
        asked.append(words)
        goes_on.wait()
        return Outcome(words)

    sources = Sources(reads, lambda: 0.0)
    first = asyncio.ensure_future(sources.ask(("status",)))
    await asyncio.sleep(0)
    sources.doubt()
    second = asyncio.ensure_future(sources.ask(("status",)))
    await asyncio.sleep(0)
    goes_on.set()
    await asyncio.gather(first, second)
    assert len(asked) == 2


async def test_only_so_many_answers_are_kept() -> None:
    sources = Sources(Outcome, lambda: 0.0)
    for number in range(MOST_KEPT + 3):
        await sources.ask((f"{number}",))
    assert sources.of(("2",)).good is None
    assert sources.of(("3",)).good is not None
