"""One attempt at one instance: send, and read the whole answer within a time and a size (contract 1.2).

Redirects are never followed and proxies of the environment are not used: a service token goes to the instance that
it is meant for, or nowhere.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote, urlencode, urljoin, urlsplit

import anyio
import anyio.lowlevel

from shema_cli.services.http_library import httpx
from shema_cli.services.request_id import traceparent

LONGEST_BODY = 10 * 1024 * 1024  # bytes, decompressed
_INFLATE_STEP = 256 * 1024
_MAX_IDLE_CONNECTIONS = 100


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
    """Pooled connections, a pool for each instance. Use it as an async context manager.

    (httpx goes through all connections of a pool for each request: one pool for 300 instances takes seconds.)
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
        self._client(base)
        await anyio.lowlevel.checkpoint()

    async def send(self, base: str, request: Outgoing, limit_s: float) -> Received:
        """Make the attempt. `limit_s` bounds everything, to the last byte of the body.

        Raises AttemptFailed, or Unacceptable. A 5xx is an AttemptFailed that has the answer.
        """
        try:
            async with asyncio.timeout(limit_s):
                received = await self._exchange(base, request)
        except TimeoutError:
            raise AttemptFailed("timeout", f"no whole answer within {limit_s:g} s") from None
        except httpx.HTTPError as error:
            raise _explain(error, base) from error
        except Unacceptable as problem:
            if problem.status < 500:
                raise
            received = Received(problem.status, {}, b"")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise AttemptFailed("bad_url", f"the URL cannot be used: {error}") from error
        if received.status >= 500:
            raise AttemptFailed("server_error", f"answered {received.status}", received)
        if received.status in (301, 302, 303, 305, 307, 308) or (
            300 <= received.status < 400 and "location" in received.headers
        ):
            raise _redirect(request.url(base), received)
        return received

    async def _exchange(self, base: str, request: Outgoing) -> Received:
        client = self._client(base)
        outgoing = client.build_request(
            request.method, request.url(base), headers=dict(request.headers), content=request.body
        )
        response = await client.send(outgoing, stream=True)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = b"" if request.method == "HEAD" else await _read(response, headers)
            return Received(response.status_code, headers, body)
        finally:
            await response.aclose()

    def _client(self, base: str) -> httpx.AsyncClient:
        client = self._clients.get(base)
        if client is None:
            client = self._clients[base] = _new_client(self._context(base))
        return client

    def _context(self, base: str) -> ssl.SSLContext:
        if not base.startswith("https:"):
            return self._untrusting
        self._trusted = self._trusted or _trust()
        return self._trusted


def _new_client(context: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=context,
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # `send` bounds the attempt as a whole
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=_MAX_IDLE_CONNECTIONS),
    )


def _trust() -> ssl.SSLContext:
    """The system's certificates (or those of SSL_CERT_FILE, SSL_CERT_DIR), and certifi's."""
    context = ssl.create_default_context()
    if not any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


# -- reading ------------------------------------------------------------------------------------------------


async def _read(response: httpx.Response, headers: Mapping[str, str]) -> bytes:
    """The body, unpacked. Never holds more than the limit, however small it was packed."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise Unacceptable("bad_answer", f"packed in an unknown way: {encoding}", response.status_code)
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > LONGEST_BODY:
        raise _too_long(response.status_code)
    chunks: AsyncIterator[bytes] = response.aiter_raw()
    body = bytearray()
    unpack = _Inflate() if encoding not in ("identity", "") else None
    async for chunk in chunks:
        for piece in unpack.feed(chunk, response.status_code) if unpack else (chunk,):
            body += piece
            if len(body) > LONGEST_BODY:
                raise _too_long(response.status_code)
    if unpack and not unpack.complete:
        raise AttemptFailed("cut_short", "the packed answer ended before its end")
    return bytes(body)


class _Inflate:
    """gzip or deflate, in steps of bounded size, so that a bomb is seen before it goes off."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    @property
    def complete(self) -> bool:
        return self._stream.eof or not self._begun

    def feed(self, chunk: bytes, status: int) -> Iterator[bytes]:
        self._begun = self._begun or bool(chunk)
        waiting = chunk
        try:
            while waiting:
                if self._stream.eof:  # a gzip file may have several members
                    self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
                yield self._stream.decompress(waiting, _INFLATE_STEP)
                waiting = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error:
            raise Unacceptable("bad_answer", "the packed answer is damaged", status) from None


def _too_long(status: int) -> Unacceptable:
    return Unacceptable("too_long", f"the answer is longer than {LONGEST_BODY // 1024 // 1024} MiB", status)


# -- what went wrong, in words ------------------------------------------------------------------------------


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


def _explain(error: httpx.HTTPError, base: str) -> AttemptFailed:
    host = urlsplit(base).hostname
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return AttemptFailed("dns_failed", f"the name {host} is not known ({cause.strerror or cause})")
        if isinstance(cause, ssl.SSLError):
            detail = getattr(cause, "verify_message", "") or cause.reason or str(cause)
            return AttemptFailed("tls_failed", f"no secure connection: {detail}")
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return AttemptFailed("refused", "the connection was refused: nothing listens there")
    if isinstance(error, httpx.ConnectError):
        return AttemptFailed("connect_failed", f"no connection: {error}")
    if isinstance(error, httpx.RemoteProtocolError):
        return AttemptFailed("protocol_error", f"the answer broke off or is not HTTP: {error}")
    return AttemptFailed("connection_lost", f"the connection was lost: {error or type(error).__name__}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _causes(part)
        error = error.__cause__ or error.__context__
