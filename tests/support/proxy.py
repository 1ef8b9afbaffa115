"""A TCP proxy on loopback that does to a connection what a bad network does.

with FaultProxy(server.port) as proxy:
    proxy.fault = Fault.BLACK_HOLE        # for connections made from now on
    proxy.latency = 0.05                  # seconds added to every answer
    proxy.kill()                          # reset all connections that are open
    ... proxy.url, proxy.port
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from enum import Enum
from typing import Any, Self

CHUNK = 65536


class Fault(Enum):
    NONE = "none"
    BLACK_HOLE = "accepts, and never answers"
    RESET = "resets as soon as something was sent"
    HALF_BODY = "closes half way through the answer"
    GARBAGE = "answers with bytes of no protocol"
    DRIP = "gives the answer one byte at a time"
    REFUSE = "closes at once"


class FaultProxy:
    """Forwards 127.0.0.1:`port` to 127.0.0.1:`target`, with the fault of the moment."""

    def __init__(self, target: int, *, port: int = 0) -> None:
        self.target = target
        self.port = port
        self.fault = Fault.NONE
        self.latency = 0.0
        self.drip_pause = 0.05
        self.cut_after = 0  # bytes of the answer that HALF_BODY lets through; 0: half of the first chunk
        self.connections = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Reset every open connection; new ones are accepted."""
        self._do(self._kill())

    def stop(self) -> None:
        """Refuse new connections and reset the open ones, as a machine that is gone; `start` brings it back."""
        self._do(self._stop())

    def start(self) -> None:
        self._do(self._start())

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._do(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        await self._kill()

    async def _kill(self) -> None:
        for writer in list(self._open):
            _reset(writer)

    async def _cancel_all(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            await self._answer(reader, writer)
        except OSError:
            _reset(writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self.fault
        if fault is Fault.REFUSE:
            return
        if fault is Fault.BLACK_HOLE:
            while await reader.read(CHUNK):
                pass
        elif fault in (Fault.RESET, Fault.GARBAGE):
            await reader.read(CHUNK)
            if fault is Fault.RESET:
                _reset(writer)
                return
            writer.write(b"\x00\xffthis is no protocol\r\n\r\n" * 3)
            await writer.drain()
        else:
            await self._forward(reader, writer, fault)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._open.add(upstream_writer)
        pumps = [
            asyncio.ensure_future(_pump(reader, upstream_writer)),
            asyncio.ensure_future(self._give(upstream_reader, writer, fault)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._open.discard(upstream_writer)
            upstream_writer.close()

    async def _give(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
        """The way from the server back to the client, where the faults are."""
        given = 0
        while chunk := await reader.read(CHUNK):
            if self.latency:
                await asyncio.sleep(self.latency)
            if fault is Fault.DRIP:
                for byte in chunk:
                    writer.write(bytes([byte]))
                    await asyncio.sleep(self.drip_pause)
                continue
            limit = self.cut_after or len(chunk) // 2
            if fault is Fault.HALF_BODY and given + len(chunk) > limit:
                writer.write(chunk[: limit - given])
                await writer.drain()
                return
            given += len(chunk)
            writer.write(chunk)
            await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with an RST, as a machine that lost power does."""
    with contextlib.suppress(OSError):
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
