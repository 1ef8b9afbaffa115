"""Somebody who publishes without a pause, and knows what."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis

PAUSE_S = 0.002


@dataclass
class Publisher:
    """Publishes numbers, or always the same bytes; `sent`: how many the server has taken, `between_ms`: when."""

    port: int
    same: bytes | None = None
    sent: int = 0
    between_ms: list[tuple[float, float]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with redis.Redis(port=self.port) as client:
            while not self.stop.wait(PAUSE_S):
                began = time.time() * 1000
                try:
                    client.publish("a.b", self.same or b"%d" % self.sent)
                except redis.RedisError:
                    continue
                self.between_ms.append((began, time.time() * 1000))
                self.sent += 1


@contextmanager
def publishing(port: int, same: bytes | None = None) -> Iterator[Publisher]:
    publisher = Publisher(port, same)
    thread = threading.Thread(target=publisher.run, daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        publisher.stop.set()
        thread.join(10)
