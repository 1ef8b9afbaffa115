"""The sandbox's own interface, for `shema sandbox …` alone: status, faults, traffic, reset, stop."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shema_cli.sandbox.overview import overview
from shema_cli.sandbox.school.traffic import Traffic
from shema_cli.sandbox.system.web import JSON, Problem, body_of, get, post

if TYPE_CHECKING:
    from shema_cli.sandbox.system.system import System


def control_app(system: System) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI app; only those who know the token of the sandbox's own file are heard."""
    control = _Control(system)
    app = Starlette(
        routes=[
            get("/status", control.status),
            post("/fault", control.fault, status=200),
            post("/reset", control.reset, status=200),
            post("/stop", control.stop, status=202),
            Route("/traffic", control.traffic, methods=["POST"]),
        ]
    )
    expected = f"Bearer {system.control_token}".encode()

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        refused: Response = JSON({"error": "Control token required"}, 401)
        await (app if hmac.compare_digest(given, expected) else refused)(scope, receive, send)

    return guarded


class _Control:
    def __init__(self, system: System) -> None:
        self._system = system
        self._one_change = asyncio.Lock()

    async def status(self, request: Request) -> dict[str, Any]:
        return overview(self._system)

    async def fault(self, request: Request) -> dict[str, Any]:
        body = await body_of(request, "target")
        if body["target"] not in self._system.faults():
            raise Problem(404, f"There is no {body['target']} in this sandbox")
        async with self._one_change:
            await self._system.set_fault(body["target"], body.get("set"))
        return {"target": body["target"], "fault": self._system.faults()[body["target"]].document()}

    async def reset(self, request: Request) -> dict[str, Any]:
        async with self._one_change:
            await self._system.reset()
        return {"reset": True}

    async def traffic(self, request: Request) -> Response:
        """Lines of JSON as it goes; it ends when the caller goes away."""
        body = await body_of(request)
        tallies = Traffic(self._system, int(body["seed"])).run(float(body["rate"]), body["seconds"])
        lines = (json.dumps(tally).encode() + b"\n" async for tally in tallies)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    async def stop(self, request: Request) -> dict[str, Any]:
        self._system.on_stop()
        return {"stopping": True}
