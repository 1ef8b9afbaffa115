"""The HTTP side of a service: routes that answer with documents, and the check of service tokens (contract 1.2).

`request` asks a service from inside the same process, without a socket.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shema_cli.calls.tokens import verify
from shema_cli.clock import Clock
from shema_cli.frozen import dataclass

OPEN_PATHS = ("/health",)

Respond = Callable[[Request], Awaitable[object]]
"""A request → the document that answers it. Raises HttpProblem."""

D = TypeVar("D")


class HttpProblem(Exception):
    """An answer that is an error: `{"error": …}` with a status."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class JSON(JSONResponse):
    """Compact, readable in any language."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class Body(dict[str, object]):
    """The JSON object that a request came with."""

    def text(self, name: str) -> str:
        """The text of a field; of those that `body_of` was told are required, it is known to be one."""
        return str(self[name])


# -- routes ---------------------------------------------------------------------------------------------------------


def get(path: str, respond: Respond) -> Route:
    return Route(path, _endpoint(respond, 200), methods=["GET"])


def post(path: str, respond: Respond, *, status: int = 201) -> Route:
    return Route(path, _endpoint(respond, status), methods=["POST"])


def patch(path: str, respond: Respond) -> Route:
    return Route(path, _endpoint(respond, 200), methods=["PATCH"])


def found(documents: Mapping[str, D], key: str, what: str) -> D:
    """The document of that id. Raises HttpProblem 404."""
    if key not in documents:
        raise HttpProblem(404, f"{what} not found")
    return documents[key]


async def body_of(request: Request, *required: str) -> Body:
    """The JSON object of a request. Raises HttpProblem 400 when it is none, or lacks a field that is a text."""
    try:
        body: object = json.loads(await request.body())
    except ValueError:
        raise HttpProblem(400, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise HttpProblem(400, "The body is not a JSON object")
    missing = [name for name in required if not isinstance(body.get(name), str) or not body[name]]
    if missing:
        raise HttpProblem(400, f"Missing: {', '.join(missing)}")
    return Body(body)


def whole_number(request: Request, name: str, default: int, *, largest: int) -> int:
    """A query parameter from 1 to `largest`. Raises HttpProblem 400."""
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= largest:
        raise HttpProblem(400, f"{name} must be a number from 1 to {largest}")
    return int(text)


# -- the app --------------------------------------------------------------------------------------------------------


def service_app(name: str, routes: Sequence[Route], secret: str, clock: Clock) -> ASGIApp:
    """The ASGI app of a service: its routes and `/health`, behind the check of the token."""

    async def health(request: Request) -> dict[str, str]:
        return {"status": "ok", "service": name}

    app = Starlette(routes=[get("/health", health), *routes], exception_handlers={HTTPException: _plain_problem})
    return TokenCheck(app, secret, clock)


class TokenCheck:
    """Lets through who bears a service token; 401, 401 or 403 for all others."""

    def __init__(self, app: ASGIApp, secret: str, clock: Clock) -> None:
        self._app = app
        self._secret = secret
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        verdict = verify(header.replace("Bearer ", "", 1), self._secret, self._clock.now())
        if verdict.valid:
            scope.setdefault("state", {})["caller"] = verdict.claims
            await self._app(scope, receive, send)
        else:
            await JSON({"error": verdict.error}, verdict.status)(scope, receive, send)


def _endpoint(respond: Respond, status: int) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSON(await respond(request), status)
        except HttpProblem as problem:
            return JSON({"error": problem.error}, problem.status)

    return endpoint


async def _plain_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSON({"error": error.detail}, error.status_code)


# -- from inside ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InsideAnswer:
    """`body` is the decoded JSON of the answer; None when it is none."""

    status: int
    body: object

    @property
    def made(self) -> str | None:
        """The id of what the request has made; None when it has made nothing."""
        if self.status < 400 and isinstance(self.body, dict) and "id" in self.body:
            return str(self.body["id"])
        return None


async def request(
    app: ASGIApp, method: str, path: str, token: str, body: Mapping[str, object] | None = None
) -> InsideAnswer:
    """One request to a service without a socket: its whole app answers, token check and faults included."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
    content = json.dumps(body).encode() if body is not None else b""
    status, chunks = 500, list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    try:
        return InsideAnswer(status, json.loads(b"".join(chunks)))
    except ValueError:
        return InsideAnswer(status, None)
