"""Rows that come of themselves: followed in a thread, drawn ten times a second, held while they are read."""

from __future__ import annotations

import threading
from collections import deque
from functools import partial

from shema_cli.calls.aside import aside
from shema_cli.errors import ShemaError
from shema_cli.output.sink import View
from shema_cli.results import Result
from shema_cli.ui.lines import Silent
from shema_cli.ui.listing import Listing, Row
from shema_cli.ui.page import Stream
from shema_cli.ui.widgets.panel import RowsPanel
from shema_cli.ui.widgets.table import ListingTable

MOST = 20_000
"""Rows that are kept; before them the oldest go."""
WAITING = 5_000
"""Results that may wait to be drawn: who publishes faster than this console draws is told of what it passed over."""
DRAWN_EVERY_S = 0.1


class _Ear(Silent):
    """Takes results in the thread of the line; whoever draws fetches them."""

    def __init__(self) -> None:
        super().__init__()
        self.came: deque[Result] = deque(maxlen=WAITING)
        self.passed_over = 0

    def show(self, result: Result, view: View | None) -> None:  # noqa: ARG002 - drawn otherwise
        self.passed_over += len(self.came) == WAITING
        self.came.append(result)


class StreamPanel(RowsPanel):
    """Goes on while other screens stand over it, and ends with its own."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream, ListingTable(Listing(), stream.columns))
        self.stream = stream
        self.paused = False
        self._held: list[Row] = []
        self._ear = _Ear()
        self._stop = threading.Event()
        self._problem: ShemaError | None = None
        self._heard = 0

    def on_mount(self) -> None:
        self.set_interval(DRAWN_EVERY_S, self._draw)
        self.run_worker(self._follow, group="follow")  # type: ignore[arg-type]

    def on_unmount(self) -> None:
        self._stop.set()

    async def _follow(self) -> None:
        app = self.console_app
        await app.ready.wait()
        outcome = await aside(partial(app.desk.follow, self.words, self._ear, self._stop))
        self._problem = outcome.error
        if outcome.error is not None:
            app.met(outcome.error)
        self.post_message(self.Told())

    def pause(self) -> None:
        """Hold what comes; or show it, from where it was held."""
        self.paused = not self.paused
        if not self.paused:
            held, self._held = self._held, []
            self._add(held)
        self.post_message(self.Told())

    def _draw(self) -> None:
        came = [self._ear.came.popleft() for _ in range(len(self._ear.came))]
        rows = [row for result in came for row in self.stream.rows(result)]
        if not rows:
            return
        self._heard += len(rows)
        if self.paused:
            self._held = [*self._held, *rows][-MOST:]
        else:
            self._add(rows)
        self.post_message(self.Told())

    def _add(self, rows: list[Row]) -> None:
        self.listing.add(rows, MOST)
        self.table.changed()

    def told(self, now: float) -> str:  # noqa: ARG002 - it is as of now
        if self._problem is not None:
            return self._problem.message
        parts = [f"paused, {len(self._held):,} wait" if self.paused else "live", f"{self._heard:,} heard"]
        if self._ear.passed_over:
            parts.append(f"{self._ear.passed_over:,} results passed over")
        return " · ".join([*parts, *self._ear.warnings[-1:]])

    def stands_still(self, now: float) -> bool:  # noqa: ARG002 - it is as of now
        return self.paused or self._problem is not None
