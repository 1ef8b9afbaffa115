"""Signals, for processes that must never be interrupted half-way nor outlive the sandbox."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Self

_TAKEN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FROM_KERNEL = 0x80  # SI_KERNEL: the terminal sent it
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_OnSignal = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


class Signals:
    """Signals taken one by one instead of by surprise.

    Inside `with`, SIGINT, SIGTERM, SIGHUP and SIGCHLD wait until `next` asks for them. A signal that was ignored from
    the start (nohup, `&` in a script) stays so. Threads made inside inherit this.
    """

    def __enter__(self) -> Self:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._handlers: dict[signal.Signals, _OnSignal] = {signal.SIGCHLD: signal.getsignal(signal.SIGCHLD)}
        self.taken = tuple(number for number in _TAKEN if signal.getsignal(number) is not signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, _nothing)  # one that is ignored would not wait
        signal.pthread_sigmask(signal.SIG_BLOCK, {*self.taken, signal.SIGCHLD})
        return self

    def __exit__(self, *_: object) -> None:
        handlers = {number: signal.getsignal(number) for number in self.taken} | self._handlers
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)  # those that still wait are dropped
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
        for number, handler in handlers.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def pending(self) -> signal.Signals | None:
        """One that has come and was not asked for yet."""
        waiting = signal.sigpending()
        return next((number for number in self.taken if number in waiting), None)

    def next(self) -> tuple[signal.Signals, bool]:
        """Wait for one. Whether the terminal sent it, and so to everything in its foreground."""
        wanted = {*self.taken, signal.SIGCHLD}
        if sys.platform == "linux":
            found = signal.sigwaitinfo(wanted)
            return signal.Signals(found.si_signo), found.si_code == _FROM_KERNEL
        return signal.Signals(signal.sigwait(wanted)), _in_foreground()


def dies_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: all signals unblocked, and `number` on the death of the parent (Linux only).

    The child must be started by a thread that lives as long as its process: the kernel ties the promise to it.
    """
    parent = os.getpid()

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died before the promise was made
            os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def _nothing(number: int, frame: FrameType | None) -> None:
    return


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
