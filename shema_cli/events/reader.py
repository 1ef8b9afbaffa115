"""The thread that reads the socket: it never waits for stdout, sees a silent death, and reconnects for ever."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Protocol

from shema_cli.clock import Clock
from shema_cli.events.buffer import Alive, Batch, Buffer, Gap, Lost, Marked
from shema_cli.frozen import dataclass

if TYPE_CHECKING:
    from shema_cli.store.marks import Mark, Position
    from shema_cli.store.subscriber import Place, Subscription
    from shema_cli.store.verdicts import Reply


@dataclass(frozen=True)
class TailPace:
    """Seconds: silence before a PING, the time that its answer may take, the pauses between attempts to connect, how
    often it is asked whether this is still the right server, and how often whether this is still an admin.

    `told_alive`: how often Redis is asked in any case, and `Alive` told when it has answered.
    """

    ping_after: float = 2.0
    answer_within: float = 3.0
    first_pause: float = 0.1
    longest_pause: float = 2.0
    look_around: float = 5.0
    check_admin: float = 30.0
    told_alive: float = float("inf")

    @property
    def poll(self) -> float:
        return min(0.25, self.ping_after / 4)


class Opener(Protocol):
    """As much of a `Subscriber` as is used here (`store/subscriber.py`)."""

    @property
    def may_be_misplaced(self) -> bool: ...

    def try_again(self) -> Subscription | None: ...

    def misplaced(self, place: Place) -> str | None: ...


class Track(Protocol):
    """Keeps where we are in the order of all that is published (`events/history/track.py`)."""

    def heard(self, messages: list[Reply]) -> None: ...

    def passed(self, name: str) -> Mark | None:
        """A mark was heard; None if it is none of ours."""

    def lose(self) -> Position | None:
        """Where we were when the connection was lost."""


class Reader(threading.Thread):
    """Fills a buffer from a subscription until it is stopped."""

    def __init__(
        self,
        opener: Opener,
        first: Subscription,
        buffer: Buffer,
        clock: Clock,
        pace: TailPace | None = None,
        track: Track | None = None,
    ) -> None:
        super().__init__(name="shema-tail-reader", daemon=True)
        self._opener = opener
        self._subscription: Subscription | None = first
        self._buffer = buffer
        self._clock = clock
        self._pace = pace or TailPace()
        self._track = track
        self._stopped = threading.Event()
        self._misplaced: str | None = None
        self._heard = clock.monotonic()
        self._heard_at = clock.now()
        self._well_placed = self._heard_at

    def stop(self, within_s: float = 10.0) -> None:
        """End the thread; what it has received stays in the buffer."""
        self._stopped.set()
        self.join(timeout=within_s)

    def run(self) -> None:
        if self._opener.may_be_misplaced:
            threading.Thread(target=self._look_around, name="shema-tail-watch", daemon=True).start()
        while self._subscription and not self._stopped.is_set():
            cause = self._follow(self._subscription)
            self._subscription.close()
            self._buffer.reader_is_behind(False)
            if cause is None:
                return
            lost = self._track.lose() if self._track else None
            if lost is None:  # else the history knows whether it was heard
                self._show(self._subscription.kept_back())
            began, began_at = self._heard, self._heard_at
            self._buffer.put_notice(Lost(cause))
            self._subscription = self._reconnect()
            self._well_placed = self._clock.now()
            ended, ended_at = self._clock.monotonic(), self._clock.now()
            mark = self._subscription.mark if self._subscription else None
            self._buffer.put_notice(Gap(began_at, ended_at, ended - began, cause, lost, mark))

    def _follow(self, subscription: Subscription) -> str | None:
        """Read until the connection is lost (the cause is returned) or the thread is stopped (None)."""
        self._alive(subscription, subscription.early, 0)
        pinged: float | None = None
        asked = float("-inf")
        subscription.wait_at_most(self._pace.poll)
        while not self._stopped.is_set():
            try:
                chunk = subscription.receive()
                if chunk is None and pinged is not None and self._overdue(pinged):
                    chunk = subscription.receive_now()  # a process that was stopped is behind, not deaf
                    if chunk is None:
                        return f"no answer for {self._clock.monotonic() - self._heard:.1f} s"
                if chunk is not None:
                    pinged = None
                    self._buffer.reader_is_behind(subscription.may_have_more(chunk))
                    self._alive(subscription, subscription.messages(chunk), len(chunk))
                    self._tell_alive(subscription)
                if subscription.keeps_back:
                    self._show(subscription.overdue())
                elif self._is_to_be_asked(pinged, asked):
                    asked = self._clock.monotonic()
                    pinged = asked if pinged is None else pinged
                    subscription.ping()
            except OSError as error:
                cause, self._misplaced = self._misplaced or _cause(error), None
                return cause
        return None

    def _is_to_be_asked(self, pinged: float | None, asked: float) -> bool:
        now = self._clock.monotonic()
        return now - asked >= self._pace.told_alive or (pinged is None and now - self._heard >= self._pace.ping_after)

    def _tell_alive(self, subscription: Subscription) -> None:
        """What was asked and answered behind it has come. On a server that was replaced that says nothing."""
        if (until := subscription.answered()) and self._pace.told_alive < float("inf"):
            well_placed = self._well_placed if self._opener.may_be_misplaced else until
            self._buffer.put_notice(Alive(min(until, well_placed)))

    def _look_around(self) -> None:
        """Leave a server that still answers but that nobody publishes to any more."""
        while not self._stopped.wait(self._pace.look_around):
            subscription, began = self._subscription, self._clock.now()
            if subscription is None:
                continue
            cause = self._opener.misplaced(subscription.place)
            if subscription is self._subscription and cause is None:
                self._well_placed = began
            elif subscription is self._subscription:
                self._misplaced = cause
                subscription.break_off()

    def _overdue(self, pinged: float) -> bool:
        return self._clock.monotonic() - pinged >= self._pace.answer_within

    def _show(self, messages: list[Reply], size: int = 0) -> None:
        if messages:
            if self._track:
                self._track.heard(messages)
            self._buffer.put(Batch(messages, self._heard_at, size))

    def _alive(self, subscription: Subscription, messages: list[Reply], size: int) -> None:
        self._heard, self._heard_at = self._clock.monotonic(), self._clock.now()
        first = 0
        for behind, name in subscription.marks() if self._track else ():
            self._show(messages[first:behind])
            first = behind
            if self._track and (mark := self._track.passed(name)):
                self._buffer.put_notice(Marked(mark))
        self._show(messages[first:] if first else messages, size)

    def _reconnect(self) -> Subscription | None:
        pause = self._pace.first_pause
        while not self._stopped.wait(pause * random.uniform(0.5, 1)):  # noqa: S311
            if subscription := self._opener.try_again():
                return subscription
            pause = min(pause * 2, self._pace.longest_pause)
        return None


def _cause(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
