"""Rows that come of themselves: followed in a thread, drawn ten times a second, held while they are read."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from functools import partial

from shema_cli.calls.aside import aside
from shema_cli.clock import age
from shema_cli.events.history.handover import READ_ON
from shema_cli.events.printer import UNTIL_BACK, MessageLines
from shema_cli.output.sink import View
from shema_cli.results import Result
from shema_cli.ui.away import Away, going_on
from shema_cli.ui.lines import Silent
from shema_cli.ui.listing import Listing, Row
from shema_cli.ui.page import Stream
from shema_cli.ui.widgets.panel import RowsPanel
from shema_cli.ui.widgets.table import ListingTable

MOST = 20_000
"""Rows that are kept; before them the oldest go."""
WAITING = 5_000
"""Results that may wait to be drawn: who publishes faster than this console draws is told of what it passed over."""
GLANCE = 200
"""The same of what is only glanced at: where nobody looks, the others pass by."""
DRAWN_EVERY_S = 0.1


class _Ear(Silent):
    """Takes results in the thread of the line; whoever draws fetches them. `waiting`: how many may wait for that."""

    def __init__(self, waiting: int) -> None:
        super().__init__()
        self.came: deque[Result] = deque(maxlen=waiting)
        self.heard = self.passed_over = 0
        self.follows = False
        self.said = ""
        self.lost = ""
        """What it waits for meanwhile; empty while it hears."""

    def note(self, said: str) -> None:
        """What it follows, once it does; at the end of what was recorded, that nothing was."""
        self.follows = True
        self.said = said

    def warn(self, said: str) -> None:
        if said.endswith((UNTIL_BACK, READ_ON)):
            self.lost = said
        else:
            super().warn(said)

    def show(self, result: Result, view: View | None) -> None:  # noqa: ARG002 - drawn otherwise
        self.lost = ""
        self.heard += len(result.messages) if isinstance(result, MessageLines) else 0
        self.passed_over += len(self.came) == self.came.maxlen
        self.came.append(result)


class StreamPanel(RowsPanel):
    """Goes on while other screens stand over it, and ends with its own. `glance`: only the newest are ever wanted."""

    def __init__(self, stream: Stream, *, glance: bool = False) -> None:
        super().__init__(stream, ListingTable(Listing(), stream.columns))
        self.stream = stream
        self.paused = False
        self._glance = glance
        self._held: list[Row] = []
        self._ear = self._new_ear()
        self._stop = threading.Event()
        self._hurry = asyncio.Event()
        self._away: Away | None = None
        self._ended_at: float | None = None

    def _new_ear(self) -> _Ear:
        return _Ear(GLANCE if self._glance else WAITING)

    def on_mount(self) -> None:
        self._opened_at = self.console_app.time()
        self.set_interval(DRAWN_EVERY_S, self._draw)
        self.run_worker(self._follow, group="follow")  # type: ignore[arg-type]

    def on_unmount(self) -> None:
        self._stop.set()

    async def _follow(self) -> None:
        app = self.console_app
        await app.ready.wait()
        line = self.words
        while True:
            self._ear.follows = False
            outcome = await aside(partial(app.desk.follow, line, self._ear, self._stop))
            if not self.is_attached:  # it was left meanwhile
                return
            self._back()
            if outcome.error is None:
                self._ended_at = app.now()
                self.post_message(self.Told())
                await self._pause(None)
                self._begin_anew()
                line = self.words
                continue
            app.met(outcome.error)
            self._away = (self._away or Away(app.now())).again(outcome.error, app.now())
            self.failed(outcome.error)
            self.post_message(self.Told())
            if not self._away.may_come_back:
                return
            if self._ear.follows or line == self.words:
                line = going_on(self.words, app.time() if self._ear.follows else None, self._opened_at)
            await self._pause(self._away.pause_s)

    def _begin_anew(self) -> None:
        """What has ended is asked again: what it told is forgotten."""
        self._ended_at = None
        self._ear = self._new_ear()
        self._held = []
        self.listing.show([])
        self.changed()

    async def _pause(self, seconds: float | None) -> None:
        """Until it is tried again, or somebody wants to know it now."""
        self._hurry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    def hurry(self) -> None:
        self._hurry.set()

    def _back(self) -> None:
        """It follows again: what was wrong is over."""
        if self._away is not None and self._ear.follows:
            self._away = None
            self.failed(None)
            self.post_message(self.Told())

    def pause(self) -> None:
        """Hold what comes; or show it, from where it was held."""
        self.paused = not self.paused
        if not self.paused:
            held, self._held = self._held, []
            self._add(held)
        self.post_message(self.Told())

    def _draw(self) -> None:
        self._back()
        if self._glance and not self.screen.is_current:
            return
        came = [self._ear.came.popleft() for _ in range(len(self._ear.came))]
        rows = [row for result in came for row in self.stream.rows(result)]
        if not rows:
            return
        if self.paused:
            self._held = [*self._held, *rows][-MOST:]
        else:
            self._add(rows)
        self.post_message(self.Told())

    def _add(self, rows: list[Row]) -> None:
        self.listing.add(rows, GLANCE if self._glance else MOST)
        self.changed()

    def told(self, now: float) -> str:
        if self._away is not None:
            return self._away.told(now)
        ear = self._ear
        parts = [self._state(now), f"{ear.heard:,} {'recorded' if self.stream.recorded else 'heard'}"]
        if ear.passed_over and not self._glance:
            parts.append(f"{ear.passed_over:,} results passed over")
        if self._ended_at is not None and not ear.heard:
            parts.append(ear.said)
        return " · ".join(filter(None, [*parts, ear.lost or "".join(ear.warnings[-1:])]))

    def _state(self, now: float) -> str:
        """`live` is what hears; what waits for its connection says so behind it."""
        if self.paused:
            return f"paused, {len(self._held):,} wait"
        if self._ended_at is not None:
            ago = f"{age(now - self._ended_at)} ago"
            return ago if self.stream.recorded else f"ended {ago}"
        if self._ear.lost:
            return ""
        return "live" if self._ear.follows and not self.stream.recorded else "asking …"

    def stands_still(self, now: float) -> bool:  # noqa: ARG002 - it is as of now
        return self.paused or self._away is not None or bool(self._ear.lost)
