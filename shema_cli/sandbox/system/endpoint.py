"""An ASGI app on a loopback port that can be closed and opened again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from shema_cli.errors import Failed

BACKLOG = 1024


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process that it is a part of, and does not wake up to look around."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """At once: answers in the making are not waited for."""
        for server in self.servers:
            server.close()
        for bound in sockets or ():
            bound.close()
        for connection in list(self.server_state.connections):
            if transport := getattr(connection, "transport", None):
                transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()


class Endpoint:
    """Holds its port from the moment it is made: while closed, connections are refused and nobody else can take it."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._app = app
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Listen. Comes back when connections are accepted."""
        if self._server is not None:
            return
        config = uvicorn.Config(
            self._app,
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="critical",
            ws="none",
            http="h11",
            date_header=False,
            server_header=False,
            backlog=BACKLOG,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop listening and cut the connections, answers in the making included."""
        if self._server is None or self._task is None:
            return
        self._server.leave.set()
        await self._task
        self._server = self._task = None
        self._socket = _bound(self.port)

    def release(self) -> None:
        """Give the port up."""
        self._socket.close()


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        bound.close()
        raise Failed(
            "port_taken", f"port {port} is not free: {error.strerror}", "choose another --base-port, or none"
        ) from None
    return bound
