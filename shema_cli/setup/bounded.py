"""Blocking work that ends in time for whoever waits, and that Ctrl-C ends at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from shema_cli.calls.aside import REDIS, aside

T = TypeVar("T")


def within(limit_s: float, work: Callable[[], T]) -> T:
    """What `work` gives. Raises TimeoutError when it takes longer than that; nobody waits for it any more then."""

    async def waited_for() -> T:
        async with asyncio.timeout(limit_s):
            return await aside(work, uses=REDIS)

    return asyncio.run(waited_for())
