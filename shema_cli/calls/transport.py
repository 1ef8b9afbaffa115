"""The way out: send, and read the whole answer within a time and a size (contract 1.2).

There are two ways in and one way out: `Transport.send` for the attempts of the services' client, which is a coroutine,
and `fetch` for Firebase and Google, whose callers are not. Both build, bound, read, judge and explain alike.

- Redirects are never followed: what was sent is meant for where it was sent, and holds a token or a secret.
- Proxies: calls to services use none, whatever the environment says: a service token goes to the instance that it is
  meant for, or nowhere. Firebase and Google are reached through the environment's (`proxies.py`), since on many a
  network nothing else leads out. An emulator is on this machine: no proxy may see what goes there.
- TLS: `trust.py` says whose certificates are trusted. Size: `bodies.py`.
- What the network says is told in the words of `network_errors.py`, which Redis has too.
"""

from __future__ import annotations

import asyncio
import contextlib
import encodings.idna  # noqa: F401 - what a look-up of a name, in a thread, would import
import os
import re
import socket
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from shema_cli.calls.aside import aside
from shema_cli.calls.bodies import Body
from shema_cli.calls.log import CallLog, call_record
from shema_cli.calls.open_files import connections_at_once
from shema_cli.calls.proxies import DEFAULT_PORTS, Proxy, proxy_for
from shema_cli.calls.reply import AttemptFailed, LocalFault, NoUsableAnswer, Received, Unacceptable
from shema_cli.calls.request import ACCEPTED_ENCODING, IDEMPOTENT, USER_AGENT, Outgoing, Timeout
from shema_cli.calls.trust import whom_to_trust
from shema_cli.calls.waits import Waits
from shema_cli.clock import Clock, SystemClock
from shema_cli.network_errors import Destination, Explanation, explain

# httpcore2 loads h2 wherever it is installed, and firebase-admin installs it: a quarter of the time that the library
# takes to load, for an HTTP/2 that nobody here speaks. None makes that import fail, which httpcore2 provides for.
_H2_IS_THERE = "h2" in sys.modules
if not _H2_IS_THERE:
    sys.modules["h2"] = None  # type: ignore[assignment]
import httpcore2  # noqa: E402, F401
import httpx2  # noqa: E402

if not _H2_IS_THERE:
    del sys.modules["h2"]

_MAX_IDLE_CONNECTIONS = 100  # of one instance
_LOOK_UPS_AT_ONCE = 16
_REDIRECTS = frozenset({301, 302, 303, 305, 307, 308})
_DEFAULT_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": ACCEPTED_ENCODING}

_PYTHON_BYTES = re.compile(r": bytearray\(.*\)$", re.DOTALL)
"""What the library quotes of an answer, in a form that only Python reads."""
_CLOSED = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


class Transport:
    """Pooled connections, a pool for each instance. Use it as an async context manager.

    `log` gets the record of each attempt, and `waits` tells those that hang; `ca_file` is SHEMA_CA_FILE. (The library
    goes through all connections of a pool for each request: one pool for 300 instances takes seconds.)
    """

    def __init__(self, clock: Clock | None = None, log: CallLog | None = None, *, ca_file: str | None = None) -> None:
        self.waits: Waits | None = None
        self._clock = clock or SystemClock()
        self._log = log
        self._ca_file = ca_file
        self._most_kept = connections_at_once()
        self._clients: dict[str, httpx2.AsyncClient] = {}  # the one used last at the end
        self._busy: Counter[str] = Counter()
        self._look_ups = asyncio.Semaphore(_LOOK_UPS_AT_ONCE)

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().getaddrinfo = self._look_name_up  # type: ignore[method-assign]
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _look_name_up(self, host: Any, port: Any, **how: Any) -> list[Any]:
        """As the loop's own, on a thread that nobody joins: a slow name server would hold up the end of the loop."""
        async with self._look_ups:
            return await aside(partial(socket.getaddrinfo, host, port, **how))

    async def ready(self, base: str) -> None:
        """Load what the first attempt at `base` would load, so that it does not count as the instance's time."""
        import anyio.lowlevel

        with contextlib.suppress(LocalFault):  # the attempt meets it again
            self._remembered(base)
        await anyio.lowlevel.checkpoint()

    async def send(self, base: str, request: Outgoing, limit_s: float) -> Received:
        """Make one attempt and log it. `limit_s` bounds everything, to the last byte of the body.

        Raises AttemptFailed, Unacceptable, or LocalFault. A 5xx is an AttemptFailed that has the answer.
        """
        started, at = self._clock.monotonic(), self._clock.now()
        status: int | None = None
        try:
            with self.waits.one(base, request, limit_s) if self.waits else contextlib.nullcontext():
                received = await self._attempt(base, request, limit_s)
            status = received.status
            return received
        except NoUsableAnswer as problem:
            status = problem.status
            raise
        finally:
            if self._log is not None:
                duration_ms = round((self._clock.monotonic() - started) * 1000)
                self._log(call_record(request, base, status=status, at=at, duration_ms=duration_ms))

    async def _attempt(self, base: str, request: Outgoing, limit_s: float) -> Received:
        to = _destination(base, request.address_in)
        try:
            async with asyncio.timeout(limit_s):
                with _explained(to, limit_s):
                    return await self._exchange(base, request)
        except TimeoutError:
            raise _too_late(limit_s) from None

    async def _exchange(self, base: str, request: Outgoing) -> Received:
        """On a kept connection where there is one. The server may have closed it at this moment: then on a new one.

        What must not be sent twice goes on a new one at once.
        """
        if request.method in IDEMPOTENT:
            use = _ConnectionUse()
            try:
                async with self._kept_client(base) as client:
                    return await _exchange(client, base, request, use)
            except _CLOSED:
                if use.new or use.answered:
                    raise
        async with self._new_client(base) as client:
            return await _exchange(client, base, request, _ConnectionUse())

    @contextlib.asynccontextmanager
    async def _kept_client(self, base: str) -> AsyncIterator[httpx2.AsyncClient]:
        """The client of an instance. When files run short, those go that were not used for the longest time."""
        client = self._remembered(base)
        self._busy[base] += 1
        try:
            yield client
        finally:
            self._busy[base] -= 1
            idle = [url for url in self._clients if not self._busy[url]]
            for spare in [self._clients.pop(url) for url in idle[: max(0, len(self._clients) - self._most_kept)]]:
                await spare.aclose()

    def _remembered(self, base: str) -> httpx2.AsyncClient:
        client = self._clients.pop(base) if base in self._clients else self._new_client(base)
        self._clients[base] = client
        return client

    def _new_client(self, base: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            verify=whom_to_trust(base, self._ca_file),
            trust_env=False,
            follow_redirects=False,
            headers=_DEFAULT_HEADERS,
            timeout=None,  # the attempt is bounded as a whole
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_MAX_IDLE_CONNECTIONS),
        )


def fetch(
    base: str,
    request: Outgoing,
    *,
    limit_s: float = Timeout.EXTERNAL.seconds,
    proxied: bool,
    ca_file: str | None = None,
) -> Received:
    """One attempt from code that is no coroutine. `limit_s` bounds everything, to the last byte of the body.

    `proxied` takes the proxies of the environment, `ca_file` is SHEMA_CA_FILE. Raises AttemptFailed, Unacceptable, or
    LocalFault. It runs on a thread of its own, which nobody waits for once the time has gone: only so does no slow
    name server and no dripping answer escape.
    """
    proxy = proxy_for(request.url(base), os.environ) if proxied else None
    client = httpx2.Client(
        verify=whom_to_trust(base, ca_file),
        proxy=_proxy(proxy, ca_file) if proxy else None,
        trust_env=False,
        follow_redirects=False,
        headers=_DEFAULT_HEADERS,
        timeout=limit_s,
    )
    to, route = _destination(base, request.address_in), _Route()
    ended: list[Received | BaseException] = []
    given_up = threading.Event()

    def work() -> None:
        try:
            with client, _explained_by(proxy, to, limit_s, route):
                ended.append(_fetch(client, base, request, route, given_up))
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        thread.join(limit_s)
    finally:  # after a Ctrl-C too
        given_up.set()
    if not ended:
        with _explained_by(proxy, to, limit_s, route):
            raise httpx2.ReadTimeout("the whole of it took too long")
    if isinstance(ended[0], BaseException):
        raise ended[0]
    return ended[0]


def _fetch(client: httpx2.Client, base: str, request: Outgoing, route: _Route, given_up: threading.Event) -> Received:
    response = client.send(_built(client, base, request, route.follow), stream=True)
    try:
        body = Body(request.method, response.status_code, response.headers)
        for chunk in response.iter_raw():
            if given_up.is_set():
                break
            body.feed(chunk)
        return _judged(request.url(base), body.received())
    finally:
        response.close()


async def _exchange(client: httpx2.AsyncClient, base: str, request: Outgoing, use: _ConnectionUse) -> Received:
    response = await client.send(_built(client, base, request, use.follow), stream=True)
    use.answered = True
    try:
        body = Body(request.method, response.status_code, response.headers)
        async for chunk in response.aiter_raw():
            body.feed(chunk)
        return _judged(request.url(base), body.received())
    finally:
        await response.aclose()


def _built(
    client: httpx2.AsyncClient | httpx2.Client, base: str, request: Outgoing, follow: Callable[..., object]
) -> httpx2.Request:
    return client.build_request(
        request.method,
        request.url(base),
        headers=dict(request.headers),
        content=request.body,
        extensions={"trace": follow},
    )


class _ConnectionUse:
    """Whether an attempt made a connection or used a kept one, told by the library while it works."""

    def __init__(self) -> None:
        self.new = False
        self.answered = False

    async def follow(self, event: str, _: Mapping[str, object]) -> None:
        self.new = self.new or event == "connection.connect_tcp.started"


class _Route:
    """How far an attempt through a proxy has come, told by the library while it works."""

    def __init__(self) -> None:
        self.beyond_proxy = False

    def follow(self, event: str, _: Mapping[str, object]) -> None:
        self.beyond_proxy = self.beyond_proxy or event == "proxy.start_tls.started"


def _judged(url: str, received: Received) -> Received:
    """The answer, unless it is a 5xx or a redirect."""
    if received.status >= 500:
        raise AttemptFailed("server_error", f"answered {received.status}", received)
    if received.status in _REDIRECTS or (300 <= received.status < 400 and "location" in received.headers):
        raise _redirect(url, received)
    return received


def _redirect(url: str, received: Received) -> Unacceptable:
    location = received.headers.get("location", "")
    where = f"to {_led_to(url, location)}" if location else "without saying where to"
    return Unacceptable(
        "redirected",
        f"answered {received.status}, a redirect {where}; it was not followed, because what was "
        "sent must not leave for where it was not meant to go",
        received.status,
    )


def _led_to(url: str, location: str) -> str:
    """Where a redirect leads, as far as it can be read; another host is named."""
    try:
        target = urljoin(url, location)
        host, own = urlsplit(target)[:2], urlsplit(url)[:2]
    except ValueError:
        return f"what is no address: {location[:200]}"
    return target[:200] + ("" if host == own else f" on another host, {host[1]}")


# -- proxies -------------------------------------------------------------------------------------------------------


def _proxy(proxy: Proxy, ca_file: str | None) -> httpx2.Proxy:
    trusted = whom_to_trust(proxy.url, ca_file) if proxy.scheme == "https" else None
    return httpx2.Proxy(proxy.url, auth=proxy.auth, ssl_context=trusted)


@contextlib.contextmanager
def _explained_by(proxy: Proxy | None, to: Destination, limit_s: float, route: _Route) -> Iterator[None]:
    """As `_explained`, and what the proxy did wrong is told as the proxy's."""
    if proxy is None:
        with _explained(to, limit_s):
            yield
        return
    said_by = f"the proxy {proxy.destination.label} ({proxy.variable})"
    try:
        yield
    except httpx2.ProxyError as error:
        raise _refused_by(said_by, proxy, to, str(error)) from error
    except (httpx2.HTTPError, OSError) as error:
        if route.beyond_proxy:
            with _explained(replace(to, through=said_by), limit_s):
                raise
        if isinstance(error, httpx2.TimeoutException):
            raise LocalFault("proxy_failed", f"{said_by} gave no answer within {limit_s:g} s", _mend(proxy)) from error
        told = explain(error, proxy.destination)
        problem = told.problem if told else f"it closed the connection, or does not speak HTTP: {error}"
        raise LocalFault("proxy_failed", f"{said_by} cannot be used: {problem}", _mend(proxy)) from error


def _refused_by(said_by: str, proxy: Proxy, to: Destination, answer: str) -> LocalFault:
    if answer.startswith("407"):
        hint = f"write them in {proxy.variable}: http://user:password@{proxy.destination.label}"
        which = "another user or password" if proxy.auth else "a user and a password"
        return LocalFault("proxy_denied", f"{said_by} wants {which} (407)", hint)
    problem = f"{said_by} does not lead to {to.label}: it answered {answer.strip()}"
    return LocalFault("proxy_failed", problem, "ask whoever runs that proxy, or except the address with NO_PROXY")


def _mend(proxy: Proxy) -> str:
    return f"correct or unset {proxy.variable}, or except the address with NO_PROXY"


# -- what went wrong, in words -------------------------------------------------------------------------------------


def _destination(base: str, setting: str) -> Destination:
    parts = urlsplit(base)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    return Destination(parts.hostname or "", port, setting, tls=parts.scheme == "https")


@contextlib.contextmanager
def _explained(to: Destination, limit_s: float) -> Iterator[None]:
    """The HTTP library's errors leave the block as AttemptFailed or LocalFault."""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise _too_late(limit_s, f"check {to.through}" if to.through else None) from error
    except (httpx2.HTTPError, OSError) as error:
        told = explain(error, to)
        raise (_as_told(told) if told else _in_other_words(error)) from error
    except (httpx2.InvalidURL, UnicodeError) as error:
        problem, hint = f"the URL cannot be used: {error}", f"correct {to.said_by}"
        raise AttemptFailed("bad_url", problem, hint=hint) from error


def _as_told(told: Explanation) -> NoUsableAnswer:
    if told.local:
        return LocalFault(told.code, told.problem, told.hint)
    return AttemptFailed(told.code, told.problem, hint=told.hint)


def _in_other_words(error: httpx2.HTTPError | OSError) -> NoUsableAnswer:
    if isinstance(error, (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol)):
        return LocalFault("bad_request", f"this cannot be sent: {error}")
    if isinstance(error, httpx2.ConnectError):
        return AttemptFailed("connect_failed", f"no connection: {error}")
    if isinstance(error, httpx2.RemoteProtocolError):
        said = _PYTHON_BYTES.sub("", str(error)).rstrip(".")
        return AttemptFailed("protocol_error", f"the answer broke off or is not HTTP: {said}")
    return AttemptFailed("connection_lost", f"the connection was lost: {str(error) or type(error).__name__}")


def _too_late(limit_s: float, hint: str | None = None) -> AttemptFailed:
    return AttemptFailed("timeout", f"no whole answer within {limit_s:g} s", hint=hint)
