"""What is typed at a live screen, key by key."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from shema_cli.interrupts import given_back_first

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
def key_by_key(stdin: TextIO, show: Callable[[], None]) -> Iterator[Callable[[], list[str]]]:
    """What waits for the next keys of a terminal, without Enter or echo. What was typed before is dropped.

    `show` says what is waited for, now and again after a Ctrl-Z, for which the shell gets its terminal as it was; so it
    does before a signal ends us. It hands back END_OF_INPUT when the terminal is gone. Raises termios.error where there
    is none.
    """
    import termios  # Windows has none
    import tty

    terminal = stdin.fileno()
    before = termios.tcgetattr(terminal)

    def take() -> None:
        tty.setcbreak(terminal, termios.TCSAFLUSH)
        show()

    def give_back() -> None:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    with given_back_first(give_back, take):
        try:
            take()
            yield lambda: _next_keys(terminal)
        finally:
            give_back()


def _next_keys(terminal: int) -> list[str]:
    try:
        typed = os.read(terminal, 1024)
    except OSError:
        typed = b""
    return keys_of(typed.decode("utf-8", "replace")) or [END_OF_INPUT]
