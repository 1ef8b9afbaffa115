"""Ctrl-C as a wish to stop after the piece of work in hand (contract 2.3)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_gently(*, twice_interrupts: bool = True) -> Iterator[threading.Event]:
    """An event that SIGINT or SIGTERM sets. Off the main thread nothing sets it.

    A second one interrupts as usual, unless what is under way must not be broken off.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def request(_number: int, _frame: FrameType | None) -> None:
        if twice_interrupts and stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
