"""Find a user by address: the cache first, then the user service; Redis out of reach does not stop it.

The cache is shared with the auth service (contract 1.5): key `user:email:<email>`, value the user's JSON, 300 s. What
other programs write there may be anything: only a JSON object counts as a user.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from shema_cli.calls.aside import REDIS, aside
from shema_cli.calls.reply import Reply
from shema_cli.errors import Failed, InvalidUsage, NotConfigured, NotFound, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.json_text import loads, merged
from shema_cli.results import Result, Table
from shema_cli.store.keys import USER_PREFIX

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.store.connection import Store

PATH = "/api/users/by-email"
LIFETIME_S = 300
T = TypeVar("T")


@dataclass(frozen=True)
class FoundUser(Result):
    """A user as the service gave it; `hit` when the cache did. `expires_in_s` is None where nothing expires."""

    user: Mapping[str, object]
    hit: bool
    expires_in_s: int | None

    def document(self) -> dict[str, object]:
        return merged(self.user, {"_cache": {"hit": self.hit, "expires_in_s": self.expires_in_s}})

    def table(self) -> Table:
        return Table(("field", "value"), list(self.user.items()))


async def find_user(services: Callable[[], ServiceClient], cache: UserCache, email: str, *, fresh: bool) -> FoundUser:
    """The user with this address; `fresh` does not ask the cache.

    Raises NotFound when there is none, ServiceUnavailable when nobody can tell, InvalidUsage for an empty address.
    """
    if not email.strip():
        raise InvalidUsage("bad_email", "the address is empty", "shema users show EMAIL")
    if not fresh and (cached := await cache.read(email)):
        return cached
    async with services() as client:
        reply = await client.request("user", "GET", PATH, params={"email": email})
    if reply.status == 404:
        await cache.forget(email)
        raise NotFound(
            "user_not_found",
            f"there is no user with the address {email} (request {reply.request_id})",
            "check how the address is written"
            if "@" in email
            else "users are looked up by email: shema users show EMAIL",
        )
    user = _user_of(reply)
    await cache.write(email, reply.body)
    return FoundUser(user, False, LIFETIME_S if cache.works and cache.writes else None)


def _user_of(reply: Reply) -> dict[str, object]:
    reply.raise_for_status().json()
    user = as_user(reply.body)
    if user is None:
        raise reply.bad_answer("the answer is not a user")
    return user


class UserCache:
    """The users' cache in Redis, as long as it works: after the first failure it is told once and left alone.

    Without `writes` it is only read.
    """

    def __init__(self, connect: Callable[[], Store], warn: Callable[[str], None], *, writes: bool = True) -> None:
        self.writes = writes
        self._connect = connect
        self._warn = warn
        self.works = True

    async def read(self, email: str) -> FoundUser | None:
        """The user in the cache; None when there is none, or something else is in its place."""
        found = await self._attempt(lambda store: _stored(store, email))
        if found is None:
            return None
        stored, left_ms = found
        user = as_user(stored)
        if user is None:
            self._warn(f"what Redis keeps under {_key(email)} is not a user; asking the user service")
            return None
        return FoundUser(user, True, math.ceil(left_ms / 1000) if left_ms >= 0 else None)

    async def write(self, email: str, body: bytes) -> None:
        """Keep the user's JSON exactly as the service gave it."""
        if self.writes:
            await self._attempt(lambda store: store.client.set(_key(email), body, ex=LIFETIME_S))

    async def forget(self, email: str) -> None:
        """The service knows no such user: what the cache says is no longer true."""
        if self.writes:
            await self._attempt(lambda store: store.client.delete(_key(email)))

    async def _attempt(self, work: Callable[[Store], T]) -> T | None:
        def with_store() -> T:
            store = self._connect()
            with store.errors():
                return work(store)

        if not self.works:
            return None
        try:
            return await aside(with_store, uses=REDIS)
        except (Unreachable, Failed, NotConfigured) as error:
            self.works = False
            self._warn(f"the cache is not used: {error.message}")
            return None


def _stored(store: Store, email: str) -> tuple[bytes, int] | None:
    """What is kept, and for how many milliseconds more (negative: for ever)."""
    pipeline = store.client.pipeline(transaction=False)
    pipeline.get(_key(email))
    pipeline.pttl(_key(email))
    stored, left_ms = pipeline.execute()
    return None if stored is None else (stored, left_ms)


def as_user(stored: bytes) -> dict[str, object] | None:
    """Bytes as a user; None for rubbish and for JSON that is no object (a `null` is not a user)."""
    try:
        decoded = loads(stored)
    except ValueError:
        return None
    return decoded if isinstance(decoded, dict) and decoded else None


def _key(email: str) -> str:
    return f"{USER_PREFIX}{email}"
