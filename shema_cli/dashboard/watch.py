"""`--watch`: the dashboard again and again, as a live screen or as one JSON object a line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shema_cli.auth.gate import stay_signed_in
from shema_cli.calls.aside import aside
from shema_cli.dashboard.lastgood import LastGood
from shema_cli.dashboard.models import SOURCES, Live, Snapshot, Source
from shema_cli.dashboard.session import Session
from shema_cli.dashboard.snapshot import Caller, ask, ask_all
from shema_cli.dashboard.surroundings import look_around
from shema_cli.dashboard.terminal import LiveTerminal, screen_size
from shema_cli.errors import InvalidUsage

if TYPE_CHECKING:
    from shema_cli.context import AppContext

SHORTEST_S = 0.1
TOLD_AFTERWARDS = 20  # lines for stderr that came while the screen was taken


def interval(text: str) -> float:
    """The pause between polls. Raises InvalidUsage for anything that is not a duration of 0.1 s or more."""
    from shema_cli.durations import parse_duration

    seconds = parse_duration(text, "--watch")
    if seconds < SHORTEST_S:
        raise InvalidUsage("bad_duration", f"--watch: {text!r} is too short", f"use {SHORTEST_S:g} or more")
    return seconds


async def snapshots(app: AppContext, every_s: float, max_stale_s: float) -> AsyncGenerator[Snapshot, None]:
    """A snapshot for each poll, for ever."""
    store = LastGood(app.state, app.settings)
    session = Session(await aside(lambda: store.load(app.clock.now())), max_stale_s, app.settings.profile_label)
    loop = asyncio.get_running_loop()
    async with app.services() as client:
        while True:
            started = loop.time()
            answers = [await one for one in ask_all(client, app.clock)]
            session.hear_all(answers, app.clock.monotonic())
            yield session.snapshot(app.clock.now())
            await aside(lambda answers=answers: store.save(answers, seen=False))  # type: ignore[misc]
            await asyncio.sleep(max(0.0, started + every_s - loop.time()))
            await aside(lambda: stay_signed_in(app))


async def watch_screen(app: AppContext, every_s: float, max_stale_s: float) -> None:
    """The live screen, until `q`. Raises KeyboardInterrupt for Ctrl-C; the terminal is whole again in any case."""
    store = LastGood(app.state, app.settings)
    session = Session(await aside(lambda: store.load(app.clock.now())), max_stale_s, app.settings.profile_label)
    with _quiet_stderr(app):
        async with app.services() as client:
            screen = _Screen(app, session, store, every_s)
            try:
                await screen.run(client)
            finally:
                store.save(session.answers, seen=True)


class _Screen:
    """The tasks behind the live screen: one for each source, so that a slow one delays nothing but itself."""

    def __init__(self, app: AppContext, session: Session, store: LastGood, every_s: float) -> None:
        self._app = app
        self._session = session
        self._store = store
        self._every_s = every_s
        self._stale_frame = asyncio.Event()
        self._quit = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self, client: Caller) -> None:
        with LiveTerminal(self._app.output, self._pressed, self._stale_frame.set) as terminal:
            await _until_first(
                self._quit.wait(),
                self._paint(terminal),
                self._count_seconds(),
                self._look_around(),
                self._stay_signed_in(),
                *(self._poll(client, source) for source in SOURCES),
            )

    def _pressed(self, key: str) -> None:
        if key in "qQ":
            self._quit.set()
        elif key in "rR":
            self._hurry.set()
            self._hurry = asyncio.Event()

    async def _poll(self, client: Caller, source: Source) -> None:
        while True:
            pause = asyncio.ensure_future(self._pause())
            answer = await ask(client, source, self._app.clock)
            self._session.hear(answer, self._app.clock.monotonic())
            self._stale_frame.set()
            self._session.warn(await aside(lambda answer=answer: self._store.save([answer], seen=False)))  # type: ignore[misc]
            await pause

    async def _look_around(self) -> None:
        while True:
            pause = asyncio.ensure_future(self._pause())
            self._session.surroundings = await look_around(self._app)
            self._stale_frame.set()
            await pause

    async def _pause(self) -> None:
        """The time between two polls, cut short by a key."""
        try:
            async with asyncio.timeout(self._every_s):
                await self._hurry.wait()
        except TimeoutError:
            return

    async def _count_seconds(self) -> None:
        while True:
            await asyncio.sleep(1 - self._app.clock.now().microsecond / 1_000_000)
            self._stale_frame.set()

    async def _stay_signed_in(self) -> None:
        while True:
            await asyncio.sleep(max(self._every_s, 1.0))
            await aside(lambda: stay_signed_in(self._app))

    async def _paint(self, terminal: LiveTerminal) -> None:
        while True:
            snapshot = self._session.snapshot(self._app.clock.now())
            terminal.draw(frame(self._app, snapshot, self._session.live(self._app.clock.monotonic()), self._every_s))
            await self._stale_frame.wait()
            self._stale_frame.clear()


def frame(app: AppContext, snapshot: Snapshot, live: Live, every_s: float) -> list[str]:
    """The screen's lines: with large numbers where all of it fits, the keys on the last line."""
    from shema_cli.dashboard.views import footer, live_screen

    columns, height = screen_size()
    warning = snapshot.warnings[-1:]
    keys = app.output.render(footer([*warning, f"every {every_s:g} s", "r now", "q quit"], columns))
    lines: list[str] = []
    for roomy in (True, False):
        lines = app.output.render(live_screen(snapshot, columns, live, roomy=roomy))
        if len(lines) < height:
            break
    room = max(0, height - 1)
    return [*lines[:room], *[""] * (room - len(lines)), *keys][:height]


async def _until_first(*work: Coroutine[Any, Any, Any]) -> None:
    """Run all until one ends; the others are cancelled, and what the first raised is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def _quiet_stderr(app: AppContext) -> Iterator[None]:
    """What would be written over the screen is kept, and told when the screen is gone."""
    told: dict[str, None] = {}
    try:
        with app.output.diverted(told.setdefault):
            yield
    finally:
        for line in list(told)[-TOLD_AFTERWARDS:]:
            app.output.log(line)
