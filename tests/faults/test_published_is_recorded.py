"""Published ⇔ recorded ⇔ audited, whatever a server refuses: on every server, and for each command that it may refuse.

Whatever fails must fail before the PUBLISH: what was heard cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from shema_cli.context import AppContext
from shema_cli.enrollments.decide import DecisionMade, DecisionOrder
from shema_cli.enrollments.results import DecisionKind
from shema_cli.errors import ShemaError
from shema_cli.events.envelope import encode_event
from shema_cli.events.publish import ListenerGuard, publish
from shema_cli.store import commit, keys
from tests.enrollments.school import decider_of
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.waiting import eventually
from tests.support.world import app_on

APPROVE = DecisionOrder("e1", "s1", DecisionKind.APPROVED)
COMMANDS = (
    "hgetall",
    "hget",
    "hset",
    "hdel",
    "xadd",
    "xinfo",
    "xrevrange",
    "publish",
    "pubsub",
    "time",
)
Trouble = Callable[[redis.Redis], None]
LAST_ID = f"{2**64 - 1}-{2**64 - 1}"


def wrong_trail(client: redis.Redis) -> None:
    client.set(keys.AUDIT, "x")


def wrong_record(client: redis.Redis) -> None:
    client.set(keys.decision("e1"), "x")


def used_up(client: redis.Redis) -> None:
    client.execute_command("XADD", keys.AUDIT, LAST_ID, "a", "b")


def used_up_and_emptied(client: redis.Redis) -> None:
    used_up(client)
    client.xdel(keys.AUDIT, LAST_ID)


def full(client: redis.Redis) -> None:
    client.config_set("maxmemory", "1")


def replica(client: redis.Redis) -> None:
    client.replicaof("127.0.0.1", "1")


def alone(client: redis.Redis) -> None:
    client.config_set("min-replicas-to-write", "1")


def cannot_save(client: redis.Redis) -> None:
    client.config_set("save", "3600 100000")
    folder, name = client.config_get("dir")["dir"], client.config_get("dbfilename")["dbfilename"]
    Path(str(folder), str(name)).mkdir(exist_ok=True)
    client.bgsave()
    eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", what="a save that fails")


TROUBLES = (wrong_trail, wrong_record, used_up, used_up_and_emptied, full, replica, alone, cannot_save)


def lift(client: redis.Redis) -> None:
    """Whatever was done to the server itself is undone."""
    client.replicaof("NO", "ONE")
    for name, value in (("maxmemory", "0"), ("min-replicas-to-write", "0"), ("save", "")):
        client.config_set(name, value)


@pytest.fixture(autouse=True)
def short_failovers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server alone is waited for as one that fails over: what is looked at is what was done by the end of that."""
    monkeypatch.setattr(commit, "FAILOVER_S", 2.0)


@pytest.fixture
def server(any_server: Valkey) -> Iterator[Valkey]:
    """One of each kind, as it was before whatever is done to it."""
    yield any_server
    with any_server.client() as client:
        lift(client)
        client.execute_command("ACL", "DELUSER", "limited")


Decide = Callable[[AppContext], bool]


def approve(app: AppContext) -> bool:
    return isinstance(decider_of(app).decide(APPROVE), DecisionMade)


def send(app: AppContext) -> bool:
    event = encode_event("enrollment.approved", {"enrollmentId": "e1"}, clock=app.clock)
    return publish(app.store, app.journal, event, ListenerGuard()).receivers == 1


@contextmanager
def limited(server: Valkey, folder: Path, *rules: str) -> Iterator[AppContext]:
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">pw", "~*", "&*", "+@all", *rules)
    with app_on(server, folder, REDIS_URL=f"redis://limited:pw@127.0.0.1:{server.port}/0") as app:
        yield app


def check(server: Valkey, app: AppContext, change: Decide, trouble: Trouble = lift) -> None:
    """Heard, recorded and audited: all of it or nothing; and told as what it is."""
    with server.client() as client, Listener(server.port, "enrollment.approved") as service:
        trouble(client)
        before = _kept(client)
        try:
            done = change(app)
        except ShemaError:
            done = False
        lift(client)
        heard = len(service.events())
        record, trail = _kept(client)
    assert heard == done
    if not done:
        assert (record, trail) == before
        return
    assert trail == before[1] + 1
    assert bool(record) == (change is approve or before[0])


def _kept(client: redis.Redis) -> tuple[object, int]:
    kind = client.type(keys.decision("e1"))
    record = client.hgetall(keys.decision("e1")) if kind == b"hash" else kind == b"string"
    return record, client.xlen(keys.AUDIT) if client.type(keys.AUDIT) == b"stream" else 0


@pytest.mark.parametrize("change", [approve, send])
@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_command_is_refused(server: Valkey, tmp_path: Path, command: str, change: Decide) -> None:
    with limited(server, tmp_path, f"-{command}") as app:
        check(server, app, change)


@pytest.mark.parametrize("change", [approve, send])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_state_the_server_is_in(server: Valkey, tmp_path: Path, trouble: Trouble, change: Decide) -> None:
    with app_on(server, tmp_path) as app:
        check(server, app, change, trouble)


@pytest.mark.parametrize("change", [approve, send])
@pytest.mark.parametrize("key", ["~{shema}:decision:*", "~{shema}:audit"])
def test_whatever_key_is_refused(server: Valkey, tmp_path: Path, key: str, change: Decide) -> None:
    with limited(server, tmp_path, "resetkeys", key) as app:
        check(server, app, change)
