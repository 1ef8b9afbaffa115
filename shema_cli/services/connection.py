"""HTTP/1.1 over one connection, and the connections that are kept between calls.

h11 does the protocol. A full HTTP library takes longer to load than most commands take to run, and follows redirects,
proxies and cookies that a service token must not follow (see bench/services).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping

import h11

from shema_cli.services.connecting import Origin, Streams, connect, system_trust

READ_SIZE = 64 * 1024
LONGEST_HEAD = 100 * 1024
IDLE_S = 4.0  # many servers close an idle connection after 5
_MOST_IDLE = 100


class ConnectionEnded(Exception):
    """The other side closed the connection in place of an answer."""


class Connection:
    """One exchange after the other over one connection."""

    def __init__(self, streams: Streams) -> None:
        self._reader, self._writer = streams
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self.idle_since = 0.0

    async def send(self, method: str, target: bytes, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send a request. Raises h11.LocalProtocolError for one that HTTP does not allow."""
        parts = [self._protocol.send(h11.Request(method=method, target=target, headers=headers))]
        parts.append(self._protocol.send(h11.Data(body)) if body else b"")
        parts.append(self._protocol.send(h11.EndOfMessage()))
        self._writer.write(b"".join(part for part in parts if part))
        with contextlib.suppress(ConnectionError):  # it may have answered before it had heard all
            await self._writer.drain()

    async def head(self) -> tuple[int, Mapping[str, str]]:
        """Status and headers (names in lower case; a repeated one is joined) of the answer."""
        while True:
            event = await self._next()
            if isinstance(event, h11.Response):
                headers: dict[str, str] = {}
                for name, value in event.headers:
                    key, text = name.decode("latin-1"), value.decode("latin-1")
                    headers[key] = f"{headers[key]}, {text}" if key in headers else text
                return event.status_code, headers
            if not isinstance(event, h11.InformationalResponse):
                raise ConnectionEnded

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, as it was packed."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    def ready_again(self) -> bool:
        """Make it ready for the next exchange; False when it cannot be used for one."""
        if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
            return False
        self._protocol.start_next_cycle()
        return self.alive

    @property
    def alive(self) -> bool:
        return not self._writer.is_closing() and not self._reader.at_eof()

    def close(self) -> None:
        self._writer.transport.abort()

    async def _next(self) -> h11.Event:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._reader.read(READ_SIZE))
        if isinstance(event, h11.ConnectionClosed) or not isinstance(event, h11.Event):
            raise ConnectionEnded
        return event


class Pool:
    """Connections by origin. One that failed or was broken off is closed, any other kept for a few seconds."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[Connection]] = {}
        self._trust: ssl.SSLContext | None = None

    @contextlib.asynccontextmanager
    async def connection(self, origin: Origin) -> AsyncIterator[Connection]:
        connection = self._take(origin) or Connection(await connect(origin, self._trust_for(origin)))
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(origin, connection)

    async def close(self) -> None:
        for kept in self._idle.values():
            for connection in kept:
                connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # the transports say goodbye in the loop's next turn
        await asyncio.sleep(0)

    def _take(self, origin: Origin) -> Connection | None:
        kept = self._idle.get(origin, [])
        while kept:
            connection = kept.pop()
            if connection.alive and _now() - connection.idle_since < IDLE_S:
                return connection
            connection.close()
        return None

    def _give_back(self, origin: Origin, connection: Connection) -> None:
        kept = self._idle.setdefault(origin, [])
        if len(kept) < _MOST_IDLE and connection.ready_again():
            connection.idle_since = _now()
            kept.append(connection)
        else:
            connection.close()

    def _trust_for(self, origin: Origin) -> ssl.SSLContext | None:
        if not origin.tls:
            return None
        self._trust = self._trust or system_trust()
        return self._trust


def _now() -> float:
    return asyncio.get_running_loop().time()
