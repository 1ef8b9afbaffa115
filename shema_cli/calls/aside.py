"""Blocking work beside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")


REDIS = (
    "encodings.idna",
    "secrets",
    "shema_cli.store.connection",
    "shema_cli.store.scripts",
)
"""What asking Redis imports."""
KEPT = ("sqlite3", "shema_cli.files")
"""What looking into the state folder imports."""


def load(modules: Iterable[str]) -> None:
    """Import what threads will use while there is one: two that import may meet each other's modules half loaded.

    What another Python or another system does not have is left out; whoever needs it says so.
    """
    for name in modules:
        with contextlib.suppress(ImportError):
            import_module(name)


async def aside(work: Callable[[], T], *, uses: Sequence[str] = ()) -> T:
    """Run `work` on a thread of its own, which nobody waits for once the answer is not wanted any more.

    `uses` are the modules that it would import, which is done here. (The loop's own threads are joined when it ends: a
    Redis that does not answer would hold up the whole command.)
    """
    load(uses)
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_outcome: Callable[[], None]) -> None:
        if not future.done():
            set_outcome()

    def run() -> None:
        try:
            result = _told_by(work)
        except BaseException as error:
            outcome = error
            with contextlib.suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(settle, lambda: future.set_exception(outcome))
        else:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, lambda: future.set_result(result))

    threading.Thread(target=run, daemon=True).start()
    return await future


def _told_by(work: Callable[[], T]) -> T:
    """Its result. No future takes a StopIteration: whoever waits for it would wait for ever."""
    try:
        return work()
    except StopIteration as error:
        raise RuntimeError("what ran aside raised StopIteration") from error
