"""The users' cache in Redis, shared with the auth service (contract 1.5).

Key `user:email:<email>`, value the user's JSON, 300 s. What other programs write there may be anything: only a JSON
object counts as a user.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shema_cli.errors import Failed
from shema_cli.store.connection import redis_errors

if TYPE_CHECKING:
    from shema_cli.context import AppContext

LIFETIME_S = 300


@dataclass(frozen=True)
class CachedUser:
    """`expires_in_s` is None for an entry that never expires."""

    user: dict[str, Any]
    expires_in_s: int | None


class NotAUser(Failed):
    """Something other than a user is in the user's place."""


class UserCache:
    """Blocks as long as Redis does; use it aside. Raises Unreachable or Failed when Redis cannot be used."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def read(self, email: str) -> CachedUser | None:
        """The user in the cache, or None when there is none. Raises NotAUser for anything else."""
        with redis_errors(self._app.settings):
            pipeline = self._app.redis.pipeline(transaction=False)
            pipeline.get(_key(email))
            pipeline.pttl(_key(email))
            stored, left_ms = pipeline.execute()
        if stored is None:
            return None
        user = as_user(stored)
        if user is None:
            raise NotAUser("bad_cache_entry", f"what Redis keeps under {_key(email)} is not a user")
        return CachedUser(user, math.ceil(left_ms / 1000) if left_ms >= 0 else None)

    def write(self, email: str, body: bytes) -> None:
        """Keep the user's JSON exactly as the service gave it."""
        with redis_errors(self._app.settings):
            self._app.redis.set(_key(email), body, ex=LIFETIME_S)

    def forget(self, email: str) -> None:
        """The service knows no such user: what the cache says is no longer true."""
        with redis_errors(self._app.settings):
            self._app.redis.delete(_key(email))


def as_user(stored: bytes) -> dict[str, Any] | None:
    """Bytes as a user; None for rubbish and for JSON that is no object (a `null` is not a user)."""
    try:
        decoded = json.loads(stored)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) and decoded else None


def _key(email: str) -> str:
    return f"user:email:{email}"
