"""The errors of Redis in the words of this program: what may pass, and what does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import redis
from redis.exceptions import AskError, ClusterError, InvalidResponse, RedisClusterException, ResponseError

from shema_cli.errors import Failed, Refused, ShemaError, Unreachable
from shema_cli.settings.address import Address
from shema_cli.store import keys
from shema_cli.store.greeting import ElsewhereServer, UnfitServer, cluster_node
from shema_cli.store.places import explain
from shema_cli.store.refusals import Asked, Refusal, note, refusal

_AWAY = (redis.ConnectionError, redis.TimeoutError, ClusterError, RedisClusterException, OSError)
_OF_THE_LIBRARY = re.compile(r"^Error -?\d+ connecting to \S+\. |(?<=') : <.*|\.$", re.DOTALL)
"""What redis-py adds for its own developers: the address once more, the number of an error, its own objects."""
UNREACHABLE_HINT = "check REDIS_URL and that Redis runs: shema doctor"
_PRIMARY = "point REDIS_URL at the primary, or at the sentinels: redis+sentinel://host:port/SERVICE"
_LOG = "look into its log and at its disk; until it can save, it takes no writes"
_PASSING = {
    "LOADING": ("is still loading its data", "run the same command again in a moment"),
    "READONLY": ("is a replica, and takes no writes", _PRIMARY),
    "MASTERDOWN": ("is a replica that has lost its primary", _PRIMARY),
    "CLUSTERDOWN": ("is a cluster that has lost a part of its slots", "wait for its failover, or bring the node back"),
    "TRYAGAIN": ("is moving these keys to another node", "run the same command again in a moment"),
    "NOREPLICAS": ("has too few replicas to take writes (min-replicas-to-write)", "bring its replicas back"),
    "MISCONF": ("cannot save its data, and so takes no writes (MISCONF)", _LOG),
    "UNBLOCKED": ("ended the waiting, because it became a replica", "run the same command again"),
    "BUSY": ("is busy with a script that runs for long", "run the same command again in a moment"),
    "UNKILLABLE": ("is busy with a script that runs for long", "run the same command again in a moment"),
}
"""What goes on from the server's name, and what to do."""


FAILOVER_S = 30.0
"""How long a run waits for Redis: a failover takes half of it where the servers' own timeouts are the usual ones."""


class Passing(Unreachable):
    """What a failover ends: whoever is in the middle of something may wait for it."""


def translate(error: BaseException, at: Address | str = "") -> ShemaError:
    """Unreachable for what may pass (connection, timeout, loading, read-only, cluster down), Failed for the rest."""
    label = at.label if isinstance(at, Address) else at
    where = f"Redis at {label}" if label else "Redis"
    unfit = _unfit(error)
    if isinstance(unfit, ElsewhereServer):
        return Refused(unfit.code, unfit.message, unfit.hint)
    if unfit:
        return Unreachable(unfit.code, f"{where} {unfit.message}", unfit.hint)
    told = refusal(error)
    if passing := _PASSING.get(told.word):
        kind = Unreachable if told.word == "MISCONF" else Passing
        return kind("redis_unreachable", f"{where} {passing[0]}", passing[1])
    if answered := _ANSWERS.get(told.word):
        return answered(told, where)
    if isinstance(at, Address) and (found := explain(error, at)):
        return Passing("redis_unreachable", f"{where} cannot be used now: {found.problem}", found.hint)
    if isinstance(error, InvalidResponse):
        hint = "correct the host and the port in REDIS_URL; services, and proxies in between, speak HTTP"
        return Failed("redis_error", f"{where} does not answer as Redis does: something else listens there", hint)
    text = _OF_THE_LIBRARY.sub("", str(error)) or type(error).__name__
    if isinstance(error, _AWAY):
        return Passing("redis_unreachable", f"{where} cannot be used now: {text}", UNREACHABLE_HINT)
    return Failed("redis_error", f"{where} answered with an error: {_with_word(told) or text}", "shema doctor")


def refused(answer: object, asked: Asked | None = None) -> ShemaError:
    """The error that a script met inside the server and handed out as text."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    error = ResponseError(text)
    if asked:
        note(error, asked)
    return translate(error)


def _unfit(error: BaseException) -> UnfitServer | None:
    """The client of a cluster hides behind its own errors what it met at the last node."""
    while not isinstance(error, (UnfitServer, AskError)):
        if error.__cause__ is None:
            return None
        error = error.__cause__
    return error if isinstance(error, UnfitServer) else cluster_node()


def _with_word(told: Refusal) -> str:
    return f"{told.word} {told.text}".strip()


def _not_signed_in(told: Refusal, where: str) -> ShemaError:
    hint = "check the user and the password in REDIS_URL"
    return Failed("redis_denied", f"{where} does not accept the credentials: {told.text}", hint)


def _forbidden(told: Refusal, where: str) -> ShemaError:
    """Names the command, key or channel, and the rule that allows it."""
    what, rule = _right(told)
    hint = (
        f"give that Redis user the right ({rule}), or use another in REDIS_URL; shema doctor prints all that it needs"
    )
    return Failed("redis_denied", f"{where} forbids this user {what}", hint)


def _right(told: Refusal) -> tuple[str, str]:
    named = told.asked or Asked("")
    if told.of_a_channel:
        rules = ", ".join(f"&{channel}" for channel in named.channels) or "&*"
        note = " (a pattern needs a rule that is the same word for word)" if told.called == "PSUBSCRIBE" else ""
        return f"{_listed('channel', named.channels)}, which {told.called or 'PUBLISH'} needs{note}", rules
    if told.of_a_key:
        return f"{_listed('key', named.keys)}, which {told.called} needs", ", ".join(map(_key_rule, named.keys)) or "~…"
    command = told.command or told.called.lower()
    on = f" on {named.keys[0]}" if len(named.keys) == 1 and not named.script else ""
    return f"the command '{command}'{on}", f"+{command}"


def _key_rule(key: str) -> str:
    """The pattern that doctor's line has for it."""
    prefixes = (keys.DEAD_LETTERS_PREFIX, "{shema}:", keys.USER_PREFIX)
    return next((f"~{prefix}*" for prefix in prefixes if key.startswith(prefix)), f"~{key}")


def _listed(kind: str, names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"the {kind} {names[0]}"
    return f"one of the {kind}s {', '.join(names)}" if names else f"a {kind}"


def _wrong_type(told: Refusal, where: str) -> ShemaError:
    asked = told.asked or Asked("")
    holds = [f"{key} holds a {found}, where a {keys.kind_of(key)} is expected" for key, found in asked.found]
    told_so = f"{_listed('key', asked.keys)} holds something else than is expected there: {_with_word(told)}"
    message = f"{where}: {' and '.join(holds)} (WRONGTYPE)" if holds else f"{where}: {told_so}"
    key = asked.found[0][0] if asked.found else asked.keys[0] if len(asked.keys) == 1 else "KEY"
    return Failed("redis_error", message, f"see who writes there, and move it out of the way: RENAME {key} {key}.old")


def _full(told: Refusal, where: str) -> ShemaError:
    del told
    hint = "raise its maxmemory, or make room: shema dlq export and discard work all the same"
    return Failed("redis_error", f"the memory of {where} is full (maxmemory), and it takes nothing new", hint)


def _exhausted(told: Refusal, where: str) -> ShemaError:
    key = told.asked.keys[0] if told.asked and told.asked.keys else "KEY"
    message = f"the stream {key} of {where} has exhausted its ids: somebody has written the last id that there is"
    return Failed("redis_error", message, f"find out who, and move it out of the way: RENAME {key} {key}.old")


_ANSWERS: dict[str, Callable[[Refusal, str], ShemaError]] = {
    "NOPERM": _forbidden,
    "NOAUTH": _not_signed_in,
    "WRONGPASS": _not_signed_in,
    "WRONGTYPE": _wrong_type,
    "OOM": _full,
    "EXHAUSTED": _exhausted,
}
