"""The errors of Redis in the words of this program: what may pass, and what does not."""

from __future__ import annotations

import re

import redis
from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    ClusterError,
    MasterDownError,
    NoPermissionError,
    ReadOnlyError,
    RedisClusterException,
    ResponseError,
    TryAgainError,
)

from shema_cli.errors import Failed, ShemaError, Unreachable
from shema_cli.store.greeting import UnfitServer, cluster_node

_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    ClusterDownError,
    ClusterError,
    MasterDownError,
    TryAgainError,
    RedisClusterException,
    OSError,
)
_AWAY_PREFIXES = ("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "MISCONF", "UNBLOCKED")
_OF_THE_LIBRARY = re.compile(r"^Error -?\d+ connecting to \S+\. |(?<=') : <.*|\.$", re.DOTALL)
"""What redis-py adds for its own developers: the address once more, the number of an error, its own objects."""
_HINT = "check REDIS_URL and that Redis runs: shema doctor"


def translate(error: BaseException, label: str = "") -> ShemaError:
    """Unreachable for what may pass (connection, timeout, loading, read-only, cluster down), Failed for the rest."""
    where = f"Redis at {label}" if label else "Redis"
    if unfit := _unfit(error):
        return Unreachable(unfit.code, f"{where} {unfit.message}", unfit.hint)
    text = _OF_THE_LIBRARY.sub("", str(error)) or type(error).__name__
    if isinstance(error, (AuthenticationError, AuthorizationError)) or text.startswith(("NOAUTH", "WRONGPASS")):
        hint = "check the user and the password in REDIS_URL"
        return Failed("redis_denied", f"{where} does not accept the credentials: {text}", hint)
    if isinstance(error, NoPermissionError) or text.startswith("NOPERM"):
        hint = "give that Redis user the permission, or use another in REDIS_URL"
        return Failed("redis_denied", f"{where} forbids this: {text}", hint)
    if isinstance(error, _AWAY) or text.startswith(_AWAY_PREFIXES):
        return Unreachable("redis_unreachable", f"{where} cannot be used now: {text}", _HINT)
    return Failed("redis_error", f"{where} answered with an error: {text}", "shema doctor")


def _unfit(error: BaseException) -> UnfitServer | None:
    """The client of a cluster hides behind its own errors what it met at the last node."""
    while not isinstance(error, (UnfitServer, AskError)):
        if error.__cause__ is None:
            return None
        error = error.__cause__
    return error if isinstance(error, UnfitServer) else cluster_node()


def refused(answer: object) -> ShemaError:
    """The error that a script met inside the server and handed out as text."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return translate(ResponseError(text))
