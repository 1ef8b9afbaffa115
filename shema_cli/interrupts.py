"""Signals: Ctrl-C as a wish to stop after the piece of work in hand (contract 2.3), and the end of a first process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn


def known(*names: str) -> tuple[signal.Signals, ...]:
    """Those of these signals that there are: Windows knows of `SIGINT` and `SIGTERM` alone."""
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))


_WISHES = known("SIGINT", "SIGTERM")
HANGUP = known("SIGHUP")
ENDING = known("SIGTERM", "SIGQUIT", "SIGHUP")
"""What ends a program that has something to give back first."""

_lent = threading.local()


@contextmanager
def stopped_by(stop: threading.Event) -> Iterator[None]:
    """Within it `stop_gently` of this thread, which no signal reaches, hands on `stop`, for somebody else to set."""
    _lent.stop = stop
    try:
        yield
    finally:
        del _lent.stop


@contextmanager
def stop_gently(*, twice_interrupts: bool = True, hangup: bool = False) -> Iterator[threading.Event]:
    """An event that SIGINT or SIGTERM sets, with `hangup` SIGHUP too; off the main thread, what `stopped_by` lends.

    A second one interrupts as usual, unless what is under way must not be broken off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield getattr(_lent, "stop", None) or threading.Event()
        return
    stop = threading.Event()

    def request(_number: int, _frame: FrameType | None) -> None:
        if twice_interrupts and stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    with handled_by(request, (*_WISHES, *HANGUP) if hangup else _WISHES):
        yield stop


@contextmanager
def broken_off_by(stop: threading.Event) -> Iterator[None]:
    """Inside `stop_gently`, around what may wait for long and may be left undone: a signal ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt), handled_by(interrupt, (*_WISHES, *HANGUP)):
        yield


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None], numbers: Sequence[int]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def given_back_first(give_back: Callable[[], None], take: Callable[[], None]) -> Iterator[None]:
    """While something is taken that others need whole, a terminal: what stops or ends us does so when it is given back,
    and it is taken again when we go on. Off the main thread signals do what they always do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        give_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        take()

    def end(number: int, _frame: FrameType | None) -> None:
        give_back()
        end_by(number)

    with handled_by(stop, known("SIGTSTP")), handled_by(end, ENDING):
        yield


_ended_by: list[int] = []


def heed_signals() -> None:
    """For process 1 of a container, to which the system delivers only what it has a handler for.

    Each of the ending signals is a Ctrl-C, and a second one ends it on the spot.
    """
    for number in ENDING:
        signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if _ended_by:
        end_by(number)
    _ended_by.append(number)
    if callable(signal.getsignal(signal.SIGINT)):
        signal.raise_signal(signal.SIGINT)  # whoever waits for a Ctrl-C knows best how to end
    else:  # begun in the background, where Ctrl-C is not heard
        raise KeyboardInterrupt


def exit_code_of_signal(code: int) -> int:
    """128 and the number of the signal that has ended a first process, else `code`."""
    return 128 + _ended_by[0] if _ended_by else code


def end_by(number: int) -> NoReturn:
    """End at once, as the signal would have ended us; a first process ends with 128 and its number."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
