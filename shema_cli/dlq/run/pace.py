"""How fast a run may publish: no faster than is asked for, and than services read."""

from __future__ import annotations

from collections.abc import Callable

from shema_cli.clock import Clock
from shema_cli.dlq.run.store import DeadLetters

BATCH = 500  # a step of as many keeps Redis busy for less than ten milliseconds
BATCH_BYTES = 1_000_000
WAIT_SLICE_S = 0.1
BACKLOG_EVERY_BYTES = 1_000_000
BACKLOG_BYTES = 4_000_000  # Redis closes a subscriber at 32 MB, or after a minute above 8 MB, unless told otherwise
BACKLOG_PATIENCE_S = 10.0
BACKLOG_PAUSE_S = 0.02


class RateLimit:
    """At most `rate` entries a second; None is as fast as it goes."""

    def __init__(self, rate: float | None, clock: Clock, stopped: Callable[[], bool]) -> None:
        self._rate = rate
        self._clock = clock
        self._stopped = stopped
        self._next = clock.monotonic()

    @property
    def most(self) -> int:
        """Entries to take in one batch, so that the rate is kept within a quarter of a second."""
        return BATCH if self._rate is None else max(1, min(BATCH, int(self._rate / 4)))

    def wait(self) -> None:
        """Until the next batch may go out. Before `took` that is no more than once: whoever finds that the list has
        changed meanwhile, and asks again, waits no second time, or another run at the same pace were always first."""
        if self._rate is None:
            return
        while not self._stopped() and (left := self._next - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, WAIT_SLICE_S))
        self._next = max(self._next, self._clock.monotonic())

    def took(self, takes: int) -> None:
        """So many went out since `wait`."""
        if self._rate is not None:
            self._next += takes / self._rate


class Backlog:
    """Waits, after each megabyte, until no service has more than four of them still to read.

    Redis closes the connection of one that reads more slowly than a replay publishes, and what waits there is lost.
    """

    def __init__(self, store: DeadLetters, clock: Clock, stopped: Callable[[], bool]) -> None:
        self._store = store
        self._clock = clock
        self._stopped = stopped
        self._sent = 0
        self._asked: Callable[[], int] | None = None

    def sent(self, size: int) -> None:
        self._sent += size

    def wait(self) -> None:
        """What is asked after one step is looked at after the next, when it has long been answered.

        One that reads nothing for ten seconds is waited for no longer.
        """
        asked, self._asked = self._asked, None
        if self._sent >= BACKLOG_EVERY_BYTES:
            self._sent, self._asked = 0, self._store.begin_slowest_reader()
        if asked is not None and asked() > BACKLOG_BYTES:
            self._wait_for_the_slowest()

    def _wait_for_the_slowest(self) -> None:
        deadline = self._clock.monotonic() + BACKLOG_PATIENCE_S
        while not self._stopped() and self._clock.monotonic() < deadline:
            if self._store.slowest_reader() <= BACKLOG_BYTES:
                return
            self._clock.sleep(BACKLOG_PAUSE_S)
