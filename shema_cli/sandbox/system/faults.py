"""What can be made to go wrong with a part of the sandbox."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

GARBAGE = "<html><body>502 Bad Gateway</body></html>"


@dataclass
class Fault:
    """The faults of one service, of `redis` or of `firebase`; all of them at once if so set."""

    down: bool = False
    hang: bool = False
    garbage: bool = False
    latency_ms: int = 0
    error_rate: float = 0.0
    poison: set[str] = field(default_factory=set)

    def clear(self) -> None:
        self.down = self.hang = self.garbage = False
        self.latency_ms, self.error_rate = 0, 0.0
        self.poison.clear()

    def change(self, wanted: dict[str, Any]) -> None:
        """Set the faults that `wanted` names; poisoned event types add up."""
        for name, value in wanted.items():
            if name == "poison":
                self.poison.update(value)
            else:
                setattr(self, name, value)

    def document(self) -> dict[str, Any]:
        """Only what is set."""
        found = {name: getattr(self, name) for name in ("down", "hang", "garbage", "latency_ms", "error_rate")}
        return {k: v for k, v in found.items() if v} | ({"poison": sorted(self.poison)} if self.poison else {})


class FaultyApp:
    """An ASGI app that misbehaves as its fault says. (`down` is the server's business: it stops listening.)"""

    def __init__(self, fault: Fault, app: ASGIApp | None = None) -> None:
        self.app = app
        self._fault = fault
        self._chance = random.Random(0)  # noqa: S311

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp | None = await self._misbehave() if scope["type"] == "http" else None
        answer = answer or self.app
        assert answer is not None, "it is given an app before it is served"
        await answer(scope, receive, send)

    async def _misbehave(self) -> Response | None:
        fault = self._fault
        if fault.latency_ms:
            await asyncio.sleep(fault.latency_ms / 1000)
        while fault.hang:  # noqa: ASYNC110 - a fault is a plain value, set from elsewhere
            await asyncio.sleep(0.05)
        if fault.garbage:
            return PlainTextResponse(GARBAGE, media_type="text/html")
        if fault.error_rate and self._chance.random() < fault.error_rate:
            return PlainTextResponse('{"error":"Internal Server Error"}', 500, media_type="application/json")
        return None
