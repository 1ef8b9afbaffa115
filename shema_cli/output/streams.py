"""The three standard streams, and what may be assumed of them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

from shema_cli.frozen import dataclass
from shema_cli.system import POSIX

NARROWEST = 20
"""Below this many columns nothing can be laid out; lines are left to wrap."""


@dataclass(frozen=True)
class Streams:
    """stdin, stdout, stderr and the facts about the terminal, if there is one."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]

    @classmethod
    def system(cls) -> Streams:
        """The process's own; the null device for one that was closed before it began (`shema … >&-`)."""
        return cls(sys.stdin or _null("r"), sys.stdout or _null("w"), sys.stderr or _null("w"), os.environ)

    def discard_stdout(self) -> None:
        """Point stdout at the null device, so that the interpreter's last flush of what is left is silent."""
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.stdout.fileno())
            os.close(null)
        except (OSError, ValueError, AttributeError):
            return

    @property
    def stdin_is_terminal(self) -> bool:
        return _isatty(self.stdin)

    @property
    def stdout_is_terminal(self) -> bool:
        return _isatty(self.stdout)

    @property
    def stderr_is_terminal(self) -> bool:
        return _isatty(self.stderr)

    @property
    def can_prompt(self) -> bool:
        """A person is there to answer: both what is asked and what is typed go to a terminal."""
        return _isatty(self.stdin) and _isatty(self.stderr)

    @property
    def dumb(self) -> bool:
        return self.environ.get("TERM") == "dumb"

    @property
    def escapes(self) -> bool:
        """Whether it is known that a terminal here takes escape sequences: without TERM nobody says so."""
        return self.environ.get("TERM", "") not in ("", "dumb", "unknown")

    @property
    def plain(self) -> bool:
        """No drawing characters: SHEMA_PLAIN asks for that (screen readers), or where it leads cannot show them."""
        encoding = (getattr(self.stdout, "encoding", None) or "utf-8").lower()
        return self.asked_plain or self.dumb or not encoding.startswith("utf")

    @property
    def asked_plain(self) -> bool:
        return self.environ.get("SHEMA_PLAIN", "0") not in ("", "0")

    def animates(self, stream: TextIO) -> bool:
        """Whether anything may move on `stream`: not on Windows, whose terminals cannot be taken over as others can."""
        return POSIX and _isatty(stream) and self.escapes and not self.asked_plain

    @property
    def animates_stderr(self) -> bool:
        return self.animates(self.stderr)

    def colour(self, stream: TextIO) -> bool:
        """Whether `stream` gets colour: NO_COLOR and TERM=dumb say no, CLICOLOR_FORCE yes, else a terminal does that
        says what it is."""
        if self.environ.get("NO_COLOR") or self.dumb:
            return False
        if self.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
            return True
        return _isatty(stream) and self.escapes

    @property
    def width(self) -> int:
        return max(NARROWEST, shutil.get_terminal_size((80, 24)).columns)


def forget_typed(stream: TextIO) -> None:
    """Pass over what has been typed at a terminal and was not read yet."""
    if not POSIX:
        _forget_typed_on_windows(stream)
        return
    import termios  # not for `--help`

    with suppress(termios.error, OSError, ValueError):
        termios.tcflush(stream, termios.TCIFLUSH)


def _forget_typed_on_windows(stream: TextIO) -> None:
    import msvcrt

    while _isatty(stream) and msvcrt.kbhit():  # type: ignore[attr-defined]
        msvcrt.getwch()  # type: ignore[attr-defined]


def _null(mode: str) -> TextIO:
    return cast(TextIO, Path(os.devnull).open(mode, encoding="utf-8"))


def _isatty(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False
