"""`events record`: keep the history of all that is published, for as long as it runs (contract 3.3)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import field
from datetime import UTC, datetime
from typing import Protocol

from shema_cli.clock import Clock
from shema_cli.errors import ExitCode, Failed, Refused, ShemaError, Unreachable
from shema_cli.events.buffer import Buffer
from shema_cli.events.history.log import HistoryLog, Keep
from shema_cli.events.history.recorder import Recorder
from shema_cli.events.history.writer import Figures
from shema_cli.events.reader import Reader, TailPace
from shema_cli.events.tail import EVERYTHING, UNPROVEN, tuned_interpreter
from shema_cli.frozen import dataclass
from shema_cli.interrupts import broken_off_by
from shema_cli.output.sink import PipeClosed
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.fitness import look_at
from shema_cli.store.presence import Presence
from shema_cli.store.subscriber import Subscriber

END_WITHIN_S = 0.8
DRAW_EVERY_S = 0.25
PACE = TailPace(ping_after=0.4, told_alive=0.4, look_around=1.0)
MOST_MESSAGES = 100_000


@dataclass(frozen=True)
class RecordOptions:
    """How much is kept."""

    keep: Keep
    pace: TailPace = field(default_factory=lambda: PACE)


class Reporter(Protocol):
    """Where a recorder says how it goes (`events/history/reporter.py`)."""

    def changed(self, state: str, why: str, figures: Figures) -> None:
        """Its role is another one: `recording`, `standing by`, `deaf`, `waiting`, `blocked`, `ended`."""

    def goes_on(self, figures: Figures) -> None:
        """Some time has gone by."""

    def warn(self, text: str) -> None:
        """What is not as it should be."""


class SteadyClock:
    """Moments that never jump, for what is between two of them: they count from an unknown beginning."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.monotonic(), UTC)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


def record(
    store: Store,
    options: RecordOptions,
    reporter: Reporter,
    *,
    clock: Clock,
    still_admin: Callable[[], None],
    stop: threading.Event,
) -> ExitCode:
    """Record until `stop`: DONE, or FAILED when something heard could not be written by then.

    Raises Refused where Redis may evict the history, Unreachable and Failed where it cannot be begun, and what
    `still_admin` raises, with everything written.
    """
    with tuned_interpreter():
        return _Run(store, options, reporter, clock, still_admin).until(stop)


def _whether_heard_or_not() -> AbstractContextManager[None]:
    """Who reads what a recorder says may go; it goes on recording."""
    return suppress(OSError, PipeClosed)


class _Run:
    """The threads of one recorder: one hears, one writes, this one waits for the end."""

    def __init__(
        self,
        store: Store,
        options: RecordOptions,
        reporter: Reporter,
        clock: Clock,
        still_admin: Callable[[], None],
    ) -> None:
        self._store = store
        self._options = options
        self._reporter = reporter
        self._clock = SteadyClock(clock)
        self._still_admin = still_admin
        self._figures = Figures()
        self._saying = threading.Lock()
        self._warned: set[str] = set()

    def until(self, stop: threading.Event) -> ExitCode:
        for warning in self._look_at_the_server():
            self._warned.add(warning)
            self._warn(warning)
        log = HistoryLog(self._store, self._options.keep)
        log.whose_turn()  # of a cluster it also learns which node has the history
        presence = Presence(self._store, (EVERYTHING,))
        node = lambda: self._store.place_of(keys.HISTORY)  # noqa: E731
        subscriber = Subscriber(self._store.address, (EVERYTHING,), presence, self._clock, node=node)
        with self._store.errors():
            subscription = subscriber.open()
        if presence.refused:
            self._warn(f"{UNPROVEN}: {presence.refused}")
        buffer = Buffer(most_messages=MOST_MESSAGES)
        recorder = Recorder(self._store, log, buffer, self._clock, self._changed)
        self._figures = recorder.figures
        reader = Reader(subscriber, subscription, buffer, self._clock, self._options.pace)
        thread = threading.Thread(target=recorder.run, name="shema-recorder", daemon=True)
        reader.start()
        thread.start()
        ended: ShemaError | None = None
        with presence.kept_up():
            try:
                self._wait(stop, reader, thread, recorder)
            except ShemaError as error:
                ended = error
            left = self._end(reader, recorder)
        if left:
            self._changed("ended", f"{left:,} messages that were heard could not be written")
        else:
            self._changed("ended", "all that was heard is written")
        if ended:
            raise ended
        return ExitCode.FAILED if left else ExitCode.DONE

    def _wait(self, stop: threading.Event, reader: Reader, thread: threading.Thread, recorder: Recorder) -> None:
        """Until a signal. Raises what `still_admin` raises."""
        checked, connections = self._clock.monotonic(), recorder.connections
        while not stop.wait(DRAW_EVERY_S):
            self._goes_on()
            if not (reader.is_alive() and thread.is_alive()):
                raise Failed("recorder_stopped", "the recorder has stopped by itself", "run the same command again")
            if recorder.connections != connections:
                connections = recorder.connections
                with broken_off_by(stop):
                    self._look_at_the_server_again()
            if self._clock.monotonic() - checked >= self._options.pace.check_admin:
                checked = self._clock.monotonic()
                with broken_off_by(stop):
                    self._still_admin()

    def _look_at_the_server_again(self) -> None:
        """It may be another one. To go on is better than to end, whatever it is."""
        with suppress(Unreachable, Failed):
            try:
                found = self._look_at_the_server()
            except Refused as refused:
                found = [refused.message]
            for warning in found:
                if warning not in self._warned:
                    self._warned.add(warning)
                    self._warn(warning)

    def _look_at_the_server(self) -> list[str]:
        with self._store.errors():
            return look_at(self._store)

    def _end(self, reader: Reader, recorder: Recorder) -> int:
        deadline = self._clock.monotonic() + END_WITHIN_S
        reader.stop(within_s=END_WITHIN_S / 2)
        return recorder.end(max(0.1, deadline - self._clock.monotonic()))

    def _changed(self, state: str, why: str = "") -> None:
        with self._saying, _whether_heard_or_not():
            self._reporter.changed(state, why, self._figures)

    def _warn(self, text: str) -> None:
        with self._saying, _whether_heard_or_not():
            self._reporter.warn(text)

    def _goes_on(self) -> None:
        with self._saying, _whether_heard_or_not():
            self._reporter.goes_on(self._figures)
