"""Subscribers for tests: services, and connections that announce themselves as a tail does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis

from shema_cli.store import keys


@dataclass
class Audience:
    """Opens subscribers on one server; each is confirmed before the call returns."""

    port: int
    stack: ExitStack = field(default_factory=ExitStack)

    def service(self, *, channels: tuple[bytes, ...] = (), patterns: tuple[bytes, ...] = ()) -> Any:
        return self._subscribe("some-service", channels, patterns)

    def tail(self, *patterns: bytes) -> Any:
        return self._subscribe(keys.TAIL_NAME, tuple(keys.PRESENCE_PREFIX.encode() + p for p in patterns), patterns)

    def _subscribe(self, name: str, channels: tuple[bytes, ...], patterns: tuple[bytes, ...]) -> Any:
        client = self.stack.enter_context(redis.Redis(port=self.port, client_name=name, protocol=2))
        pubsub = client.pubsub()
        self.stack.callback(pubsub.close)
        if channels:
            pubsub.subscribe(*channels)
        if patterns:
            pubsub.psubscribe(*patterns)
        for _ in (*channels, *patterns):
            assert pubsub.get_message(timeout=5)
        return pubsub


@contextmanager
def audience(port: int) -> Iterator[Audience]:
    gathered = Audience(port)
    with gathered.stack:
        yield gathered
