"""What the tool must be allowed to do in Redis: the one list for `doctor` and for the proof before a run.

A right is a command line as `ACL DRYRUN` takes it: the command, and arguments on a key of the kind that it is used on.
"""

from __future__ import annotations

from shema_cli.store import keys

Right = tuple[str, ...]

PROVEN: tuple[Right, ...] = (
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
    ("HMGET", "KEY", "a"),
    ("HGET", "KEY", "a"),
    ("HLEN", "KEY"),
    ("HGETALL", "KEY"),
    ("HDEL", "KEY", "a"),
    ("ZADD", "KEY", "1", "a"),
    ("ZSCORE", "KEY", "a"),
    ("ZRANGE", "KEY", "0", "-1"),
    ("DEL", "KEY"),
)
"""What a run on the dead letters does between a PUBLISH and the end of its script, in an order in which each line works
on one key that is new. Before its first step a run does all of it on a `KEY` of its own, so that whoever may not learns
it while nothing is published."""

_ON_DEAD_LETTERS = tuple(
    tuple(f"{keys.DEAD_LETTERS_PREFIX}run:x" if word == "KEY" else word for word in right)
    for right in dict.fromkeys(PROVEN)
)

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
    ("PUBLISH", "enrollment.approved", "x"),
    ("SUBSCRIBE", "enrollment.approved"),
    ("SUBSCRIBE", f"{keys.PRESENCE_PREFIX}*"),
    ("PSUBSCRIBE", "*"),
    ("PUBSUB", "CHANNELS"),
    ("PUBSUB", "NUMSUB", "enrollment.approved"),
    ("EVAL", "return 1", "1", keys.DEAD_LETTERS),
    ("EVALSHA", "0" * 40, "1", keys.DEAD_LETTERS),
    ("LRANGE", keys.DEAD_LETTERS, "0", "0"),
    ("LPUSH", keys.DEAD_LETTERS, "x"),
    ("RPUSH", keys.DEAD_LETTERS, "x"),
    *_ON_DEAD_LETTERS,
    ("HSET", keys.decision("x").decode(), "x", "1"),
    *((command, keys.seats("x").decode(), *words) for command, *words in _ON_SEATS),
    ("HSET", f"{keys.REGISTRY_PREFIX}x", "x", "1"),
    ("XADD", keys.AUDIT, "*", "x", "1"),
    ("XREVRANGE", keys.AUDIT, "+", "-"),
    ("SCAN", "0"),
    ("GET", f"{keys.USER_PREFIX}x"),
    ("SET", f"{keys.USER_PREFIX}x", "1"),
)
"""One line a right; the arguments say on what."""
