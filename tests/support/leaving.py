"""A Redis in this process that goes away exactly where a test says: after so many commands."""

from __future__ import annotations

from typing import Any

import fakeredis
import redis

from shema_cli.settings.values import Settings


class LeavingServer(fakeredis.FakeServer):
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

    def connect(self, settings: Settings, *, client_name: str = "") -> redis.Redis:
        """What stands in for `store.connection.connect`."""
        return self.client()

    def client(self) -> redis.Redis:
        return _Client(server=self, connection_class=_Connection)


class _Connection(fakeredis.FakeRedisConnection):
    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        server = self._server
        assert isinstance(server, LeavingServer)
        if server.sent == server.leaves_after:
            server.connected = False
        else:
            server.sent += 1
        super().send_packed_command(command, check_health=check_health)


class _Client(fakeredis.FakeRedis):
    def execute_command(self, *args: Any, **options: Any) -> Any:
        if args[:3] == ("CLIENT", "LIST", "TYPE"):
            args = args[:2]  # fakeredis 2.40 reads past the end of a TYPE
        return super().execute_command(*args, **options)
