"""The sandbox's own interface, for `shema sandbox …` alone: status, faults, traffic, reset, stop."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shema_cli.sandbox.school.traffic import Traffic
from shema_cli.sandbox.services.web import JSON, HttpProblem, body_of, get, post
from shema_cli.sandbox.system.control_client import FaultSet, SystemDocument
from shema_cli.sandbox.system.faults import EVERYTHING, Fault, FaultDocument


class Controlled(Protocol):
    """What the control does to a sandbox."""

    control_token: str
    on_stop: Callable[[], None]

    def overview(self) -> SystemDocument: ...

    def handled(self, event_id: str) -> Mapping[str, int]: ...

    def faults(self) -> Mapping[str, Fault]: ...

    async def set_fault(self, target: str, wanted: FaultDocument | None) -> None: ...

    async def reset(self) -> None: ...

    def traffic(self, seed: int) -> Traffic: ...


def control_app(system: Controlled) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI app; only those who know the token of the sandbox's own file are heard."""
    control = _Control(system)
    app = Starlette(
        routes=[
            get("/status", control.status),
            post("/fault", control.fault, status=200),
            post("/handled", control.handled, status=200),
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
    def __init__(self, system: Controlled) -> None:
        self._system = system
        self._one_change = asyncio.Lock()

    async def status(self, request: Request) -> SystemDocument:
        return self._system.overview()

    async def fault(self, request: Request) -> FaultSet:
        body = await body_of(request, "target")
        target = body.text("target")
        if target != EVERYTHING and target not in self._system.faults():
            raise HttpProblem(404, f"There is no {target} in this sandbox")
        wanted = cast(FaultDocument | None, body.get("set"))
        async with self._one_change:
            await self._system.set_fault(target, wanted)
        faults = self._system.faults()
        return {"target": target, "fault": faults[target].document() if target in faults else wanted or {}}

    async def handled(self, request: Request) -> dict[str, Mapping[str, int]]:
        """Of each of the `events`, how often which service has handled it."""
        wanted = (await body_of(request)).get("events")
        return {str(id): self._system.handled(str(id)) for id in wanted} if isinstance(wanted, list) else {}

    async def reset(self, request: Request) -> dict[str, bool]:
        async with self._one_change:
            await self._system.reset()
        return {"reset": True}

    async def traffic(self, request: Request) -> Response:
        """Lines of JSON as it goes; it ends when the caller goes away."""
        body = await body_of(request)
        rate, seconds, seed = body.get("rate"), body.get("seconds"), body.get("seed")
        until = None if seconds is None else float(str(seconds))
        tallies = self._system.traffic(int(str(seed))).run(float(str(rate)), until)
        lines = (json.dumps(tally).encode() + b"\n" async for tally in tallies)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    async def stop(self, request: Request) -> dict[str, bool]:
        self._system.on_stop()
        return {"stopping": True}
