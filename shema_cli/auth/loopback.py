"""The loopback address on which the browser ends after signing in."""

from __future__ import annotations

import hmac
import queue
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATH = "/oauth2/callback"
HANDLER_TIMEOUT_S = 10.0
LONGEST_ADDRESS = 8192
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>shema</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color:#222}}
@media(prefers-color-scheme:dark){{body{{background:#111;color:#eee}}}}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>"""


@dataclass(frozen=True)
class Landing:
    """What the browser brought back: a code, or Google's word for why not."""

    code: str | None = field(default=None, repr=False)
    error: str | None = None


class Loopback:
    """A server on 127.0.0.1, on a port that the system chooses, that answers one path for one attempt."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._landed: queue.Queue[Landing] = queue.Queue()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def redirect_uri(self) -> str:
        return f"http://{self.authority}{PATH}"

    def landed(self) -> Landing | None:
        """What came, if anything has."""
        try:
            return self._landed.get_nowait()
        except queue.Empty:
            return None

    def read(self, address: str) -> Landing | None:
        """What an address says; None unless it bears this attempt's `state`."""
        try:
            query = parse_qs(urlsplit(address.strip()[:LONGEST_ADDRESS]).query)
        except ValueError:
            return None
        state = query.get("state", [""])[0]
        if not hmac.compare_digest(state.encode(), self._state.encode()):
            return None
        if "error" in query:
            return Landing(error=query["error"][0][:100])
        code = query.get("code", [""])[0]
        return Landing(code=code) if code else None

    def receive(self, address: str) -> Landing | None:
        landing = self.read(address)
        if landing is not None:
            self._landed.put(landing)
        return landing


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    loopback: Loopback

    def __init__(self, loopback: Loopback) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.loopback = loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = HANDLER_TIMEOUT_S

    def do_GET(self) -> None:
        loopback = self.server.loopback
        if self.headers.get("Host") != loopback.authority:
            self._answer(HTTPStatus.FORBIDDEN, "Not here", "This address is only for signing in to shema.")
        elif urlsplit(self.path).path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, "Nothing here", "This address is only for signing in to shema.")
        elif (landing := loopback.receive(self.path)) is None:
            self._answer(HTTPStatus.BAD_REQUEST, "Not this sign-in", "Begin again from the terminal.")
        elif landing.error is not None:
            self._answer(HTTPStatus.OK, "Not signed in", "Google did not sign you in. The terminal says more.")
        else:
            self._answer(HTTPStatus.OK, "Thank you", "You can close this window: shema goes on in the terminal.")

    def _answer(self, status: HTTPStatus, title: str, text: str) -> None:
        page = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def version_string(self) -> str:
        return "shema"

    def log_message(self, format: str, *args: Any) -> None:
        """The address bears a code: it is not logged."""
