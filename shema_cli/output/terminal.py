"""A terminal taken over for a live screen, and given back exactly as it was.

Only lines that changed are written, in one piece, so that nothing flickers.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

from shema_cli.interrupts import ENDING, end_by
from shema_cli.output.keys import END_OF_INPUT, keys_of
from shema_cli.output.sink import Output, PipeClosed
from shema_cli.output.streams import forget_typed

_WIPE = "\r\x1b[K"  # what was typed ahead, and echoed
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H"  # alternate screen, no cursor, empty
_LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"  # one frame, for terminals that know it


class LiveTerminal:
    """A context manager; within it, `draw` shows lines and `on_key` is called with each key pressed.

    A key is a character, or all of the sequence that an arrow or Alt sends. Only where `Streams.animates` says that a
    terminal can be taken over.
    """

    def __init__(self, output: Output, on_key: Callable[[str], None], on_resize: Callable[[], None]) -> None:
        self._output = output
        self._on_key = on_key
        self._on_resize = on_resize
        self._shown: list[str] = []
        self._size: tuple[int, int] | None = None
        self._before: list[int | list[bytes | int]] | None = None
        self._stdin = output.streams.stdin
        self._ended_by: signal.Signals | None = None
        self._decoder = getincrementaldecoder("utf-8")("replace")

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        return screen_size()

    def __enter__(self) -> Self:
        self._take()
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None

        def end(number: signal.Signals) -> None:
            self._ended_by = number
            task.cancel()

        loop.add_signal_handler(signal.SIGWINCH, self._on_resize)
        loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        for number in ENDING:
            loop.add_signal_handler(number, end, number)
        if self._before is not None:
            loop.add_reader(self._stdin.fileno(), self._read)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        if self._before is not None:
            loop.remove_reader(self._stdin.fileno())
        for number in (signal.SIGWINCH, signal.SIGTSTP, *ENDING):
            loop.remove_signal_handler(number)
        self._give_back()
        if self._ended_by is not None:
            end_by(self._ended_by)  # now that the terminal is whole, end as we were told to

    def draw(self, lines: Sequence[str]) -> None:
        """Show `lines` (already safe, one screen line each), cut to the height of the terminal."""
        size = self.size
        wanted = list(lines)[: size[1]]
        changes = "" if size == self._size else "\x1b[0m\x1b[2J"
        shown = self._shown if size == self._size else []
        for number, line in enumerate(wanted):
            if number >= len(shown) or shown[number] != line:
                changes += f"\x1b[{number + 1};1H{line}\x1b[0m\x1b[K"
        if len(shown) > len(wanted):
            changes += f"\x1b[{len(wanted) + 1};1H\x1b[J"
        self._shown, self._size = wanted, size
        if changes:
            self._output.write(f"{_BEGIN}{changes}{_END}")

    def forget_typed(self) -> None:
        """Pass over what has been typed by now."""
        forget_typed(self._stdin)

    def _take(self) -> None:
        import termios  # Windows has none
        import tty

        with suppress(termios.error, OSError, ValueError):
            if self._stdin.isatty():
                self._before = termios.tcgetattr(self._stdin)
                tty.setcbreak(self._stdin, termios.TCSANOW)
        self._shown, self._size = [], None
        self._output.write(f"{_WIPE}{_ENTER}")

    def _give_back(self) -> None:
        if self._before is not None:
            import termios

            with suppress(termios.error, OSError):
                termios.tcsetattr(self._stdin, termios.TCSANOW, self._before)
        with suppress(PipeClosed, OSError):
            self._output.write(_LEAVE)

    def _suspend(self) -> None:
        """Ctrl-Z: the shell gets its own screen back, and we ours when we go on."""
        self._give_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._take()
        self._on_resize()

    def _read(self) -> None:
        try:
            typed = os.read(self._stdin.fileno(), 1024)
        except OSError:
            typed = b""
        if not typed:  # the terminal is gone
            asyncio.get_running_loop().remove_reader(self._stdin.fileno())
            self._on_key(END_OF_INPUT)
        for key in keys_of(self._decoder.decode(typed)):
            self._on_key(key)


def screen_size() -> tuple[int, int]:
    """Columns and lines."""
    columns, lines = shutil.get_terminal_size((80, 24))
    return columns, lines
