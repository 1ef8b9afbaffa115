"""Opening a connection: the name looked up, its addresses tried in a race (RFC 8305), TLS on top."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from shema_cli.services.aside import aside

HEAD_START_S = 0.25  # how long an address is given before the next is tried beside it

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Origin:
    """Where connections go: what is pooled under one key."""

    tls: bool
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Raises UnicodeError for a host that no name server would take."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        host = parts.hostname or ""
        return cls(tls, host if host.isascii() else host.encode("idna").decode(), parts.port or (443 if tls else 80))


async def connect(origin: Origin, trust: ssl.SSLContext | None) -> Streams:
    """A connection to the first address that takes it. Raises OSError (gaierror, SSLError, …): the last one's."""
    addresses = await _look_up(origin)
    pending: set[asyncio.Task[Streams]] = set()
    failure: BaseException = OSError("no address")
    try:
        for address in [*addresses, None]:
            if address is not None:
                pending.add(asyncio.ensure_future(_open(address, origin, trust)))
            while pending:
                wait_s = None if address is None else HEAD_START_S
                done, pending = await asyncio.wait(pending, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if (error := task.exception()) is None:
                        return task.result()
                    failure = error
                if not done or not pending:
                    break
        raise failure
    finally:
        for task in pending:
            task.cancel()


async def _open(address: str, origin: Origin, trust: ssl.SSLContext | None) -> Streams:
    name = origin.host if origin.tls else None
    return await asyncio.open_connection(address, origin.port, ssl=trust if origin.tls else None, server_hostname=name)


async def _look_up(origin: Origin) -> Sequence[str]:
    """The addresses of the host, the families by turns.

    The look-up cannot be broken off, so it has a thread that nobody waits for.
    """
    try:
        socket.getaddrinfo(origin.host, origin.port, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    else:
        return [origin.host]
    found = await aside(lambda: socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM))
    families: dict[int, list[str]] = {}
    for family, _, _, _, address in found:
        families.setdefault(family, []).append(str(address[0]))
    longest = max(map(len, families.values()))
    return [group[turn] for turn in range(longest) for group in families.values() if turn < len(group)]


def system_trust() -> ssl.SSLContext:
    """The system's certificates (or those of SSL_CERT_FILE, SSL_CERT_DIR), and certifi's."""
    context = ssl.create_default_context()
    if not any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")):
        import certifi

        context.load_verify_locations(certifi.where())
    return context
