"""A message that is resent is marked and in the trail, and one that is marked was published, whatever a server refuses.

The trouble begins when the run has joined and proved its rights, just before its first step.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest
import redis

from shema_cli.dlq.run.republish import RepublishOptions
from shema_cli.dlq.run.store import _FIXED
from shema_cli.errors import ShemaError
from shema_cli.resend.message import outgoing
from shema_cli.resend.resend import resend
from shema_cli.resend.selection import choose, read
from shema_cli.store import keys
from tests.dlq.operator import operator_on
from tests.dlq.support import numbers, runs_of
from tests.resend.support import APPROVED, marks, payload, record
from tests.support.store import store_at
from tests.support.subscriber import Listener
from tests.support.trail import audited, hash_at
from tests.support.valkey import Valkey

Trouble = Callable[[redis.Redis], object]
AT_MS = 1_700_000_000_000
MESSAGES = [(APPROVED, payload(0)), ("user.updated", payload(1)), (APPROVED, payload(2))]
COMMANDS = (
    *("lpush", "ltrim", "hget", "hmget", "hset", "hincrby", "zadd", "get", "setbit", "expire", "publish", "pubsub"),
    *("time", "evalsha", "xrange"),
)


def counts_of(server: Valkey, id: str) -> tuple[str, bytes]:
    """The hash and the field under which the resends of a message are counted."""
    store = store_at(server.url)
    (message,) = read(store, operator_on(store).clock, [id])
    store.close()
    key = outgoing(message, "").resent_key
    period, shard = int(time.time()) // _FIXED["period_s"], int.from_bytes(key[:2]) % _FIXED["shards"]
    return f"{keys.REPLAYS_PREFIX}{period}:{shard}", key


def replaced(key: str) -> Trouble:
    """Somebody put something else under this key."""

    def put(client: redis.Redis) -> None:
        client.delete(key)
        client.execute_command("SADD", key, "x")

    return put


def own_count(client: redis.Redis) -> None:
    for run in runs_of(client):
        client.hset(f"{keys.RUN_PREFIX}{run.decode()}", "done", "many")


def own_events(client: redis.Redis) -> None:
    for run in runs_of(client):
        replaced(f"{keys.RUN_EVENTS_PREFIX}{run.decode()}")(client)


def full(client: redis.Redis) -> None:
    client.config_set("maxmemory", "1")


def marks_key(client: redis.Redis) -> None:
    replaced(f"{keys.REPLAYS_PREFIX}{int(time.time()) // _FIXED['period_s']}")(client)


TROUBLES = {
    "runs": replaced(keys.RUNS),
    "marks": marks_key,
    "its own count": own_count,
    "its own events": own_events,
    "the history": replaced(keys.HISTORY),
    "the trail": replaced(keys.AUDIT),
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
    heard: list[int]
    marked: int
    begun: bool
    told: int  # by the trail, or by the run for whoever enters its end


def told_of(client: redis.Redis, trail: Sequence[Mapping[str, str]]) -> int:
    ends = [json.loads(entry["details"]) for entry in trail if entry["action"] == "events.resend"]
    names = {f"{keys.RUN_PREFIX}{end['run']}".encode() for end in ends}
    runs = [key for key in client.scan_iter(f"{keys.RUN_PREFIX}*") if key not in names]
    done = [hash_at(client, key).get("done", "0") for key in runs]
    return sum(end["resent"] for end in ends) + sum(int(count) for count in done if count.isdigit())


def resend_all(server: Valkey, trouble: Trouble, ids: list[str]) -> Seen:
    url = f"redis://limited:pw@127.0.0.1:{server.port}/0"
    with server.client() as client, Listener(server.port, APPROVED) as service:
        client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">pw", "~*", "&*", "+@all")
        store = store_at(url)
        operator = operator_on(store, yes=False)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(operator.person, "confirm", lambda *_, **__: trouble(client))
            with suppress(ShemaError):
                resend(operator, choose(store, operator.clock, tuple(ids)), RepublishOptions())
        store.close()
        client.config_set("maxmemory", "0")
        trail = audited(client) if client.type(keys.AUDIT) == b"stream" else []
        begun = any(entry["action"] == "events.resend.begun" for entry in trail)
        heard = numbers(one.payload for one in service.so_far())
        return Seen(heard, marks(client), begun, told_of(client, trail))


def check(seen: Seen) -> None:
    assert seen.heard in ([], [0, 2])
    assert seen.marked == seen.told == len(seen.heard)
    assert seen.begun or not seen.heard


@pytest.fixture
def ids(server: Valkey) -> list[str]:
    with server.client() as client:
        return record(client, MESSAGES, at_ms=AT_MS)


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_whatever_stands_under_its_keys(server: Valkey, ids: list[str], trouble: Trouble) -> None:
    check(resend_all(server, trouble, ids))


@pytest.mark.parametrize("value", ["x", str(2**63 - 1)])
def test_a_count_that_is_none(server: Valkey, ids: list[str], value: str) -> None:
    key, field = counts_of(server, ids[2])
    seen = resend_all(server, lambda client: client.execute_command("HSET", key, field, value), ids)
    assert seen.heard == []


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_command_is_refused_from_then_on(server: Valkey, ids: list[str], command: str) -> None:
    check(resend_all(server, lambda client: client.execute_command("ACL", "SETUSER", "limited", f"-{command}"), ids))


def test_without_trouble_what_is_heard_is_marked(server: Valkey, ids: list[str]) -> None:
    seen = resend_all(server, lambda client: None, ids)
    assert (seen.heard, seen.marked, seen.begun, seen.told) == ([0, 2], 2, True, 2)
