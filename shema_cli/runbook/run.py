"""The commands of a step: each is a process of its own, on the same terminal, with its own questions and guards."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Self

from shema_cli.app import declared
from shema_cli.cli.help_text import exit_codes
from shema_cli.cli.tree import access_of
from shema_cli.errors import Failed
from shema_cli.frozen import dataclass
from shema_cli.interrupts import end_by, handled_by, known
from shema_cli.shell import quoted
from shema_cli.system import POSIX


@dataclass(frozen=True)
class Shema:
    """`shema` as this process was started: `before` are the options that stand before a command's name."""

    before: tuple[str, ...] = ()
    output: str | None = None

    def line(self, words: Sequence[str]) -> str:
        """A command as it is typed; `words` begin with `shema`."""
        return quoted(words[0], *self.before, *words[1:])

    def command(self, words: Sequence[str]) -> list[str]:
        """What is run: a program, and what it is given; `words` come after `shema`."""
        return [sys.executable, "-P", "-m", "shema_cli", *self.before, *words]

    def run(self, words: Sequence[str]) -> int:
        """Its exit code, minus the number of the signal that ended it. Raises Failed where it cannot be started.

        Ctrl-C is the command's; a signal that ends this process ends the command first. The terminal is given back
        with the settings that it had.
        """
        shown = ("-o", self.output) if self.output else ()
        command = self.command((*shown, *words[1:]))
        with _Signals() as signals, _terminal_kept():
            try:
                process = subprocess.Popen(command)
            except (OSError, ValueError) as error:
                raise Failed("not_started", f"the command cannot be started: {error}") from error
            signals.belong_to(process)
            return process.wait()


def told_of(words: Sequence[str], code: int) -> str:
    """An exit code in the words of the command that `words` (with `shema`) begin with."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    path = next(path for path in (" ".join(words[1:end]) for end in (4, 3, 2)) if _is_command(path))
    command = declared(path)
    return exit_codes(access_of(command), command.exits).get(code, "not one of its exit codes")


def _is_command(path: str) -> bool:
    with suppress(KeyError, StopIteration):
        return bool(declared(path))
    return False


class _Signals:
    """The terminal sends Ctrl-C to a command as well: here it does nothing. What ends us ends the command first, and us
    when all is given back."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ended_by: int | None = None
        self._handled = ExitStack()

    def __enter__(self) -> Self:
        self._handled.enter_context(handled_by(self._end, known("SIGTERM", "SIGHUP")))
        self._handled.enter_context(handled_by(lambda *_: None, known("SIGINT", "SIGQUIT")))
        return self

    def __exit__(self, *_: object) -> None:
        self._handled.close()
        if self._ended_by is not None:
            end_by(self._ended_by)

    def belong_to(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        if self._ended_by is not None:
            process.terminate()

    def _end(self, number: int, _frame: object) -> None:
        self._ended_by = number
        if self._process is not None:
            self._process.terminate()


@contextmanager
def _terminal_kept() -> Iterator[None]:
    """A command that is killed at the wrong moment leaves a terminal that echoes nothing."""
    if not POSIX:
        yield
        return
    import termios

    before = None
    with suppress(termios.error, OSError, ValueError, AttributeError):
        before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        if before is not None:
            with suppress(termios.error, OSError):
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
