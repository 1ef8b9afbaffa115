"""Ctrl-C as a wish that is looked at between two decisions, not in the middle of one."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, Self


class Interruption:
    """Inside the block SIGINT and SIGTERM only set `requested`."""

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._request)
            except ValueError:  # not the main thread: nobody presses Ctrl-C here
                return self
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
