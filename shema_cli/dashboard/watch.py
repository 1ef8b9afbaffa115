"""`--watch`: the dashboard again and again, as a live screen or as one JSON object a line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from functools import partial

from shema_cli.calls.aside import KEPT, aside
from shema_cli.clock import age
from shema_cli.condition.alarm import Alarm
from shema_cli.dashboard.notebook import Notebook
from shema_cli.dashboard.results import Live, SchoolState, Snapshot
from shema_cli.dashboard.seen import condition_of
from shema_cli.dashboard.snapshot import Observations, Requester, SchoolAccess, ask, ask_all
from shema_cli.dashboard.sources import SOURCES, StatSource
from shema_cli.errors import ExitCode, InvalidUsage
from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import safe_line
from shema_cli.output.sink import Format, Output
from shema_cli.output.terminal import LiveTerminal, screen_size
from shema_cli.shell import quoted

TOLD_AFTERWARDS = 20  # lines for stderr that came while the screen was taken


@dataclass(frozen=True)
class Watch:
    """How it is watched: until it is quit, or until the school is in a state, for which `wait_s` is waited at most.

    With `bell` the terminal rings whenever something has turned worse.
    """

    every_s: float
    max_stale_s: float
    until: SchoolState | None = None
    wait_s: float | None = None
    bell: bool = False


def wanted_state(until: str | None) -> SchoolState | None:
    """Raises InvalidUsage for what is none."""
    if until is None or until in list(SchoolState):
        return SchoolState(until) if until else None
    raise InvalidUsage("bad_state", f"--until: {quoted(until)} is not a state", f"one of {', '.join(SchoolState)}")


async def watch_until_quit(
    school: SchoolAccess, output: Output, watch: Watch, still_admin: Callable[[], None]
) -> ExitCode:
    """Poll until `q`, Ctrl-C, a reader that went away, or what `watch` waits for; FAILED where that did not come.

    Off a terminal each poll is one JSON object a line. Raises NotConfigured without SERVICE_JWT_SECRET, and what
    `still_admin` raises.
    """
    school.require_secret()
    started, clock = school.clock.monotonic(), school.clock
    on_screen = output.drawn and output.streams.animates(output.streams.stdout)
    try:
        async with asyncio.timeout(watch.wait_s) as limit:
            reached = await (_watch_screen if on_screen else _watch_lines)(school, output, watch, still_admin)
    except TimeoutError:
        if not limit.expired():
            raise
        reached = False
    if watch.until is None:
        return ExitCode.DONE
    how_long = age(clock.monotonic() - started)
    output.note(f"{watch.until} after {how_long}" if reached else f"not {watch.until} within {how_long}")
    return ExitCode.DONE if reached else ExitCode.FAILED


async def _watch_lines(school: SchoolAccess, output: Output, watch: Watch, still_admin: Callable[[], None]) -> bool:
    """A line for each poll. Returns when the state that is waited for has come."""
    if output.format is Format.TABLE and not output.drawn:
        output.format = Format.JSON
    alarm, told = Alarm(), set[str]()
    async with aclosing(snapshots(school, watch, still_admin)) as polls:
        async for snapshot in polls:
            if output.drawn:
                output.write(f"{safe_line(snapshot.line())}\n")  # a terminal on which nothing may move
            else:
                output.record(snapshot)
            for warning in (one for one in snapshot.warnings if one not in told):
                told.add(warning)
                output.warn(warning)
            if watch.bell and alarm.hear(condition_of(snapshot)):
                output.ring()
            if watch.until is not None and snapshot.school is watch.until:
                return True
    raise AssertionError("a watch does not end by itself")


async def snapshots(
    school: SchoolAccess, watch: Watch, still_admin: Callable[[], None]
) -> AsyncGenerator[Snapshot, None]:
    """A snapshot for each poll, for ever."""
    clock, kept = school.clock, school.notebook()
    seen = await _begin(school, kept, watch.max_stale_s)
    loop = asyncio.get_running_loop()
    async with school.client() as client:
        while True:
            started = loop.time()
            answers = [await one for one in ask_all(client, clock)]
            seen.hear_all(answers, clock.monotonic())
            seen.warn(await aside(partial(kept.save, answers, clock.now(), seen=False)))
            yield seen.snapshot(clock.now())
            await asyncio.sleep(max(0.0, started + watch.every_s - loop.time()))
            await aside(still_admin)


async def _begin(school: SchoolAccess, kept: Notebook, max_stale_s: float) -> Observations:
    memory = await aside(lambda: kept.load(school.clock.now()), uses=KEPT)
    return Observations(memory, max_stale_s, school.target)


async def _watch_screen(school: SchoolAccess, output: Output, watch: Watch, still_admin: Callable[[], None]) -> bool:
    """The live screen, until `q` or the state that is waited for; whether that has come.

    Raises KeyboardInterrupt for Ctrl-C; the terminal is whole again in any case.
    """
    kept = school.notebook()
    seen = await _begin(school, kept, watch.max_stale_s)
    with _quiet_stderr(output):
        async with school.client() as client:
            screen = _Screen(school, output, seen, kept, watch, still_admin)
            try:
                await screen.run(client)
            finally:
                kept.save(seen.answers, school.clock.now(), seen=True)
    return screen.reached


class _Screen:
    """The tasks behind the live screen: one for each source, so that a slow one delays nothing but itself."""

    def __init__(
        self,
        school: SchoolAccess,
        output: Output,
        seen: Observations,
        kept: Notebook,
        watch: Watch,
        still_admin: Callable[[], None],
    ) -> None:
        self._school = school
        self._clock = school.clock
        self._output = output
        self._seen = seen
        self._kept = kept
        self._watch = watch
        self._still_admin = still_admin
        self._alarm = Alarm()
        self._stale_frame = asyncio.Event()
        self._quit = asyncio.Event()
        self._hurry = asyncio.Event()
        self.reached = False

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
            self._seen.warn(await aside(partial(self._kept.save, [answer], self._clock.now(), seen=False)))
            await pause

    async def _look_around(self) -> None:
        around = self._school.around()
        while True:
            pause = asyncio.ensure_future(self._pause())
            self._seen.look_around(await around.look(), self._clock.now())
            self._stale_frame.set()
            now, letters = self._clock.now(), self._seen.letters
            self._seen.warn(await aside(partial(self._kept.save, [], now, seen=False, letters=letters)))
            await pause

    async def _pause(self) -> None:
        """The time between two polls, cut short by a key."""
        try:
            async with asyncio.timeout(self._watch.every_s):
                await self._hurry.wait()
        except TimeoutError:
            return

    async def _count_seconds(self) -> None:
        while True:
            await asyncio.sleep(1 - self._clock.now().microsecond / 1_000_000)
            self._stale_frame.set()

    async def _stay_signed_in(self) -> None:
        while True:
            await asyncio.sleep(max(self._watch.every_s, 1.0))
            await aside(self._still_admin)

    async def _paint(self, terminal: LiveTerminal) -> None:
        while True:
            snapshot = self._seen.snapshot(self._clock.now())
            live = self._seen.live(self._clock.monotonic(), self._watch.every_s)
            terminal.draw(frame(self._output, snapshot, live))
            if self._watch.bell and self._alarm.hear(condition_of(snapshot)):
                self._output.ring()
            if self._watch.until is not None and snapshot.school is self._watch.until:
                self.reached = True
                self._quit.set()
            await self._stale_frame.wait()
            self._stale_frame.clear()


def frame(output: Output, snapshot: Snapshot, live: Live) -> list[str]:
    """The screen's lines: with large numbers where all of it fits, the keys on the last line."""
    from shema_cli.dashboard.views import footer, live_screen

    columns, height = screen_size()
    warning = snapshot.warnings[-1:]
    keys = output.render(footer([*warning, f"every {live.every_s:g} s", "r now", "q quit"], columns))
    lines: list[str] = []
    shown = snapshot.in_words() if output.streams.plain else snapshot
    for roomy in (False,) if shown.words else (True, False):
        lines = output.render(live_screen(shown, columns, live, roomy=roomy))
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
