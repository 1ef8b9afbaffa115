"""One request and its answer over httpx, and what can go wrong with it, in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from shema_cli.calls.attempt import AttemptFailed, Outgoing, Received
from shema_cli.calls.body import read_body
from shema_cli.calls.http_library import httpx

_MAX_IDLE_CONNECTIONS = 100


def new_client(context: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=context,
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # `Transport.send` bounds the attempt as a whole
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=_MAX_IDLE_CONNECTIONS),
    )


async def exchange(client: httpx.AsyncClient, base: str, request: Outgoing) -> Received:
    """Send the request and read the whole answer. Raises AttemptFailed, and what `read_body` raises."""
    try:
        outgoing = client.build_request(
            request.method, request.url(base), headers=dict(request.headers), content=request.body
        )
        response = await client.send(outgoing, stream=True)
        try:
            return await _received(request, response)
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise _explain(error, base) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise AttemptFailed("bad_url", f"the URL cannot be used: {error}") from error


async def _received(request: Outgoing, response: httpx.Response) -> Received:
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status_code
    body = b"" if request.method == "HEAD" else await read_body(response.aiter_raw(), headers, status)
    return Received(status, headers, body)


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
