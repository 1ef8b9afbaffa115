"""Attempts at instances: send, and read the whole answer within a time and a size (contract 1.2).

Redirects are never followed and proxies of the environment are not used: a service token goes to the instance that
it is meant for, or nowhere.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from shema_cli.calls.attempt import AttemptFailed, Outgoing, Received, Unacceptable

if TYPE_CHECKING:
    from shema_cli.calls.http_library import httpx


class Transport:
    """Pooled connections, a pool for each instance. Use it as an async context manager.

    (httpx goes through all connections of a pool for each request: one pool for 300 instances takes seconds. It is
    loaded with the first attempt: many a command that could make one makes none.)
    """

    def __init__(self) -> None:
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._trusted: ssl.SSLContext | None = None
        # Trusts nobody: reading the certificates of the world takes longer than a call.
        self._untrusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def ready(self, base: str) -> None:
        """Load what the first attempt at `base` would load, so that it does not count as the instance's time."""
        import anyio.lowlevel

        self._client(base)
        await anyio.lowlevel.checkpoint()

    async def send(self, base: str, request: Outgoing, limit_s: float) -> Received:
        """Make the attempt. `limit_s` bounds everything, to the last byte of the body.

        Raises AttemptFailed, or Unacceptable. A 5xx is an AttemptFailed that has the answer.
        """
        from shema_cli.calls.exchange import exchange

        client = self._client(base)
        try:
            async with asyncio.timeout(limit_s):
                received = await exchange(client, base, request)
        except TimeoutError:
            raise AttemptFailed("timeout", f"no whole answer within {limit_s:g} s") from None
        except Unacceptable as problem:
            if problem.status < 500:
                raise
            received = Received(problem.status, {}, b"")
        if received.status >= 500:
            raise AttemptFailed("server_error", f"answered {received.status}", received)
        if received.status in (301, 302, 303, 305, 307, 308) or (
            300 <= received.status < 400 and "location" in received.headers
        ):
            raise _redirect(request.url(base), received)
        return received

    def _client(self, base: str) -> httpx.AsyncClient:
        client = self._clients.get(base)
        if client is None:
            from shema_cli.calls.exchange import new_client

            client = self._clients[base] = new_client(self._context(base))
        return client

    def _context(self, base: str) -> ssl.SSLContext:
        if not base.startswith("https:"):
            return self._untrusting
        self._trusted = self._trusted or _trust()
        return self._trusted


def _trust() -> ssl.SSLContext:
    """The system's certificates (or those of SSL_CERT_FILE, SSL_CERT_DIR), and certifi's."""
    context = ssl.create_default_context()
    if not any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _redirect(url: str, received: Received) -> Unacceptable:
    location = received.headers.get("location", "")
    target = urljoin(url, location) if location else ""
    same = urlsplit(target)[:2] == urlsplit(url)[:2]
    where = f"to {target[:200]}" if target else "without saying where to"
    host = "" if same or not target else f" on another host, {urlsplit(target).netloc}"
    return Unacceptable(
        "redirected",
        f"answered {received.status}, a redirect {where}{host}; it was not followed, because the service token "
        "must not leave for where it was not meant to go",
        received.status,
    )
