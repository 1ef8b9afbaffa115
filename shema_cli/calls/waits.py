"""What calls that hang wait for, told to a person while they do."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shema_cli.calls.request import Outgoing
from shema_cli.clock import Clock
from shema_cli.frozen import dataclass
from shema_cli.results import counted

TOLD_AFTER_S = 2.0
TOLD_EVERY_S = 1.0


@dataclass(frozen=True, eq=False)
class _Wait:
    """An attempt that hangs; `until`: when it is given up (monotonic seconds)."""

    whom: str
    until: float


class Waits:
    """The attempts of one client. `tell` gets the line that stands until the next one; an empty one takes it away."""

    def __init__(self, clock: Clock, tell: Callable[[str], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._hanging: list[_Wait] = []
        self._next: asyncio.TimerHandle | None = None

    @contextmanager
    def one(self, base: str, request: Outgoing, limit_s: float) -> Iterator[None]:
        """An attempt that takes `limit_s` seconds at most; told once it has taken two."""
        again = f", attempt {request.attempt}" if request.attempt > 1 else ""
        wait = _Wait(f"{request.service} ({base}{again})", self._clock.monotonic() + limit_s)
        began = asyncio.get_running_loop().call_later(TOLD_AFTER_S, self._hangs, wait)
        try:
            yield
        finally:
            began.cancel()
            if wait in self._hanging:
                self._hanging.remove(wait)
                self._told()

    def _hangs(self, wait: _Wait) -> None:
        self._hanging.append(wait)
        self._told()

    def _told(self) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = None
        if self._hanging:
            self._next = asyncio.get_running_loop().call_later(TOLD_EVERY_S, self._told)
        self._tell(self._line())

    def _line(self) -> str:
        """`waiting for course (http://127.0.0.1:3003) and 2 others, 3 s more`: the one that ends last is named."""
        if not self._hanging:
            return ""
        longest = max(self._hanging, key=lambda wait: wait.until)
        others = f" and {counted(len(self._hanging) - 1, 'other')}" if len(self._hanging) > 1 else ""
        left = max(0, math.ceil(longest.until - self._clock.monotonic()))
        return f"waiting for {longest.whom}{others}, {left} s more"
