"""One attempt at one instance: send, and read the whole answer within a time and a size (contract 1.2).

Redirects are never followed and proxies of the environment are not used: a service token goes to the instance that
it is meant for, or nowhere.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote, urlencode, urljoin, urlsplit

import h11

from shema_cli.services.connecting import Origin
from shema_cli.services.connection import Connection, ConnectionEnded, Pool
from shema_cli.services.request_id import traceparent
from shema_cli.services.unpack import Damaged, Unpacker

LONGEST_BODY = 10 * 1024 * 1024  # bytes, unpacked
_REDIRECTS = frozenset({301, 302, 303, 305, 307, 308})


@dataclass(frozen=True)
class Outgoing:
    """A request, but for the instance that it goes to. `path` may bear a query; `params` are added to it."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    body: bytes | None = None

    def with_new_span(self) -> Self:
        """The same request as another attempt of its call: the trace stays, the span is new."""
        headers = dict(self.headers)
        if parent := headers.get("traceparent"):
            headers["traceparent"] = traceparent(parent.split("-")[1])
        return replace(self, headers=headers)

    def url(self, base: str) -> str:
        if not self.params:
            return base + self.path
        joint = "&" if "?" in self.path else "?"
        return f"{base}{self.path}{joint}{urlencode(self.params, quote_via=quote)}"

    def target(self, base: str) -> bytes:
        """Path and query as they stand in the request's first line."""
        parts = urlsplit(self.url(base))
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return quote(target, safe=string.printable.strip()).encode()

    def header_lines(self, base: str) -> list[tuple[str, str]]:
        host = urlsplit(base).netloc
        lines = [("Host", host if host.isascii() else host.encode("idna").decode()), *self.headers.items()]
        if self.body or self.method not in ("GET", "HEAD"):
            lines.append(("Content-Length", str(len(self.body or b""))))
        return lines


@dataclass(frozen=True)
class Received:
    """An answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class AttemptFailed(Exception):
    """No usable answer: may be tried again, and counts against the circuit. `received` is set for a 5xx."""

    def __init__(self, code: str, problem: str, received: Received | None = None) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.received = received


class Unacceptable(Exception):
    """An answer that will be no better the next time: a redirect, a body that is too long or cannot be unpacked."""

    def __init__(self, code: str, problem: str, status: int) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.status = status


class Transport:
    """Makes attempts over pooled connections. Use it as an async context manager."""

    def __init__(self) -> None:
        self._pool = Pool()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    async def send(self, base: str, request: Outgoing, limit_s: float) -> Received:
        """Make the attempt. `limit_s` bounds everything, from the look-up of the name to the last byte of the body.

        Raises AttemptFailed, or Unacceptable. A 5xx is an AttemptFailed that has the answer.
        """
        timeout = asyncio.timeout(limit_s)
        try:
            async with timeout:
                received = await self._exchange(base, request)
        except (OSError, h11.ProtocolError, ConnectionEnded, UnicodeError) as error:
            if timeout.expired():
                raise AttemptFailed("timeout", f"no whole answer within {limit_s:g} s") from None
            raise _explain(error, base) from error
        except Unacceptable as problem:
            if problem.status < 500:
                raise
            received = Received(problem.status, {}, b"")
        if received.status >= 500:
            raise AttemptFailed("server_error", f"answered {received.status}", received)
        if received.status in _REDIRECTS or (300 <= received.status < 400 and "location" in received.headers):
            raise _redirect(request.url(base), received)
        return received

    async def _exchange(self, base: str, request: Outgoing) -> Received:
        async with self._pool.connection(Origin.of(base)) as connection:
            await connection.send(request.method, request.target(base), request.header_lines(base), request.body or b"")
            status, headers = await connection.head()
            return Received(status, headers, await _read(connection, status, headers))


async def _read(connection: Connection, status: int, headers: Mapping[str, str]) -> bytes:
    """The body, unpacked. Never holds more than the limit, however small it was packed."""
    try:
        unpacker = Unpacker(headers.get("content-encoding", "").strip().lower())
        declared = headers.get("content-length", "")
        body = bytearray()
        async for chunk in connection.chunks():
            if declared.isdigit() and int(declared[:20]) > LONGEST_BODY:
                raise _too_long(status)
            for piece in unpacker.feed(chunk):
                body += piece
                if len(body) > LONGEST_BODY:
                    raise _too_long(status)
    except Damaged as problem:
        raise Unacceptable("bad_answer", str(problem), status) from None
    if not unpacker.complete:
        raise AttemptFailed("cut_short", "the packed answer ended before its end")
    return bytes(body)


# -- what went wrong, in words ------------------------------------------------------------------------------


def _too_long(status: int) -> Unacceptable:
    return Unacceptable("too_long", f"the answer is longer than {LONGEST_BODY // 1024 // 1024} MiB", status)


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


def _explain(error: Exception, base: str) -> AttemptFailed:
    if isinstance(error, socket.gaierror):
        host = urlsplit(base).hostname
        return AttemptFailed("dns_failed", f"the name {host} is not known ({error.strerror or error})")
    if isinstance(error, ssl.SSLError):
        detail = getattr(error, "verify_message", "") or error.reason or str(error)
        return AttemptFailed("tls_failed", f"no secure connection: {detail}")
    if isinstance(error, ConnectionRefusedError):
        return AttemptFailed("refused", "the connection was refused: nothing listens there")
    if isinstance(error, UnicodeError):
        return AttemptFailed("bad_url", f"the URL cannot be used: {error}")
    if isinstance(error, h11.ProtocolError):
        return AttemptFailed("protocol_error", f"the answer broke off or is not HTTP: {error}")
    if isinstance(error, ConnectionEnded):
        return AttemptFailed("connection_lost", "the connection was closed in place of an answer")
    return AttemptFailed("connection_lost", f"the connection failed: {getattr(error, 'strerror', None) or error}")
