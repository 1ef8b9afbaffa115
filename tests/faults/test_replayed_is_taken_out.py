"""A dead letter that is published leaves the list, and one that leaves was published, whatever a server refuses.

The trouble begins when the run has joined and proved its rights, just before its first step.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
import redis

from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.letters.selection import EntrySelection
from shema_cli.dlq.publishing import ReplayOptions
from shema_cli.dlq.replay import replay
from shema_cli.dlq.run.store import _FIXED
from shema_cli.errors import ShemaError
from shema_cli.store import keys
from tests.dlq.operator import operator_on
from tests.dlq.support import letter, numbers, push, runs_of, stored
from tests.support.store import store_at
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey

Trouble = Callable[[redis.Redis], object]
CHANNELS = ("enrollment.approved", "booking.created")
RAWS = [letter(n, ("ENROLLMENT_APPROVED", "BOOKING_CREATED", "USER_UPDATED")[n % 3]) for n in range(6)]
COMMANDS = (
    *("llen", "lrange", "lpush", "ltrim", "rpoplpush", "rpush", "hget", "hmget", "hset", "hincrby", "hdel", "zadd"),
    *("zscore", "zrange", "zrem", "get", "setbit", "expire", "publish", "pubsub", "time", "evalsha"),
)


def period() -> int:
    return int(time.time()) // _FIXED["period_s"]


def shard(number: int) -> str:
    """The key of the replay counts of one of the letters."""
    high, low = parse_entry(RAWS[number]).replay_key[:2]
    return f"{keys.REPLAYS_PREFIX}{period()}:{(high * 256 + low) % _FIXED['shards']}"


def replaced(key: str) -> Trouble:
    """Somebody put something else under this key."""

    def put(client: redis.Redis) -> None:
        client.delete(key)
        client.execute_command("SADD", key, "x")

    return put


def filled(key: str, field: bytes | str, value: str) -> Trouble:
    return lambda client: client.execute_command("HSET", key, field, value)


def other_run(client: redis.Redis) -> None:
    client.zadd(keys.RUNS, {"other": 1})
    client.set(f"{keys.RUN_PREFIX}other", "x")


def own_count(client: redis.Redis) -> None:
    for run in runs_of(client):
        client.hset(f"{keys.RUN_PREFIX}{run.decode()}", "done", "many")


def full(client: redis.Redis) -> None:
    client.config_set("maxmemory", "1")


TROUBLES = {
    "in flight": replaced(keys.IN_FLIGHT),
    "gap": replaced(keys.GAP),
    "history": replaced(keys.REPLAY_HISTORY),
    "runs": replaced(keys.RUNS),
    "marks": replaced(f"{keys.REPLAYS_PREFIX}{period()}"),
    "counts of the first": replaced(shard(0)),
    "counts of the last": replaced(shard(4)),
    "a count that is none": filled(shard(4), parse_entry(RAWS[4]).replay_key, "x"),
    "a count without end": filled(shard(4), parse_entry(RAWS[4]).replay_key, str(2**63 - 1)),
    "taken that is none": filled(keys.GAP, "taken", "x"),
    "taken without end": filled(keys.GAP, "taken", str(2**63 - 1)),
    "another run": other_run,
    "its own count": own_count,
    "full": full,
}


@pytest.fixture
def server(any_server: Valkey) -> Iterator[Valkey]:
    yield any_server
    with any_server.client() as client:
        client.config_set("maxmemory", "0")
        client.execute_command("ACL", "DELUSER", "limited")


@dataclass
class Seen:
    heard: Counter[int]
    left: Counter[bytes]


def replay_all(server: Valkey, trouble: Trouble) -> Seen:
    url = f"redis://limited:pw@127.0.0.1:{server.port}/0"
    with server.client() as client, Listener(server.port, *CHANNELS) as service:
        client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">pw", "~*", "&*", "+@all")
        push(client, RAWS)
        store = store_at(url)
        operator = operator_on(store, yes=False)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(operator.person, "confirm", lambda *_, **__: trouble(client))
            with suppress(ShemaError):
                replay(operator, EntrySelection(everything=True), ReplayOptions())
        store.close()
        client.config_set("maxmemory", "0")
        if client.type(keys.IN_FLIGHT) == b"set":
            client.delete(keys.IN_FLIGHT)
        return Seen(Counter(numbers(one.payload for one in service.so_far())), Counter(stored(client)))


def check(seen: Seen) -> None:
    for number, raw in enumerate(RAWS):
        assert (seen.heard[number], seen.left[raw]) in ((1, 0), (0, 1)), number
    assert seen.heard.keys() <= {0, 1, 3, 4}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_whatever_stands_under_its_keys(server: Valkey, trouble: Trouble) -> None:
    check(replay_all(server, trouble))


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_command_is_refused_from_then_on(server: Valkey, command: str) -> None:
    check(replay_all(server, lambda client: client.execute_command("ACL", "SETUSER", "limited", f"-{command}")))


def test_without_trouble_what_is_heard_is_gone(server: Valkey) -> None:
    seen = replay_all(server, lambda client: None)
    assert seen.heard == Counter([0, 1, 3, 4])
    assert sum(seen.left.values()) == 2
