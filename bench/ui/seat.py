"""A program on a pseudo-terminal, with the moment at which each change of its screen was read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Self

import pyte

COLUMNS, LINES = 100, 30
PRIVATE = re.compile(rb"\x1b\[[?<=>][0-9;]*\$?[a-zA-Z]")
CHUNK = 65536


class Late(Exception):
    """What was waited for has not come."""


class Seat:
    """Use it as a context manager; it kills what it started. `read_at` is when the last change was read."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.started_at = self.read_at = time.perf_counter()
        self.pid, self._file = pty.fork()
        if not self.pid:
            os.execvpe(command[0], list(command), {**env, "TERM": "xterm-256color", "LANG": "C.UTF-8"})
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    @property
    def cursor_line(self) -> int | None:
        """The first line below the head that is drawn in reverse."""
        rows = range(2, LINES)
        return next((row for row in rows if self.screen.buffer[row][3].reverse), None)

    def keys(self, typed: str) -> float:
        """Type; when that was."""
        at = time.perf_counter()
        os.write(self._file, typed.encode())
        return at

    def until(self, condition: Callable[[], bool], within_s: float = 30.0) -> float:
        """Read until it holds; when what made it hold was read. Raises Late."""
        deadline = time.perf_counter() + within_s
        while not condition():
            if time.perf_counter() > deadline:
                raise Late(f"in vain; it shows\n{self.text}")
            self._read(0.05)
        return self.read_at

    def sees(self, *wanted: str, within_s: float = 30.0) -> float:
        """The same for texts that are on the screen at once."""
        return self.until(lambda: all(one in self.text for one in wanted), within_s)

    def pass_time(self, seconds: float) -> None:
        """Read for so long."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, at_most_s: float) -> None:
        if not select.select([self._file], [], [], at_most_s)[0]:
            return
        try:
            chunk = os.read(self._file, CHUNK)
        except OSError as ended:
            raise Late(f"it has ended: {ended}; it shows\n{self.text}") from None
        self.read_at = time.perf_counter()
        self._stream.feed(PRIVATE.sub(b"", chunk))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.close(self._file)
        os.waitpid(self.pid, 0)
