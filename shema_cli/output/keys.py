"""What is typed at a live screen, key by key."""

from __future__ import annotations

import os
import re
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

END_OF_INPUT = "\x04"
"""The key that a terminal which is gone presses, as Ctrl-D does."""
ENTER = ("\r", "\n")
ESCAPE = "\x1b"
UP, DOWN = ("\x1b[A", "\x1bOA"), ("\x1b[B", "\x1bOB")
ERASE, ERASE_ALL = ("\x7f", "\x08"), "\x15"
_KEY = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|O.|[^\x1b])?|.", re.DOTALL)


def keys_of(typed: str) -> list[str]:
    """Characters, and whole the sequences that arrows and Alt send: nothing in them is a key of its own."""
    return _KEY.findall(typed)


@contextmanager
def key_by_key(stdin: TextIO) -> Iterator[Callable[[], list[str]]]:
    """What waits for the next keys of a terminal, without Enter or echo. What was typed before is dropped.

    It hands back END_OF_INPUT when the terminal is gone. Raises termios.error where there is none.
    """
    terminal = stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSAFLUSH)
    try:
        yield lambda: _next_keys(terminal)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _next_keys(terminal: int) -> list[str]:
    try:
        typed = os.read(terminal, 1024)
    except OSError:
        typed = b""
    return keys_of(typed.decode("utf-8", "replace")) or [END_OF_INPUT]
