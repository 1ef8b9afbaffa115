"""Redis in this process (fakeredis): for what only reads, and for a server that goes away exactly here.

It runs the scripts and knows no listeners but its own; it has neither INFO nor CONFIG. What the
guards promise is tested on a real server.
"""

from __future__ import annotations

from typing import Any

import fakeredis
from redis.client import Pipeline

from shema_cli.store.connection import Store
from tests.support.store import settings_for

URL = "redis://127.0.0.1:1/0"


class InProcessServer(fakeredis.FakeServer):
    """Counts the commands that it is sent, and is gone when `leaves_after` of them were answered (None: stays)."""

    def __init__(self) -> None:
        super().__init__(version=(7,))
        self.sent = 0
        self.leaves_after: int | None = None

    def comes_back(self, *, leaves_after: int | None = None) -> None:
        """Count from the start again; what is stored stays."""
        self.connected = True
        self.sent = 0
        self.leaves_after = leaves_after

    def client(self, *_: object, **__: object) -> InProcessClient:
        """A new one; what stands in for `store.connection.connect`."""
        client = InProcessClient(server=self, connection_class=_Connection, protocol=2)
        client.server = self
        return client


class InProcessClient(fakeredis.FakeRedis):
    server: InProcessServer

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        return InProcessPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    def execute_command(self, *words: Any, **options: Any) -> Any:
        return super().execute_command(*_understood(words), **options)


class InProcessPipeline(Pipeline):
    def execute_command(self, *words: Any, **options: Any) -> Any:
        return super().execute_command(*_understood(words), **options)


def _understood(words: tuple[Any, ...]) -> tuple[Any, ...]:
    """fakeredis 2.40 reads past the end of a TYPE."""
    return words[:2] if words[:3] == ("CLIENT", "LIST", "TYPE") else words


class _Connection(fakeredis.FakeRedisConnection):
    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        server = self._server
        assert isinstance(server, InProcessServer)
        if server.sent == server.leaves_after:
            server.connected = False
        else:
            server.sent += 1
        super().send_packed_command(command, check_health=check_health)


def in_process() -> InProcessClient:
    """A client of a server of its own, which is empty."""
    return InProcessServer().client()


def store_in_process(client: InProcessClient) -> Store:
    store = Store(settings_for(URL))
    store._client = client
    return store
