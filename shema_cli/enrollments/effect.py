"""Whether a decision took effect: what is published is not yet done (contract 2.3, `--wait`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from shema_cli.enrollments.models import Outcome
from shema_cli.enrollments.results import Decided, Item
from shema_cli.enrollments.source import AT_ONCE, Source
from shema_cli.errors import ShemaError

if TYPE_CHECKING:
    from shema_cli.context import AppContext

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0

Told = Callable[[], object]


def await_effect(app: AppContext, decided: Decided, wait_s: float, told: Told = lambda: None) -> Decided:
    """The run with each published item confirmed by its service, or `unconfirmed` after `wait_s` seconds.

    Ctrl-C ends the waiting: what was not confirmed by then is `unconfirmed`.
    """
    watch = _Watch(app, decided, wait_s, told)
    try:
        asyncio.run(watch.all())
    except KeyboardInterrupt:
        return replace(watch.result(), interrupted=True)
    return watch.result()


class _Watch:
    def __init__(self, app: AppContext, decided: Decided, wait_s: float, told: Told) -> None:
        self._app = app
        self._decided = decided
        self._wait_s = wait_s
        self._told = told
        self._published = [i for i in decided.items if i.outcome in (Outcome.APPROVED, Outcome.REJECTED)]
        self._confirmed: set[str] = set()
        self._last_heard: dict[str, str] = {}

    async def all(self) -> None:
        """Return when everything is confirmed or the time is over."""
        async with self._app.services() as client:
            source, slots = Source(client), asyncio.Semaphore(AT_ONCE)
            watched = [self._one(source, slots, item) for item in self._published]
            try:
                async with asyncio.timeout(self._wait_s):
                    await asyncio.gather(*watched)
            except TimeoutError:
                return

    async def _one(self, source: Source, slots: asyncio.Semaphore, item: Item) -> None:
        pause = FIRST_PAUSE_S
        while not await self._took_effect(source, slots, item.enrollment_id):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
        self._confirmed.add(item.enrollment_id)
        self._told()

    async def _took_effect(self, source: Source, slots: asyncio.Semaphore, id: str) -> bool:
        async with slots:
            try:
                status = (await source.enrollment(id)).status
            except ShemaError as error:
                self._last_heard[id] = f"the enrollment service could not be asked: {error.message}"
                return False
        self._last_heard[id] = f"the enrollment service still says {status}"
        return status == self._decided.kind

    def result(self) -> Decided:
        published = {item.enrollment_id for item in self._published}
        return replace(
            self._decided,
            items=tuple(
                self._judged(item) if item.enrollment_id in published else item for item in self._decided.items
            ),
        )

    def _judged(self, item: Item) -> Item:
        if item.enrollment_id in self._confirmed:
            return replace(item, message=f"{item.message}, and it took effect")
        heard = self._last_heard.get(item.enrollment_id, "the enrollment service has not answered")
        return replace(
            item,
            outcome=Outcome.UNCONFIRMED,
            message=f"published, but not confirmed within {self._wait_s:g} s: {heard}; "
            "if it stays so, --republish publishes it again",
        )
