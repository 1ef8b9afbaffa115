"""What the tool must be allowed to do in Redis: the one list for `doctor` and for the proof before a run.

A right is a command line as the server is asked about it: the command, and arguments on a key or channel of the kind
that it is used on.
"""

from __future__ import annotations

from collections.abc import Iterable

from redis.exceptions import ResponseError

from shema_cli.errors import ShemaError
from shema_cli.store import keys
from shema_cli.store.commit import NO_TRAIL
from shema_cli.store.connection import Store
from shema_cli.store.errors import refused
from shema_cli.store.refusals import WITH_SUBCOMMANDS, Asked
from shema_cli.store.scripts import script

Right = tuple[str, ...]

PROVEN: tuple[Right, ...] = (
    ("DEL", "KEY"),
    ("PUBSUB", "NUMSUB"),
    ("LPUSH", "KEY", ""),
    ("RPUSH", "KEY", ""),
    ("RPOPLPUSH", "KEY", "KEY"),
    ("LRANGE", "KEY", "0", "-1"),
    ("LTRIM", "KEY", "1", "0"),
    ("SETBIT", "KEY", "0", "1"),
    ("GET", "KEY"),
    ("EXPIRE", "KEY", "60"),
    ("PERSIST", "KEY"),
    ("DEL", "KEY"),
    ("HINCRBY", "KEY", "a", "1"),
    ("HSET", "KEY", "a", "1"),
    ("HGET", "KEY", "a"),
    ("HMGET", "KEY", "a"),
    ("HGET", "KEY", "a"),
    ("HLEN", "KEY"),
    ("HGETALL", "KEY"),
    ("HDEL", "KEY", "a"),
    ("ZADD", "KEY", "1", "a"),
    ("ZSCORE", "KEY", "a"),
    ("ZRANGE", "KEY", "0", "-1"),
    ("ZRANGEBYSCORE", "KEY", "-inf", "+inf"),
    ("ZREM", "KEY", "b"),
    ("DEL", "KEY"),
)
"""What a run on the dead letters does between a PUBLISH and the end of its script, in an order in which each line works
on one key that is new. Before its first step a run does all of it on a `KEY` of its own, so that whoever may not learns
it while nothing is published."""

_ON_DEAD_LETTERS = tuple(
    tuple(f"{keys.DEAD_LETTERS_PREFIX}run:x" if word == "KEY" else word for word in right)
    for right in dict.fromkeys(PROVEN)
    if "KEY" in right[1:]
)
_REGISTERED, _DECIDED = f"{keys.REGISTRY_PREFIX}x", keys.decision("x").decode()

_ON_SEATS: tuple[Right, ...] = (
    ("ZADD", "1", "a"),
    ("ZCOUNT", "0", "1"),
    ("ZRANGEBYSCORE", "0", "0"),
    ("ZREM", "a"),
    ("ZREMRANGEBYSCORE", "0", "0"),
    ("ZREMRANGEBYRANK", "0", "0"),
    ("PEXPIRE", "60000"),
)

NEEDED: tuple[Right, ...] = (
    ("PING",),
    ("TIME",),
    ("EXISTS", keys.AUDIT),
    ("PUBLISH", "enrollment.approved", "x"),
    ("PUBLISH", f"{keys.PRESENCE_PREFIX}x", "x"),
    ("SUBSCRIBE", f"{keys.PRESENCE_PREFIX}x"),
    ("PSUBSCRIBE", "*"),
    ("MULTI",),
    ("EXEC",),
    ("PUBSUB", "NUMSUB", "enrollment.approved"),
    ("PUBSUB", "NUMPAT"),
    ("EVAL", "return 1", "1", keys.DEAD_LETTERS),
    ("EVALSHA", "0" * 40, "1", keys.DEAD_LETTERS),
    ("SCAN", "0"),
    ("LLEN", keys.DEAD_LETTERS),
    ("LINDEX", keys.DEAD_LETTERS, "-1"),
    ("LRANGE", keys.DEAD_LETTERS, "0", "0"),
    ("LPUSH", keys.DEAD_LETTERS, "x"),
    ("RPUSH", keys.DEAD_LETTERS, "x"),
    ("LTRIM", keys.DEAD_LETTERS, "0", "-1"),
    ("RPOPLPUSH", keys.DEAD_LETTERS, keys.IN_FLIGHT),
    ("EXISTS", f"{keys.RUN_PREFIX}x"),
    *_ON_DEAD_LETTERS,
    ("HGETALL", _DECIDED),
    ("HGET", _DECIDED, "x"),
    ("HSET", _DECIDED, "x", "1"),
    ("HDEL", _DECIDED, "x"),
    ("HGETALL", keys.TAILS),
    ("HMGET", keys.TAILS, "x"),
    ("HSET", keys.TAILS, "x", "1"),
    ("HDEL", keys.TAILS, "x"),
    *((command, keys.seats("x").decode(), *words) for command, *words in _ON_SEATS),
    ("HGETALL", keys.ACKNOWLEDGED),
    ("HGET", keys.ACKNOWLEDGED, "x"),
    ("HLEN", keys.ACKNOWLEDGED),
    ("HSET", keys.ACKNOWLEDGED, "x", "1"),
    ("HDEL", keys.ACKNOWLEDGED, "x"),
    ("HGETALL", _REGISTERED),
    ("HGET", _REGISTERED, "x"),
    ("HSET", _REGISTERED, "x", "1"),
    ("HDEL", _REGISTERED, "x"),
    ("XADD", keys.AUDIT, "*", "x", "1"),
    ("XRANGE", keys.AUDIT, "-", "+"),
    ("XREVRANGE", keys.AUDIT, "+", "-"),
    ("XREAD", "STREAMS", keys.AUDIT, "$"),
    ("XINFO", "STREAM", keys.AUDIT),
    ("XRANGE", keys.HISTORY, "-", "+"),
    ("XREVRANGE", keys.HISTORY, "+", "-"),
    ("XLEN", keys.HISTORY),
    ("XADD", keys.HISTORY, "*", "x", "1"),
    ("XINFO", "STREAM", keys.HISTORY),
    ("XTRIM", keys.HISTORY, "MINID", "0"),
    ("PTTL", keys.HISTORY),
    ("HSET", keys.HISTORY_STATE, "x", "1"),
    ("HDEL", keys.HISTORY_STATE, "x"),
    ("DEL", keys.HISTORY_STATE),
    ("HGETALL", keys.HISTORY_STATE),
    ("GET", f"{keys.USER_PREFIX}x"),
    ("PTTL", f"{keys.USER_PREFIX}x"),
    ("SET", f"{keys.USER_PREFIX}x", "1"),
    ("DEL", f"{keys.USER_PREFIX}x"),
)
"""One line a right; the arguments say on what."""

ON_A_CLUSTER: tuple[Right, ...] = (("CLUSTER", "SLOTS"), ("CLUSTER", "INFO"), ("COMMAND",))
HELPFUL: tuple[Right, ...] = (
    ("CLIENT", "SETNAME", "x"),
    ("CLIENT", "INFO"),
    ("CLIENT", "LIST"),
    ("INFO",),
    ("TYPE", keys.DEAD_LETTERS),
    ("PUBSUB", "CHANNELS"),
)
"""Used where they are allowed, and nothing depends on them: who is connected, what the server is, what a key holds,
what TAB offers."""

KEY_RULES = (f"~{keys.DEAD_LETTERS}", f"~{keys.DEAD_LETTERS_PREFIX}*", "~{shema}:*", f"~{keys.USER_PREFIX}*")
CHANNEL_RULES = ("&*",)
"""Patterns are compared word for word, so what follows everything needs a rule for everything."""


def command_rule(right: Right) -> str:
    """The rule of ACL SETUSER that allows it."""
    words = right[:2] if right[0] in WITH_SUBCOMMANDS else right[:1]
    return f"+{'|'.join(words).lower()}"


def acl_line(user: str = "shema", *, cluster: bool = False) -> str:
    """The command that makes a user who may do all that is needed, and nothing else."""
    rights = (*NEEDED, *HELPFUL, *(ON_A_CLUSTER if cluster else ()))
    commands = dict.fromkeys(command_rule(right) for right in rights)
    return " ".join(("ACL SETUSER", user, "reset on >PASSWORD", *KEY_RULES, *CHANNEL_RULES, *commands))


def unwritable(store: Store) -> ShemaError | None:
    """Why this server takes no writes now, seen without writing anything; None when it does.

    Raises what Redis raises when it is away.
    """
    try:
        store.run(script("writable"), [keys.AUDIT], [])
    except ResponseError as error:
        return refused(str(error).removeprefix(NO_TRAIL).strip(), Asked("XADD", keys=(keys.AUDIT,)))
    return None


def missing(store: Store, rights: Iterable[Right]) -> list[Right] | None:
    """Those that this user does not have, asked without doing any of it; None where that cannot be asked (6.2).

    Raises what Redis raises.
    """
    asked = list(rights)
    answers = store.run(script("rights"), [keys.AUDIT], ["\n".join(right) for right in asked])
    return None if answers is None else [right for right, may in zip(asked, answers, strict=True) if not may]
