"""An ASGI app on a loopback port that can be closed and opened again, and that misbehaves as its fault says."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import Iterator

import uvicorn
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shema_cli.errors import Failed
from shema_cli.sandbox.system.faults import LISTS, Fault
from shema_cli.settings.loopback import is_loopback

BACKLOG = 1024
MISDIRECTED = '{"error":"Misdirected request: the Host header names no loopback address with this port"}'
GARBAGE = "<html><body>502 Bad Gateway</body></html>"


class _QuietServer(uvicorn.Server):
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
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._app = OwnHost(app, self.port)
        self._server: _QuietServer | None = None
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
        self._server = _QuietServer(config)
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


class OwnHost:
    """Answers only who calls it by an address of this machine and its own port; 421 for all others.

    A page in a browser can have its own name resolve to 127.0.0.1 (DNS rebinding), and would be let in by it.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        ours = bool(named) and all(is_loopback(host) and host.endswith(f":{self._port}") for host in named)
        answer = self._app if ours else PlainTextResponse(MISDIRECTED, 421, media_type="application/json")
        await answer(scope, receive, send)


class FaultyApp:
    """An ASGI app that misbehaves as its fault says. (`down` is the endpoint's business: it is closed.)"""

    def __init__(self, fault: Fault, app: ASGIApp | None = None) -> None:
        self.app = app
        self._fault = fault
        self._chance = random.Random(0)  # noqa: S311

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp | None = await self._misbehave(scope) if scope["type"] == "http" else None
        answer = answer or self.app
        assert answer is not None, "it is given an app before it is served"
        await answer(scope, receive, send)

    async def _misbehave(self, scope: Scope) -> Response | None:
        fault = self._fault
        if fault.latency_ms:
            await asyncio.sleep(fault.latency_ms / 1000)
        while fault.hang:  # noqa: ASYNC110 - a fault is a plain value, set from elsewhere
            await asyncio.sleep(0.05)
        if fault.garbage:
            return PlainTextResponse(GARBAGE, media_type="text/html")
        if fault.no_lists and scope["path"] in LISTS.values():
            return PlainTextResponse('{"error":"Not Found"}', 404, media_type="application/json")
        if fault.error_rate and self._chance.random() < fault.error_rate:
            return PlainTextResponse('{"error":"Internal Server Error"}', 500, media_type="application/json")
        return None


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
