"""One recorder: hears everything, and writes it or stands by until it is its turn (docs/decisions/history.md)."""

from __future__ import annotations

import threading
from typing import Protocol

from shema_cli.clock import Clock
from shema_cli.errors import ShemaError
from shema_cli.events.buffer import Buffer, Item, Lost, Skipped
from shema_cli.events.history.hearing import Hearing
from shema_cli.events.history.log import Answer, HistoryLog, Turn
from shema_cli.events.history.presence import Lookout
from shema_cli.events.history.standby import POLL_S, Standby
from shema_cli.events.history.stream import state_of
from shema_cli.events.history.writer import Figures, Writer
from shema_cli.store.connection import Store
from shema_cli.store.errors import Passing
from shema_cli.store.refusals import refusal

RETRY_S = 0.5
LONGER_S = 0.5
LONGER_TIMES = 6


class Tell(Protocol):
    """Hears of each change of a recorder's role. `why` may be empty."""

    def __call__(self, state: str, why: str = "") -> None: ...


class Recorder:
    """Runs in a thread of its own until it is told to end. The reader fills `buffer`; its clock is steady.

    It is a `Writer` or a `Standby`, upon one `Hearing`. Whatever fails, it stands by again and claims anew.
    """

    def __init__(self, store: Store, log: HistoryLog, buffer: Buffer, clock: Clock, tell: Tell) -> None:
        self.figures = Figures()
        self._store = store
        self._log = log
        self._buffer = buffer
        self._clock = clock
        self._tell = tell
        self._hearing = Hearing(clock.monotonic())
        self._heard = self._hearing.heard
        self._standby = Standby(store, log, self._hearing, clock)
        self._writer: Writer | None = None
        self._state = ("", "")
        self._idle = False
        self._full = False
        self._failed = False
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._given_up = threading.Event()

    @property
    def connections(self) -> int:
        """How many there have been; another one may lead to another server."""
        return self._hearing.connections

    def run(self) -> None:
        """Until `end`, and what was heard by then is written."""
        try:
            while not (self._given_up.is_set() or (self._stop.is_set() and self._all_is_done())):
                self._go_on()
        finally:
            self._ended.set()

    def end(self, within_s: float) -> int:
        """Write what is left, give the lease back, and return how many messages could not be written in that time.

        Longer, up to three seconds, where Redis takes them and they are only too many.
        """
        self._stop.set()
        ended, before = self._ended.wait(within_s), -1
        for _ in range(LONGER_TIMES):
            if not ended and self._heard.written > before:  # on a busy machine: better late than lost
                before, ended = self._heard.written, self._ended.wait(LONGER_S)
        self._given_up.set()
        return 0 if ended else sum(1 for one in self._heard.since(self._heard.written + 1) if isinstance(one, tuple))

    def _all_is_done(self) -> bool:
        """Whether all that was heard is written, or is another's to write."""
        return self._idle and self._writer is None and (self._standby.another_writes or not self._heard.unwritten)

    def _go_on(self) -> None:
        busy = self._writer is not None and (self._log.waiting or self._writer.unsent)
        if (item := self._buffer.take(0.002 if busy else 0.05)) is not None:
            self._take(item)
        self._idle = item is None
        try:
            if self._writer:
                self._write(self._writer)
            else:
                self._stand_by()
        except ShemaError as error:
            self._bear(error)

    def _take(self, item: Item) -> None:
        if self._writer and isinstance(item, (Lost, Skipped)):
            self._writer.give_way()
        if self._hearing.take(item, self._clock.monotonic()):
            self._standby.ask_at_once()
        if isinstance(item, Lost) and not self._writer:
            self._change("deaf", f"the connection to Redis was lost: {item.cause}")
        self.figures.held = self._heard.unwritten

    def _stand_by(self) -> None:
        turn = self._standby.ask()
        self.figures.held = self._heard.unwritten
        if turn is None:
            return
        if turn.mine:
            self._begin_to_write(turn)
        elif turn.word == "held" and not self._hearing.cut:
            self._change("standing by", f"recorder {turn.writer[:6]} writes")

    def _begin_to_write(self, turn: Turn) -> None:
        beginning = self._standby.beginning(turn)
        with self._store.errors():
            lookout = Lookout(self._store, state_of(self._store))
        self._writer = Writer(self._log, self._hearing, lookout, self._clock, self.figures, beginning)

    def _write(self, writer: Writer) -> None:
        writer.send(full=self._full)
        with self._store.errors():
            writer.look_who_is_there()
        for answer in writer.answers():
            self._settle(writer, answer)
        is_over = writer.has_given_way or (self._stop.is_set() and self._idle)
        if self._writer and writer.all_is_written and is_over:
            self._step_down(writer)

    def _settle(self, writer: Writer, answer: Answer) -> None:
        if answer.word != "done":
            if answer.word == "fenced":
                self._change("standing by", "another recorder has taken over")
            self._end_the_turn(0.0)
            return
        writer.confirm(answer)
        self._full = self._failed = False
        self._standby.saw_a_history = True
        if answer.step.words or self._state[0] != "blocked":  # a sign of life takes no memory, and few rights
            self._change("recording")

    def _step_down(self, writer: Writer) -> None:
        writer.give_back()
        self._end_the_turn(POLL_S)
        if self._hearing.cut:
            self._change("deaf", "the connection to Redis was lost")

    def _end_the_turn(self, after_s: float) -> None:
        """Stand by, and ask anew in so many seconds."""
        self._log.let_go()
        self._writer = None
        self._standby.begin_again(after_s)

    def _bear(self, error: ShemaError) -> None:
        """Keep what was heard, and try again for ever. What passes is told when it has not passed at once."""
        self._full = refusal(error.__cause__ or error).word == "OOM"
        passing, again = isinstance(error, Passing), self._failed
        self._failed = True
        if again or not passing:
            self._change("waiting" if passing else "blocked", _words(error))
        self._end_the_turn(RETRY_S if again or not passing else 0.0)
        self._store.let_go()

    def _change(self, state: str, why: str = "") -> None:
        if (state, why) != self._state:
            self._state = (state, why)
            self._tell(state, why)


def _words(error: ShemaError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
