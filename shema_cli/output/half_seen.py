"""A line typed at a terminal, key by key, of which only what may be seen is drawn.

A URL may bear a password: what the terminal itself echoed would stand on the screen, and in what it keeps of it.
"""

from __future__ import annotations

import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO

from shema_cli.interrupts import end_by
from shema_cli.masking import MASK
from shema_cli.output.keys import END_OF_INPUT, ENTER, ERASE, ERASE_ALL

HIDDEN = "*"
AT_ONCE_S = 0.05


def half_seen(typed: str) -> str:
    """What may be seen of a URL while it is typed: what may be a password, or a port, is as long as it is.

    `redis://ani:se` is `redis://ani:**`; once the @ has come, user and password are gone.
    """
    scheme, separator, rest = typed.partition("://")
    if not separator:
        return typed
    _, at, place = rest.rpartition("@")
    if at:
        return f"{scheme}://{MASK}@{place}"
    name, colon, after = rest.partition(":")
    return f"{scheme}://{name}{colon}{HIDDEN * len(after)}"


def typed_line(stdin: TextIO, draw: Callable[[str], None]) -> str | None:
    """What is typed up to Enter; `draw` is given it with every key. None where the input ends on an empty line.

    Bytes that are not UTF-8 are lone surrogates in it, as everywhere. The terminal is given back as it was, however
    this ends; Ctrl-C raises KeyboardInterrupt as ever.
    """
    typed = ""
    decode = getincrementaldecoder("utf-8")("surrogateescape").decode
    with _key_by_key(stdin.fileno()):
        while True:
            # Byte by byte: what was pasted behind the Enter is left to whoever reads next.
            byte = os.read(stdin.fileno(), 1)
            if not byte:
                return typed or None
            for key in _keys(decode(byte), stdin.fileno()):
                if key in ENTER:
                    return typed
                if key == END_OF_INPUT:
                    if not typed:
                        return None
                elif key in ERASE:
                    typed = typed[:-1]
                elif key == ERASE_ALL:
                    typed = ""
                elif key.isprintable() or key >= "\udc80":
                    typed += key
                draw(typed)


def _keys(text: str, handle: int) -> Iterator[str]:
    """The keys that were typed: what arrows and Alt send begins with an escape, comes at once, and is none."""
    if text != "\x1b":
        yield from text
        return
    sequence = text
    while not _is_whole(sequence) and select.select([handle], [], [], AT_ONCE_S)[0]:
        sequence += os.read(handle, 1).decode("latin-1") or "\0"


def _is_whole(sequence: str) -> bool:
    return len(sequence) > 1 and (sequence[1] not in "[O" or (len(sequence) > 2 and "@" <= sequence[-1] <= "~"))


@contextmanager
def _key_by_key(handle: int) -> Iterator[None]:
    """No echo, no lines; also when the process was stopped and goes on, after which a shell may have set others."""
    import termios  # Windows has none
    import tty

    before = termios.tcgetattr(handle)

    def again(_number: int, _frame: FrameType | None) -> None:
        tty.setcbreak(handle, termios.TCSANOW)

    def end(number: int, _frame: FrameType | None) -> None:
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(handle, termios.TCSANOW, before)
        end_by(number)

    handlers = {signal.SIGCONT: again, signal.SIGTERM: end, signal.SIGHUP: end}
    earlier = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        tty.setcbreak(handle, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSANOW, before)
        for number, handler in earlier.items():
            signal.signal(number, handler)
