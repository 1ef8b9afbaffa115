"""`--watch`: the dashboard again and again, as a live screen or as one JSON object a line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from functools import partial

from shema_cli.calls.aside import KEPT, aside
from shema_cli.dashboard.lastgood import LastGood
from shema_cli.dashboard.results import SOURCES, Live, Snapshot, StatSource
from shema_cli.dashboard.snapshot import Observations, Requester, SchoolAccess, ask, ask_all
from shema_cli.output.sanitize import safe_line
from shema_cli.output.sink import Format, Output
from shema_cli.output.terminal import LiveTerminal, screen_size

TOLD_AFTERWARDS = 20  # lines for stderr that came while the screen was taken


async def watch_until_quit(
    school: SchoolAccess, output: Output, every_s: float, max_stale_s: float, still_admin: Callable[[], None]
) -> None:
    """Poll until `q`, Ctrl-C or a reader that went away. Off a terminal each poll is one JSON object a line.

    Raises NotConfigured without SERVICE_JWT_SECRET, and what `still_admin` raises.
    """
    school.require_secret()
    if output.drawn and output.streams.animates(output.streams.stdout):
        await _watch_screen(school, output, every_s, max_stale_s, still_admin)
        return
    if output.format is Format.TABLE and not output.drawn:
        output.format = Format.JSON
    async with aclosing(snapshots(school, every_s, max_stale_s, still_admin)) as polls:
        async for snapshot in polls:
            if output.drawn:
                output.write(f"{safe_line(snapshot.line())}\n")  # a terminal on which nothing may move
            else:
                output.record(snapshot)


async def snapshots(
    school: SchoolAccess, every_s: float, max_stale_s: float, still_admin: Callable[[], None]
) -> AsyncGenerator[Snapshot, None]:
    """A snapshot for each poll, for ever."""
    clock, kept = school.clock, school.last_good()
    seen = await _begin(school, kept, max_stale_s)
    loop = asyncio.get_running_loop()
    async with school.client() as client:
        while True:
            started = loop.time()
            answers = [await one for one in ask_all(client, clock)]
            seen.hear_all(answers, clock.monotonic())
            yield seen.snapshot(clock.now())
            await aside(partial(kept.save, answers, seen=False))
            await asyncio.sleep(max(0.0, started + every_s - loop.time()))
            await aside(still_admin)


async def _begin(school: SchoolAccess, kept: LastGood, max_stale_s: float) -> Observations:
    memory = await aside(lambda: kept.load(school.clock.now()), uses=KEPT)
    return Observations(memory, max_stale_s, school.target)


async def _watch_screen(
    school: SchoolAccess, output: Output, every_s: float, max_stale_s: float, still_admin: Callable[[], None]
) -> None:
    """The live screen, until `q`. Raises KeyboardInterrupt for Ctrl-C; the terminal is whole again in any case."""
    kept = school.last_good()
    seen = await _begin(school, kept, max_stale_s)
    with _quiet_stderr(output):
        async with school.client() as client:
            screen = _Screen(school, output, seen, kept, every_s, still_admin)
            try:
                await screen.run(client)
            finally:
                kept.save(seen.answers, seen=True)


class _Screen:
    """The tasks behind the live screen: one for each source, so that a slow one delays nothing but itself."""

    def __init__(
        self,
        school: SchoolAccess,
        output: Output,
        seen: Observations,
        kept: LastGood,
        every_s: float,
        still_admin: Callable[[], None],
    ) -> None:
        self._school = school
        self._clock = school.clock
        self._output = output
        self._seen = seen
        self._kept = kept
        self._every_s = every_s
        self._still_admin = still_admin
        self._stale_frame = asyncio.Event()
        self._quit = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self, client: Requester) -> None:
        with LiveTerminal(self._output, self._pressed, self._stale_frame.set) as terminal:
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

    async def _poll(self, client: Requester, source: StatSource) -> None:
        while True:
            pause = asyncio.ensure_future(self._pause())
            answer = await ask(client, source, self._clock)
            self._seen.hear(answer, self._clock.monotonic())
            self._stale_frame.set()
            self._seen.warn(await aside(partial(self._kept.save, [answer], seen=False)))
            await pause

    async def _look_around(self) -> None:
        while True:
            pause = asyncio.ensure_future(self._pause())
            self._seen.surroundings = await self._school.surroundings()
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
            await asyncio.sleep(1 - self._clock.now().microsecond / 1_000_000)
            self._stale_frame.set()

    async def _stay_signed_in(self) -> None:
        while True:
            await asyncio.sleep(max(self._every_s, 1.0))
            await aside(self._still_admin)

    async def _paint(self, terminal: LiveTerminal) -> None:
        while True:
            snapshot = self._seen.snapshot(self._clock.now())
            terminal.draw(frame(self._output, snapshot, self._seen.live(self._clock.monotonic()), self._every_s))
            await self._stale_frame.wait()
            self._stale_frame.clear()


def frame(output: Output, snapshot: Snapshot, live: Live, every_s: float) -> list[str]:
    """The screen's lines: with large numbers where all of it fits, the keys on the last line."""
    from shema_cli.dashboard.views import footer, live_screen

    columns, height = screen_size()
    warning = snapshot.warnings[-1:]
    keys = output.render(footer([*warning, f"every {every_s:g} s", "r now", "q quit"], columns))
    lines: list[str] = []
    for roomy in (True, False):
        lines = output.render(live_screen(snapshot, columns, live, roomy=roomy))
        if len(lines) < height:
            break
    room = max(0, height - 1)
    return [*lines[:room], *[""] * (room - len(lines)), *keys][:height]


async def _until_first(*work: Coroutine[object, None, object]) -> None:
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
def _quiet_stderr(output: Output) -> Iterator[None]:
    """What would be written over the screen is kept, and told when the screen is gone."""
    told: dict[str, None] = {}
    try:
        with output.diverted(told.setdefault):
            yield
    finally:
        for line in list(told)[-TOLD_AFTERWARDS:]:
            output.log(line)
