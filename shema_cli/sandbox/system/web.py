"""The HTTP side of a service: routes that answer with documents, and the check of service tokens (contract 1.2)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shema_cli.calls.tokens import verify
from shema_cli.clock import Clock

Answer = Callable[[Request], Awaitable[Any]]
OPEN_PATHS = ("/health",)


class Problem(Exception):
    """An answer that is an error: `{"error": …}` with a status."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class JSON(JSONResponse):
    """Compact, readable in any language."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def get(path: str, answer: Answer) -> Route:
    return Route(path, _endpoint(answer, 200), methods=["GET"])


def post(path: str, answer: Answer, *, status: int = 201) -> Route:
    return Route(path, _endpoint(answer, status), methods=["POST"])


def patch(path: str, answer: Answer) -> Route:
    return Route(path, _endpoint(answer, 200), methods=["PATCH"])


def found(documents: dict[str, dict[str, Any]], key: str, what: str) -> dict[str, Any]:
    """The document of that id. Raises Problem 404."""
    if key not in documents:
        raise Problem(404, f"{what} not found")
    return documents[key]


async def body_of(request: Request, *required: str) -> dict[str, Any]:
    """The JSON object of a request. Raises Problem 400 when it is none, or lacks a field."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise Problem(400, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise Problem(400, "The body is not a JSON object")
    missing = [name for name in required if not isinstance(body.get(name), str) or not body[name]]
    if missing:
        raise Problem(400, f"Missing: {', '.join(missing)}")
    return body


def whole_number(request: Request, name: str, default: int, *, largest: int) -> int:
    """A query parameter from 1 to `largest`. Raises Problem 400."""
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= largest:
        raise Problem(400, f"{name} must be a number from 1 to {largest}")
    return int(text)


def service_app(name: str, routes: Sequence[Route], secret: str, clock: Clock) -> ASGIApp:
    """The ASGI app of a service: its routes and `/health`, behind the check of the token."""

    async def health(request: Request) -> dict[str, Any]:
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


def _endpoint(answer: Answer, status: int) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSON(await answer(request), status)
        except Problem as problem:
            return JSON({"error": problem.error}, problem.status)

    return endpoint


async def _plain_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSON({"error": error.detail}, error.status_code)
