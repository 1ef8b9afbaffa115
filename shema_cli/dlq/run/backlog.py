"""Services that read more slowly than a replay publishes: Redis closes their connections, and what waits is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from redis.exceptions import RedisError

from shema_cli.clock import Clock
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.store import keys

EVERY_BYTES = 1_000_000
MOST_BYTES = 4_000_000  # Redis closes a subscriber at 32 MB, or after a minute above 8 MB, unless told otherwise
PATIENCE_S = 10.0
PAUSE_S = 0.02


class Backlog:
    """Waits, after each megabyte, until no service has more than four of them still to read."""

    def __init__(self, store: DeadLetters, clock: Clock, stopped: Callable[[], bool]) -> None:
        self._store = store
        self._clock = clock
        self._stopped = stopped
        self._sent = 0

    def sent(self, size: int) -> None:
        self._sent += size

    def wait(self) -> None:
        """One that reads nothing for ten seconds is waited for no longer."""
        if self._sent < EVERY_BYTES:
            return
        self._sent = 0
        deadline = self._clock.monotonic() + PATIENCE_S
        while not self._stopped() and self._clock.monotonic() < deadline and self.largest() > MOST_BYTES:
            self._clock.sleep(PAUSE_S)

    def largest(self) -> int:
        """Bytes that the slowest service has still to read; 0 when Redis does not tell."""
        try:
            return max(self._backlogs(), default=0)
        except RedisError:
            return 0

    def _backlogs(self) -> Iterator[int]:
        for node in self._nodes():
            listing: bytes = node.execute_command("CLIENT", "LIST", "TYPE", "PUBSUB")
            for line in listing.splitlines():
                client = dict(word.partition(b"=")[::2] for word in line.split())
                if client.get(b"name") != keys.TAIL_NAME.encode():
                    yield int(client.get(b"omem", 0))

    def _nodes(self) -> list[Any]:
        client = self._store.client
        if self._store.single_node:
            return [client]
        return [node.redis_connection or client.get_redis_connection(node) for node in client.get_nodes()]
