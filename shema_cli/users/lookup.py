"""Find a user by address: the cache first, then the user service; Redis out of reach does not stop it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from shema_cli.calls.aside import aside
from shema_cli.calls.reply import Reply
from shema_cli.errors import Failed, InvalidUsage, NotConfigured, NotFound, Unreachable
from shema_cli.results import Result, Table
from shema_cli.users.cache import LIFETIME_S, NotAUser, UserCache, as_user

if TYPE_CHECKING:
    from shema_cli.context import AppContext

PATH = "/api/users/by-email"
T = TypeVar("T")


@dataclass(frozen=True)
class FoundUser(Result):
    """A user as the service gave it; `hit` when the cache did. `expires_in_s` is None where nothing expires."""

    user: Mapping[str, Any]
    hit: bool
    expires_in_s: int | None

    def document(self) -> dict[str, Any]:
        return {**self.user, "_cache": {"hit": self.hit, "expires_in_s": self.expires_in_s}}

    def table(self) -> Table:
        return Table(("field", "value"), list(self.user.items()))


async def find_user(app: AppContext, email: str, *, fresh: bool) -> FoundUser:
    """The user with this address.

    Raises NotFound when there is none, ServiceUnavailable when nobody can tell, InvalidUsage for an empty address.
    """
    if not email.strip():
        raise InvalidUsage("bad_email", "the address is empty", "shema users show EMAIL")
    cache = _Cache(app, UserCache(app))
    if not fresh and (cached := await cache.attempt(lambda store: store.read(email))):
        return FoundUser(cached.user, True, cached.expires_in_s)
    async with app.services() as client:
        reply = await client.request("user", "GET", PATH, params={"email": email})
    if reply.status == 404:
        await cache.attempt(lambda store: store.forget(email))
        raise NotFound(
            "user_not_found",
            f"there is no user with the address {email} (request {reply.request_id})",
            "check how the address is written",
        )
    user = _user_of(reply)
    await cache.attempt(lambda store: store.write(email, reply.body))
    return FoundUser(user, False, LIFETIME_S if cache.works else None)


def _user_of(reply: Reply) -> dict[str, Any]:
    reply.raise_for_status().json()
    user = as_user(reply.body)
    if user is None:
        raise reply.bad_answer("the answer is not a user")
    return user


class _Cache:
    """The cache as long as it works: after the first failure it is told once and left alone."""

    def __init__(self, app: AppContext, store: UserCache) -> None:
        self._app = app
        self._store = store
        self.works = True

    async def attempt(self, work: Callable[[UserCache], T]) -> T | None:
        if not self.works:
            return None
        try:
            return await aside(lambda: work(self._store))
        except NotAUser as error:
            self._app.output.warn(f"{error.message}; asking the user service")
            return None
        except (Unreachable, Failed, NotConfigured) as error:
            self.works = False
            self._app.output.warn(f"the cache is not used: {error.message}")
            return None
