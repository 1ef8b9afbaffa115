"""The registry read without the Redis library, which takes longer to load than most calls take to make.

Only for one plain server, and only for reading. Whatever is out of the ordinary (Sentinel, a cluster, TLS, an error, a
server that is away) gives None, and the library, which knows all that, is asked instead.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

from shema_cli.errors import ShemaError
from shema_cli.events.address import Address, Topology, redis_address
from shema_cli.services.registry import PREFIX, Registered, registered_from
from shema_cli.settings import Settings

LIMIT_S = 1.0
READ_SIZE = 64 * 1024


class QuickRegistry:
    """Asks once for the registrations of some services."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def read(self, services: Iterable[str]) -> dict[str, Registered] | None:
        """The registrations of these services, or None when it takes more than this to get them."""
        try:
            address = redis_address(self._settings)
            if address.topology is not Topology.SINGLE or address.tls:
                return None
            wanted = sorted(set(services))
            async with asyncio.timeout(LIMIT_S):
                replies = await _ask(address, [("HGETALL", f"{PREFIX}{service}") for service in wanted])
            return {service: _registered(service, reply) for service, reply in zip(wanted, replies, strict=True)}
        except (OSError, ShemaError, ImportError, ValueError, _Unusual):
            return None


class _Unusual(Exception):
    """An answer that the library should see."""


async def _ask(address: Address, commands: list[tuple[str, ...]]) -> list[object]:
    """The replies to `commands`, after signing in and choosing the database."""
    host, port = address.hosts[0]
    prologue: list[tuple[str, ...]] = []
    if address.password is not None:
        prologue.append(("AUTH", *([address.username] if address.username else []), address.password))
    if address.database:
        prologue.append(("SELECT", str(address.database)))
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"".join(_packed(command) for command in [*prologue, *commands]))
        replies = await _replies(reader, len(prologue) + len(commands))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if any(isinstance(reply, Exception) for reply in replies[: len(prologue)]):
        raise _Unusual
    return replies[len(prologue) :]


async def _replies(reader: asyncio.StreamReader, count: int) -> list[object]:
    import hiredis

    parser = hiredis.Reader()
    replies: list[object] = []
    try:
        while len(replies) < count:
            chunk = await reader.read(READ_SIZE)
            if not chunk:
                raise _Unusual
            parser.feed(chunk)
            while (reply := parser.gets()) is not False:
                replies.append(reply)
    except hiredis.HiredisError:
        raise _Unusual from None
    return replies


def _registered(service: str, reply: object) -> Registered:
    if isinstance(reply, list):
        return registered_from(service, dict(zip(reply[::2], reply[1::2], strict=True)))
    if isinstance(reply, Exception) and "WRONGTYPE" in str(reply):
        return registered_from(service, reply)
    raise _Unusual


def _packed(command: tuple[str, ...]) -> bytes:
    parts = [part.encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
