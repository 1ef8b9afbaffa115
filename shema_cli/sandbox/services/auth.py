"""Finds users by their email for whoever must know them, and remembers them for five minutes in Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.routing import Route

from shema_cli.calls.reply import ServiceError, ServiceNotFound
from shema_cli.sandbox.services.bus import Event, Handler, data_of, json_object
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.services.web import HttpProblem, get
from shema_cli.store import keys

CACHE_S = 300


class AuthService(Service):
    name = "auth"

    def routes(self) -> list[Route]:
        return [get("/api/auth/users/by-email", self.by_email)]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {"user.updated": self.versions(self.user_updated)}

    async def by_email(self, request: Request) -> Mapping[str, object]:
        """404: none; 503 `USER_SERVICE_UNAVAILABLE`. A Redis that is away costs the cache, not the answer."""
        email = request.query_params.get("email", "")
        key = f"{keys.USER_PREFIX}{email}"
        if (kept := await self._cached(key)) is not None:
            return kept
        try:
            user = await self.ask("user", "/api/users/by-email", {"email": email})
        except ServiceNotFound:
            raise HttpProblem(404, "User not found") from None
        except ServiceError:
            raise HttpProblem(503, "USER_SERVICE_UNAVAILABLE") from None
        try:
            await self.bus.client.set(key, json.dumps(user, ensure_ascii=False), ex=CACHE_S)
        except (RedisError, OSError) as error:
            self.bus.logbook.problem(self.name, f"the cache is away: {error}")
        return user

    async def user_updated(self, event: Event) -> None:
        """What is remembered of a user who has changed is forgotten."""
        user = await self.ask("user", f"/api/users/{data_of(event)['userId']}")
        await self.bus.client.delete(f"{keys.USER_PREFIX}{user['email']}")

    async def _cached(self, key: str) -> Mapping[str, object] | None:
        try:
            kept = await self.bus.client.get(key)
            return json_object(json.loads(kept)) if kept else None
        except (RedisError, OSError, ValueError, TypeError):
            return None
