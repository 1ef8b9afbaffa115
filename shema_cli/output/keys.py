"""What is typed at a live screen, key by key."""

from __future__ import annotations

import re

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
