"""The thread that reads the socket: it never waits for stdout, sees a silent death, and reconnects for ever."""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Any, Protocol

import hiredis
from redis.exceptions import RedisError

from shema_cli.clock import Clock
from shema_cli.events.buffer import Batch, Buffer, Gap, Lost
from shema_cli.events.subscription import CHUNK_BYTES, Place, Subscription, parse

PING = hiredis.pack_command(("PING",))
_NOTHING_YET = (TimeoutError, BlockingIOError, ssl.SSLWantReadError)


@dataclass(frozen=True)
class Pace:
    """Seconds: silence before a PING, the time that its answer may take, the pauses between attempts to connect, how
    often it is asked whether this is still the right server, and how often whether this is still an admin."""

    ping_after: float = 2.0
    answer_within: float = 3.0
    first_pause: float = 0.1
    longest_pause: float = 2.0
    look_around: float = 5.0
    check_admin: float = 30.0

    @property
    def poll(self) -> float:
        return min(0.25, self.ping_after / 4)


class Opener(Protocol):
    @property
    def may_be_misplaced(self) -> bool: ...

    def open(self) -> Subscription: ...

    def misplaced(self, place: Place) -> str | None: ...


class Reader(threading.Thread):
    """Fills a buffer from a subscription until it is stopped."""

    def __init__(self, opener: Opener, first: Subscription, buffer: Buffer, clock: Clock, pace: Pace | None = None):
        super().__init__(name="shema-tail-reader", daemon=True)
        self._opener = opener
        self._subscription: Subscription | None = first
        self._buffer = buffer
        self._clock = clock
        self._pace = pace or Pace()
        self._stopped = threading.Event()
        self._misplaced: str | None = None
        self._heard = clock.monotonic()
        self._heard_at = clock.now()

    def stop(self) -> None:
        """End the thread; what it has received stays in the buffer."""
        self._stopped.set()
        self.join(timeout=10)

    def run(self) -> None:
        if self._opener.may_be_misplaced:
            threading.Thread(target=self._look_around, name="shema-tail-watch", daemon=True).start()
        while self._subscription and not self._stopped.is_set():
            cause = self._follow(self._subscription)
            self._subscription.close()
            self._buffer.reader_is_behind(False)
            if cause is None:
                return
            began, began_at = self._heard, self._heard_at
            self._buffer.put_notice(Lost(cause))
            self._subscription = self._reconnect()
            ended, ended_at = self._clock.monotonic(), self._clock.now()
            self._buffer.put_notice(Gap(began_at, ended_at, ended - began, cause))

    def _follow(self, subscription: Subscription) -> str | None:
        """Read until the connection is lost (the cause is returned) or the thread is stopped (None)."""
        self._alive(subscription.early, 0)
        pinged: float | None = None
        connection = subscription.socket
        connection.settimeout(self._pace.poll)
        while not self._stopped.is_set():
            try:
                chunk = _receive(connection)
                if chunk is None and pinged is not None and self._overdue(pinged):
                    chunk = _receive_now(connection, self._pace.poll)  # a process that was stopped is behind, not deaf
                    if chunk is None:
                        return f"no answer for {self._clock.monotonic() - self._heard:.1f} s"
                if chunk is not None:
                    pinged = None
                    self._buffer.reader_is_behind(len(chunk) >= subscription.full_read)
                    self._alive(parse(subscription.parser, chunk), len(chunk))
                elif pinged is None and self._clock.monotonic() - self._heard >= self._pace.ping_after:
                    pinged = self._clock.monotonic()
                    connection.sendall(PING)
            except (OSError, hiredis.HiredisError) as error:
                cause, self._misplaced = self._misplaced or _cause(error), None
                return cause
        return None

    def _look_around(self) -> None:
        """Leave a server that still answers but that nobody publishes to any more."""
        while not self._stopped.wait(self._pace.look_around):
            subscription = self._subscription
            if subscription is None or (cause := self._opener.misplaced(subscription.place)) is None:
                continue
            if subscription is self._subscription:
                self._misplaced = cause
                with contextlib.suppress(OSError, AttributeError):  # it may just have been closed
                    subscription.socket.shutdown(socket.SHUT_RDWR)

    def _overdue(self, pinged: float) -> bool:
        return self._clock.monotonic() - pinged >= self._pace.answer_within

    def _alive(self, replies: list[Any], size: int) -> None:
        self._heard, self._heard_at = self._clock.monotonic(), self._clock.now()
        messages = [reply for reply in replies if type(reply) is list and reply[0] == b"pmessage"]
        if messages:
            self._buffer.put(Batch(messages, self._heard_at, size))

    def _reconnect(self) -> Subscription | None:
        pause = self._pace.first_pause
        while not self._stopped.wait(pause * random.uniform(0.5, 1)):  # noqa: S311
            try:
                return self._opener.open()
            except (RedisError, OSError):
                pause = min(pause * 2, self._pace.longest_pause)
        return None


def _receive(connection: socket.socket) -> bytes | None:
    """What has come; None when nothing did in time. Raises OSError when the connection is over."""
    try:
        chunk = connection.recv(CHUNK_BYTES)
    except _NOTHING_YET:
        return None
    if not chunk:
        raise ConnectionError("Redis closed the connection")
    return chunk


def _receive_now(connection: socket.socket, timeout: float) -> bytes | None:
    connection.settimeout(0)
    try:
        return _receive(connection)
    finally:
        connection.settimeout(timeout)


def _cause(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
