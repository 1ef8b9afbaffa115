"""Waiting for what happens elsewhere: in another thread, another process, behind a socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.01


def eventually(
    condition: Callable[[], T], *, within_s: float = 10.0, what: str | Callable[[], str] = "", every_s: float = POLL_S
) -> T:
    """Ask until the answer is truthy, and return it. Fails, saying `what` was waited for, when it never is."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain: {what() if callable(what) else what}"
        time.sleep(every_s)
    return found
