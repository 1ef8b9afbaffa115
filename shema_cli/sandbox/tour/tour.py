"""`shema sandbox tour`: the tool at work, a step at a time, in a sandbox of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shema_cli.dlq.keys import LIST
from shema_cli.errors import InvalidUsage
from shema_cli.output.sink import Format
from shema_cli.sandbox import views
from shema_cli.sandbox.process.folder import sweep
from shema_cli.sandbox.results import Played, Toured
from shema_cli.sandbox.system.options import Options
from shema_cli.sandbox.system.system import System
from shema_cli.sandbox.tour.steps import Step, steps

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shema_cli.context import AppContext

PAUSE_S = 0.3  # unit of the consumers' pauses: a dead letter comes after two seconds, not after six
SETTLES_WITHIN_S = 15.0
TAILS = "shema-cli:tail:*"


def tour(app: AppContext, *, auto: bool) -> Toured:
    """Play the steps; between them a person presses Enter, unless `auto`.

    Raises InvalidUsage, naming `--auto`, where nobody can.
    """
    if not auto and not app.output.streams.can_prompt:
        raise InvalidUsage("no_terminal", "there is no terminal to press Enter at", "pass --auto")
    sweep()
    system = System(Options(pause_s=PAUSE_S))
    system.start()
    try:
        guide = _Guide(app, system, auto)
        played = [guide.play(index, step) for index, step in enumerate(guide.steps, start=1)]
    finally:
        system.stop()
    return Toured(tuple(played))


class _Guide:
    def __init__(self, app: AppContext, system: System, auto: bool) -> None:
        self._app = app
        self._system = system
        self._auto = auto
        self._environment = system.command_environment()
        self.steps = steps(system.school)

    def play(self, number: int, step: Step) -> Played:
        self._show(views.step(step, number, len(self.steps)))
        buried = self._count_buried()
        beside = self._start_beside(step.beside) if step.beside else None
        codes = [self._run(command) for command in step.commands]
        if beside is not None:
            codes.append(beside.wait())
        self._until(lambda: self._count_buried() >= buried + step.buries)
        if not self._auto and number < len(self.steps):
            self._app.prompts.text("\nEnter goes on", flag="--auto")
        commands = (*step.commands, *([step.beside] if step.beside else []))
        return Played(step.title, tuple(zip(commands, codes, strict=True)), all(code in step.codes for code in codes))

    def _run(self, command: str) -> int:
        self._show(views.typed(command))
        if not self._auto:
            self._app.prompts.text("Enter runs it", flag="--auto")
        return self._start(command).wait()

    def _start_beside(self, command: str) -> subprocess.Popen[bytes]:
        """A tail, and it is tailing when this returns."""
        self._show(views.typed(f"{command} &"))
        process = self._start(command)
        self._until(lambda: bool(self._redis("pubsub_channels", TAILS)) or process.poll() is not None)
        return process

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        """Under `-o json` stdout is for one document: what the commands print goes to stderr."""
        stdout = sys.stderr if self._app.output.format is Format.JSON else None
        return subprocess.Popen(["/bin/sh", "-c", command], env=self._environment, stdout=stdout)

    def _show(self, renderable: RenderableType) -> None:
        if self._app.output.format is not Format.JSON:
            self._app.output.draw(renderable)

    def _count_buried(self) -> int:
        return int(self._redis("llen", LIST))

    def _redis(self, command: str, argument: str) -> Any:
        client = self._system.parts["enrollment"].bus.client
        return self._system.call(getattr(client, command)(argument), SETTLES_WITHIN_S)

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
