"""The console without a terminal: what it shows, and keys that are pressed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from textual.events import Key, MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from shema_cli.ui.app import Console
from shema_cli.ui.lines import Desk
from shema_cli.ui.screens.base import ConsoleScreen
from shema_cli.ui.typed import TypedLines
from shema_cli.ui.widgets.panel import AskingPanel, Panel
from shema_cli.ui.widgets.stream import StreamPanel
from tests.support.world import app_of

WITHIN_S = 20.0
NAMES = {
    ":": "colon",
    "/": "slash",
    " ": "space",
    "-": "minus",
    "!": "exclamation_mark",
    ".": "full_stop",
    "\r": "enter",
}


class Seat:
    """Somebody who sits at the console."""

    def __init__(self, console: Console, pilot: Pilot[Any]) -> None:
        self.console = console
        self._pilot = pilot

    @property
    def lines(self) -> list[str]:
        strips = self.console.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Type a text into what is open, one key after the other."""
        await self._pilot.press(*(NAMES.get(char, char) for char in text))

    def burst(self, text: str) -> None:
        """The same without a pause: all of it comes before any of it is looked at."""
        for char in text:
            self.console.post_message(Key(NAMES.get(char, char), char))

    async def sees(self, *wanted: str, without: str = "") -> str:
        """Wait until all of it is on the screen at once; the screen."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while not self._shows(wanted, without):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{wanted} (without {without!r}) is not on the screen:\n{self.text}") from None
        return self.text

    def _shows(self, wanted: tuple[str, ...], without: str) -> bool:
        text = self.text
        folded = " ".join(text.split())
        return all(one in text or one in folded for one in wanted) and not (without and without in text)

    def place(self, text: str) -> tuple[int, int]:
        """Column and line of the first place where this stands."""
        for number, line in enumerate(self.lines):
            if text in line:
                return cell_len(line[: line.index(text)]), number
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def style(self, text: str) -> Style:
        """That of what stands there."""
        column, line = self.place(text)
        for segment in self.console.screen._compositor.render_strips()[line]:
            column -= segment.cell_length
            if column < 0:
                return segment.style or Style()
        raise AssertionError(text)

    async def click(self, text: str, times: int = 1) -> None:
        """Click on what stands there."""
        await self._pilot.click(offset=self.place(text), times=times)

    async def wheel(self, text: str, *, up: bool = False) -> None:
        """Turn the wheel by one notch over what stands there."""
        kind = MouseScrollUp if up else MouseScrollDown
        await self._pilot._post_mouse_events([kind], offset=self.place(text))

    async def settles(self) -> None:
        """Wait until every part of the screen has an answer, and nobody waits for another."""
        async with asyncio.timeout(WITHIN_S):
            while not all(map(self._has_told, self.console.screen.query(Panel))):
                await asyncio.sleep(0.02)
        if isinstance(self.console.screen, ConsoleScreen):
            self.console.screen.tell()
        before = ""
        while before != self.text:
            before = self.text
            await self._pilot.pause(0.1)

    @staticmethod
    def _has_told(panel: Panel) -> bool:
        if isinstance(panel, StreamPanel):
            return panel.listing.total > 0
        if isinstance(panel, AskingPanel):
            return panel.source.good is not None and panel.source.asked_at is None
        return True

    async def resize(self, columns: int, lines: int) -> None:
        await self._pilot.resize_terminal(columns, lines)


@asynccontextmanager
async def seated(
    environ: Mapping[str, str], *, columns: int = 80, lines: int = 24, begin: str = "home"
) -> AsyncIterator[Seat]:
    """The console upon the system that these variables lead to."""
    app = app_of(environ, command="ui")
    app.admin = app.gate.authorize(changes=False)
    desk = Desk(app)
    console = Console(desk, app.target, "red", app.clock, begin=begin, typed=TypedLines(app.state))
    try:
        async with console.run_test(size=(columns, lines)) as pilot:
            yield Seat(console, pilot)
    finally:
        await asyncio.to_thread(desk.close)
        app.close()
