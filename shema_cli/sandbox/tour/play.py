"""`shema sandbox tour`: the tool at work, a step at a time, in a sandbox of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from shema_cli.errors import InvalidUsage
from shema_cli.output.sink import Format, Output
from shema_cli.sandbox import views
from shema_cli.sandbox.process.folder import sweep
from shema_cli.sandbox.results import PlayedStep, Toured
from shema_cli.sandbox.system.assembly import Options, System
from shema_cli.sandbox.tour.steps import ON_ONE_SCREEN, TourStep, steps
from shema_cli.store import keys

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shema_cli.output.person import Person

PAUSE_S = 0.3  # unit of the consumers' pauses: a dead letter comes after two seconds, not after six
SETTLES_WITHIN_S = 15.0


def play(output: Output, person: Person, *, auto: bool) -> Toured:
    """Play the steps; between them a person presses Enter, unless `auto`.

    Raises InvalidUsage, naming `--auto`, where nobody can.
    """
    if not auto and not person.can_be_asked:
        raise InvalidUsage("no_terminal", "there is no terminal to press Enter at", "pass --auto")
    sweep()
    system = System(Options(pause_s=PAUSE_S))
    system.start()
    try:
        guide = _Guide(output, None if auto else person, system)
        played = [guide.play(index, step) for index, step in enumerate(guide.steps, start=1)]
    finally:
        system.stop()
    return Toured(tuple(played))


def _has_console(output: Output) -> bool:
    """Whether `shema ui` has its terminal here, and its extra."""
    animates = output.format is Format.TABLE and output.streams.animates(output.streams.stdout)
    return animates and find_spec("textual") is not None


class _Guide:
    """`person` is None when nobody is waited for."""

    def __init__(self, output: Output, person: Person | None, system: System) -> None:
        self._output = output
        self._person = person
        self._system = system
        self._redis = system.parts["enrollment"].bus.client
        self._environment = system.command_environment()
        self.steps = [*steps(system.school), *([ON_ONE_SCREEN] if person and _has_console(output) else [])]

    def play(self, number: int, step: TourStep) -> PlayedStep:
        self._show(views.step(step, number, len(self.steps)))
        buried = self._count_buried()
        beside = self._start_beside(step.beside) if step.beside else None
        codes = [self._run(command) for command in step.commands]
        if beside is not None:
            codes.append(beside.wait())
        self._until(lambda: self._count_buried() >= buried + step.buries)
        if number < len(self.steps):
            if self._person is not None:
                self._person.note("")
            self._wait_for_enter("Enter goes on")
        commands = (*step.commands, *([step.beside] if step.beside else []))
        as_expected = all(code in step.codes for code in codes)
        return PlayedStep(step.title, tuple(zip(commands, codes, strict=True)), as_expected)

    def _run(self, command: str) -> int:
        self._show(views.typed(command))
        self._wait_for_enter("Enter runs it")
        return self._start(command).wait()

    def _wait_for_enter(self, what_follows: str) -> None:
        if self._person is not None:
            self._person.ask(what_follows, flag="--auto")

    def _start_beside(self, command: str) -> subprocess.Popen[bytes]:
        """A tail, and it is tailing when this returns: the recorder is one of those that are there before."""
        self._show(views.typed(f"{command} &"))
        there = self._tails()
        process = self._start(command)
        self._until(lambda: bool(self._tails() - there) or process.poll() is not None)
        return process

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        """Under `-o json` stdout is for one document: what the commands print goes to stderr."""
        stdout = sys.stderr if self._output.format is Format.JSON else None
        return subprocess.Popen(["/bin/sh", "-c", command], env=self._environment, stdout=stdout)

    def _show(self, renderable: RenderableType) -> None:
        if self._output.format is not Format.JSON:
            self._output.draw(renderable)

    def _tails(self) -> set[bytes | str]:
        """By the channel on which each is there (contract 3.2)."""

        async def tails() -> set[bytes | str]:
            return set(await self._redis.pubsub_channels(f"{keys.PRESENCE_PREFIX}*"))

        return self._system.call(tails(), SETTLES_WITHIN_S)

    def _count_buried(self) -> int:
        async def buried() -> int:
            return int(await self._redis.llen(keys.DEAD_LETTERS))

        return self._system.call(buried(), SETTLES_WITHIN_S)

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
