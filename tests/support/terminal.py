"""A program on a real pseudo-terminal, and the screen that a person would see."""

from __future__ import annotations

import re
import sys
import termios
from collections.abc import Callable, Mapping
from typing import Any, Self

import pexpect
import pyte

from tests.support.waiting import eventually

LONGEST_S = 60.0
"""What a busy machine may take; nothing is asserted of it."""
_PRIVATE = re.compile(r"\x1b\[[?<=>][0-9;]*[a-zA-Z]")


class Terminal:
    """`python -m shema_cli ARGV` on a pty of this size. Use it as a context manager; it ends what it started.

    `script` is Python to run instead.
    """

    def __init__(
        self, *argv: str, env: Mapping[str, str], columns: int = 80, lines: int = 24, script: str | None = None
    ) -> None:
        self.raw = ""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        self.child: Any = pexpect.spawn(
            sys.executable,
            ["-c", script, *argv] if script else ["-m", "shema_cli", *argv],
            env={"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "SHEMA_PAGER": "", **env},
            dimensions=(lines, columns),
            encoding="utf-8",
            timeout=10,
        )
        self.settings_before = termios.tcgetattr(self.child.child_fd)

    @property
    def settings(self) -> list[Any]:
        return termios.tcgetattr(self.child.child_fd)

    @property
    def display(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.display)

    def colour_at(self, text: str) -> str:
        """The foreground of the first character of `text` on the screen."""
        for row, line in enumerate(self._screen.display):
            if text in line:
                return str(self._screen.buffer[row][line.index(text)].fg)
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def wait(self, *wanted: str, until: Callable[[], bool] | None = None, timeout: float = LONGEST_S) -> Terminal:
        """Read until all of `wanted` are on the screen at once (and `until` holds)."""

        def has_come() -> bool:
            if all(text in self.text for text in wanted) and (until is None or until()):
                return True
            self._read()
            return False

        eventually(has_come, within_s=timeout, what=lambda: f"{wanted} on the screen, which shows\n{self.text}")
        return self

    def keys(self, text: str) -> None:
        self.child.send(text)

    def resize(self, columns: int, lines: int) -> None:
        self._screen.resize(lines, columns)
        self._screen.reset()
        self.child.setwinsize(lines, columns)

    def end(self) -> int:
        """Read to the end and return the exit status; minus the number of the signal that ended it."""
        shown = lambda: f"the end; it shows\n{self.text}"  # noqa: E731
        eventually(lambda: not self._read(whole=True), within_s=LONGEST_S, what=shown)
        self.child.wait()
        status = self.child.exitstatus
        return -self.child.signalstatus if status is None else int(status)

    def _read(self, *, whole: bool = False) -> bool:
        try:
            chunk = self.child.read_nonblocking(65536, timeout=0.1)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            while chunk := self._written_last():
                self._show(chunk)
            assert whole, f"it ended:\n{self.text}"
            return False
        self._show(chunk)
        return True

    def _written_last(self) -> str:
        """pexpect asks whether there is more, and then whether it lives: what was written in between is still there."""
        try:
            return str(self.child.read_nonblocking(65536, timeout=0))
        except pexpect.EOF:
            return ""

    def _show(self, chunk: str) -> None:
        self.raw += chunk
        self._stream.feed(_PRIVATE.sub("", chunk))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.child.close(force=True)
        except pexpect.ExceptionPexpect:  # it was killed, and pexpect waits for a tenth of a second alone
            eventually(lambda: not self.child.isalive(), within_s=LONGEST_S, what="the end of what ran there")
