"""A long line to a server: whatever is sent arrives later, and as much as fits is under way at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Self

CHUNK = 65536


class SlowLine:
    """Forwards 127.0.0.1:`port` to `target`; there and back takes `round_trip_s` longer, however much it is."""

    def __init__(self, target: int, round_trip_s: float) -> None:
        self._target = target
        self._one_way_s = round_trip_s / 2
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self.port = int(started.result(5).sockets[0].getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                self._loop.call_later(self._one_way_s, writer.write, chunk)
        self._loop.call_later(self._one_way_s, writer.close)
