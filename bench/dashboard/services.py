"""Five services that each answer after a delay, in one process of their own. Prints their ports."""

from __future__ import annotations

import asyncio
import sys

FIELDS = ("student_count", "pending_count", "active_count", "count", "upcoming_count")


async def main(delay_s: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _request(reader):
            await asyncio.sleep(delay_s)
            body = b"{%s}" % b",".join(b'"%s":7' % field.encode() for field in FIELDS)
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
            writer.write(head + body)
            await writer.drain()
        writer.close()

    servers = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in FIELDS]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _request(reader: asyncio.StreamReader) -> bool:
    try:
        await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    return True


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
