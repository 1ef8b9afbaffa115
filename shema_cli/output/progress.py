"""How far a long run is: one line on stderr, on a terminal only, gone when the run ends."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from shema_cli.clock import Clock
from shema_cli.output.streams import Streams

SHOWN_AFTER_S = 1.0
REDRAWN_EVERY_S = 0.1


class Progress:
    """`approve 120/1000  340/s  3 s left`; without a total only the count. Short runs show nothing."""

    def __init__(self, streams: Streams, clock: Clock, label: str, total: int | None = None) -> None:
        self._streams = streams
        self._clock = clock
        self._label = label
        self._total = total
        self._animates = streams.animates(streams.stderr)
        self._began = clock.monotonic()
        self._drawn_at = self._began + SHOWN_AFTER_S - REDRAWN_EVERY_S
        self._drawn = False
        self.done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._drawn:
            self._write("\r\x1b[K")

    def step(self, count: int = 1) -> None:
        """Note that so many more are done."""
        self.done += count
        now = self._clock.monotonic()
        if self._animates and now - self._drawn_at >= REDRAWN_EVERY_S:
            self._drawn_at, self._drawn = now, True
            self._write(f"\r\x1b[K{self.line(now)}"[: self._streams.width + len("\r\x1b[K") - 1])

    def line(self, now: float) -> str:
        """The line as it is at the moment `now` (monotonic seconds)."""
        rate = self.done / max(now - self._began, 0.001)
        if not self._total:
            return f"{self._label} {self.done}  {rate:.0f}/s"
        left = (self._total - self.done) / rate if rate else 0.0
        return f"{self._label} {self.done}/{self._total}  {rate:.0f}/s  {left:.0f} s left"

    def _write(self, text: str) -> None:
        try:
            self._streams.stderr.write(text)
            self._streams.stderr.flush()
        except (OSError, ValueError):
            self._animates = self._drawn = False
