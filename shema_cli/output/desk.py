"""A live screen that is worked at with single keys: drawn again whenever something has changed, until it is over.

    desk = Desk(output, views.review, self._screen, self._pressed)
    await desk.until_over(self._read(), …)

The view draws what `screen` tells of this moment for so many lines; `press` is given each key, and calls `desk.end()`
when it was the last.
Whatever arrives beside the keys is work of the desk: it calls `changed`, and nobody waits for it when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from shema_cli.errors import InvalidUsage
from shema_cli.output.sink import Output, View
from shema_cli.output.terminal import LiveTerminal

T = TypeVar("T")


class Desk:
    """One live screen, from its first frame to its last."""

    def __init__(
        self, output: Output, view: View, screen: Callable[[int], object], press: Callable[[str], None]
    ) -> None:
        self._output = output
        self._view = view
        self._screen = screen
        self._press = press
        self._changed = asyncio.Event()
        self._over = asyncio.Event()
        self._working: set[asyncio.Task[Any]] = set()
        self._terminal: LiveTerminal | None = None

    async def until_over(self, *work: Coroutine[Any, Any, None]) -> None:
        """Show it until `end` is called. Raises what the first of `work` that fails ends in."""
        with LiveTerminal(self._output, self._pressed, self.changed) as terminal:
            self._terminal = terminal
            first = {self.spawn(self._paint(terminal)), self.spawn(self._ended()), *map(self.spawn, work)}
            try:
                while not self._over.is_set():
                    done, first = await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
                    for one in done:
                        one.result()
            finally:
                await self._stop()

    def changed(self) -> None:
        """Something is to be seen that was not."""
        self._changed.set()

    def forget_typed(self) -> None:
        """Pass over what has been typed by now, before what it would be taken for is shown."""
        if self._terminal is not None:
            self._terminal.forget_typed()

    def end(self) -> None:
        """That was all."""
        self._over.set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Have this done beside the screen; it is broken off when the screen is over."""
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    def _pressed(self, key: str) -> None:
        self._press(key)
        self.changed()

    async def _paint(self, terminal: LiveTerminal) -> None:
        while True:
            self._changed.clear()
            width, height = terminal.size
            terminal.draw(self._output.render(self._view(self._screen(height), width)))
            await self._changed.wait()

    async def _ended(self) -> None:
        await self._over.wait()

    async def _stop(self) -> None:
        left = list(self._working)
        for task in left:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*left, return_exceptions=True)


def need_live_terminal(output: Output, what: str, instead: str) -> None:
    """Raises InvalidUsage, naming what does it elsewhere, where there is no terminal to be worked at."""
    streams = output.streams
    if not (output.drawn and streams.can_prompt and streams.animates(streams.stdout)):
        raise InvalidUsage("no_terminal", f"{what} needs a terminal on which something may move", instead)


@contextmanager
def said_afterwards(output: Output) -> Iterator[None]:
    """What would be written over a live screen is said once, when it is gone."""
    told: dict[str, None] = {}
    try:
        with output.diverted(told.setdefault):
            yield
    finally:
        for line in told:
            output.log(line)
