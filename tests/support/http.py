"""A real HTTP server on loopback whose answers a test scripts.

with HttpServer() as server:
    server.on("GET", "/health", Answer(json={"ok": True}))
    server.on("GET", "/flaky", Answer(503), Answer(503), Answer(json={}))   # one after the other, the last for ever
    server.on("POST", "/echo", lambda request: Answer(body=request.body))
    ...
    assert server.requests[0].headers["x-request-id"]
"""

from __future__ import annotations

import json as json_module
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """A request as it came in. Header names are lower case; `query` has the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json_module.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What is sent back. `json` sets the body and its type; `chunks` streams a body of unknown length."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    chunks: Iterable[bytes] | None = None

    def content(self) -> bytes:
        if self.body is not None:
            return self.body
        return b"" if self.json is None else json_module.dumps(self.json).encode()


Handler = Callable[[Request], Answer]


class HttpServer:
    """Answers on 127.0.0.1, a thread for each connection; a path that was not scripted gets a 404."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._routes: dict[tuple[str, str], list[Answer | Handler]] = {}
        self._lock = threading.Lock()
        self._server = _Server(self.answer)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def on(self, method: str, path: str, *answers: Answer | Handler) -> HttpServer:
        """Script the answers of one path (without its query). The last one is given for ever."""
        with self._lock:
            self._routes[method.upper(), path] = list(answers)
        return self

    def seen(self, path: str) -> list[Request]:
        """The requests for one path, oldest first."""
        return [request for request in self.requests if request.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            script = self._routes.get((request.method, request.path))
            if not script:
                return Answer(404, json={"error": "not scripted"})
            step = script.pop(0) if len(script) > 1 else script[0]
        return step if isinstance(step, Answer) else step(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, answer: Handler) -> None:
        super().__init__(("127.0.0.1", 0), _RequestHandler)
        self.answer = answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about."""


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self._send(self.server.answer(self._request()))
        self.wfile.flush()

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, parts.path, query, headers, body)

    def _send(self, answer: Answer) -> None:
        if answer.delay:
            time.sleep(answer.delay)
        content = answer.content()
        self.send_response(answer.status)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.json is not None:
            headers.setdefault("content-type", "application/json")
        if answer.chunks is not None:
            headers["transfer-encoding"] = "chunked"
        elif answer.status not in (204, 304):
            headers.setdefault("content-length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.chunks is not None:
            self._send_chunks(answer.chunks)
        elif self.command != "HEAD":
            self.wfile.write(content)

    def _send_chunks(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Silent."""
