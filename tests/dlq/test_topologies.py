"""The dead letters on a cluster of three and behind Sentinel, with real servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.dlq.spawner import Spawner
from tests.dlq.support import FLIGHT, KINDS, LIST, RUNS, Service, Shema, letter, numbers, push, stored
from tests.support.registry import put
from tests.support.topologies import Cluster, cluster, sentinel_set
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

AUDIT = "{shema}:audit"


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture
def home(nodes: Cluster) -> Iterator[redis.Redis]:
    for node in nodes.nodes:
        with node.client() as client:
            client.flushall()
    with nodes.node_of(LIST).client() as client:
        yield client


@pytest.fixture
def elsewhere(nodes: Cluster) -> Valkey:
    """A node where neither the list nor the audit trail is."""
    return next(node for node in nodes.nodes if node not in (nodes.node_of(LIST), nodes.node_of(AUDIT)))


@pytest.fixture
def on_cluster(dlq_env: dict[str, str], nodes: Cluster) -> dict[str, str]:
    return {**dlq_env, "REDIS_URL": nodes.url}


def test_every_command_works_on_a_cluster(
    on_cluster: dict[str, str], nodes: Cluster, home: redis.Redis, elsewhere: Valkey, tmp_path: Path
) -> None:
    dlq = Shema(on_cluster)
    raws = [letter(n, KINDS[n % 3]) for n in range(600)]
    push(home, raws)
    with Service(elsewhere.port) as service:
        assert dlq.json("list")["total"] == dlq.json("stats")["total"] == 600
        assert dlq.json("show", "evt_00000001")["listeners"] == 1
        assert dlq.json("show", "evt_00000002")["listeners"] == 0
        family = dlq.json("stats")["by_error"][0]["fingerprint"]
        assert dlq.json("ack", family, "--yes")["entries"] == 600
        assert dlq.json("stats")["by_error"][0]["acknowledged"]["state"] == "known"
        result = dlq.json("replay", "--all", "--yes", code=1)
        assert (result["replayed"], result["unheard"]) == (400, 200)
        assert numbers(service.payloads(400)) == [n for n in range(600) if n % 3 != 2]
    left = raws[2::3]
    assert stored(home) == left
    file = str(tmp_path / "gone")
    assert dlq.json("discard", "--all", "--yes", "--export", file)["discarded"] == 200
    assert stored(home) == []
    assert dlq.json("import", file, "--yes") == {"imported": 200, "duplicates": 0}
    assert stored(home) == left
    with nodes.node_of(AUDIT).client() as client:
        actions = [entry["action"] for entry in ended(client)]
    assert actions == ["dlq.ack", "dlq.replay", "dlq.discard", "dlq.import"]
    assert not home.exists(FLIGHT, RUNS)


def test_on_a_cluster_a_pattern_on_another_node_may_hear_and_a_tail_does_not(
    on_cluster: dict[str, str], home: redis.Redis, elsewhere: Valkey
) -> None:
    dlq = Shema(on_cluster)
    push(home, [letter(1)])
    with Service(elsewhere.port, channels=(), patterns=("enrollment.*",), name="shema-cli:tail") as tail:
        assert dlq.json("replay", "--all", "--yes", code=5)["unheard"] == 1
        assert len(tail.payloads(1)) == 1, "a name alone proves nothing, so it is tried"
    assert stored(home) == [letter(1)]
    with Service(elsewhere.port, channels=(), patterns=("enrollment.*",)) as service:
        assert dlq.json("replay", "--all", "--yes")["replayed"] == 1
        assert len(service.payloads(1)) == 1


def test_on_a_cluster_what_a_service_has_declared_does_not_say_that_its_pattern_hears_nothing(
    on_cluster: dict[str, str], nodes: Cluster, home: redis.Redis, elsewhere: Valkey
) -> None:
    """No server tells which pattern is whose, and anybody can take the name: dry run and run take it for a listener."""
    dlq = Shema(on_cluster)
    with nodes.node_of(AUDIT).client() as client:
        put(client, "http://127.0.0.1:9", "chat", listens=["chat:session:*"])
    push(home, [letter(1)])
    with Service(elsewhere.port, channels=(), patterns=("enrollment.*",), name="chat-service") as service:
        assert dlq.json("replay", "--all", "--dry-run")["plan"]["replay"] == 1
        assert dlq.json("replay", "--all", "--yes")["replayed"] == 1
        assert len(service.payloads(1)) == 1
    assert stored(home) == []


def test_on_a_cluster_what_a_killed_run_held_comes_back_and_it_is_audited(
    on_cluster: dict[str, str], nodes: Cluster, home: redis.Redis, elsewhere: Valkey
) -> None:
    raws = [letter(n, KINDS[n % 3]) for n in range(900)]
    push(home, raws)
    with Service(elsewhere.port) as service, Spawner(on_cluster) as spawn:
        process = spawn("dlq", "replay", "--all", "--yes", "--rate", "400")
        eventually(lambda: home.llen(FLIGHT) > 20)
        process.kill()
        process.wait()
        left, held = stored(home), home.llen(FLIGHT)
        dlq = Shema(on_cluster)
        assert dlq.json("recover")["recovered"] == held
        assert home.lrange(LIST, 0, -1) == left[::-1]
        heard = service.payloads(900 - len(left))
        with nodes.node_of(AUDIT).client() as client:
            (entry,) = ended(client)
        assert json.loads(entry["details"])["done"] == len(heard) == 900 - len(left)


def test_a_failover_in_the_middle_of_a_replay_loses_nothing_and_doubles_nothing_that_was_kept(
    dlq_env: dict[str, str],
) -> None:
    """What the replica hears is what it was told, in one piece with the writes, before it became the primary."""
    raws = [letter(n, KINDS[n % 3]) for n in range(4500)]
    with sentinel_set() as servers, Spawner({**dlq_env, "REDIS_URL": servers.url}) as spawn:
        with servers.primary.client() as client:
            push(client, raws)
            client.execute_command("WAIT", 1, 5000)
        with Service(servers.primary.port) as before, Service(servers.replica.port) as after:
            process = spawn("dlq", "replay", "--all", "--yes", "--rate", "1500", "-o", "json")
            eventually(lambda: len(before.heard) >= 600)
            servers.fail_over()
            assert process.wait(40) == 1, process.err
            wanted = [n for n in range(4500) if n % 3 != 2]
            assert numbers(after.payloads(3000)) == wanted
            assert len(before.heard) < 3000
        with servers.replica.client() as client:
            assert stored(client) == raws[2::3]
            assert not client.exists(FLIGHT, RUNS)
            assert len(ended(client)) == 1
        assert process.json["remaining"] == process.json["unheard"] == 1500


def test_a_run_on_a_cluster_is_stopped(
    on_cluster: dict[str, str], nodes: Cluster, home: redis.Redis, elsewhere: Valkey
) -> None:
    dlq = Shema(on_cluster)
    push(home, [letter(n) for n in range(300)])
    with Spawner(on_cluster) as spawn, Service(elsewhere.port) as service:
        process = spawn("dlq", "replay", "--all", "--yes", "--rate", "20", "-o", "json")
        service.payloads(2)
        (run,) = dlq.json("runs")["runs"]
        told = dlq.json("runs", "stop", run["run"], "--yes")
        assert (told["outcome"], process.wait()) == ("stopped", 130)
        assert process.json["replayed"] == told["done"] == len(service.payloads(told["done"]))
    assert len(stored(home)) == 300 - told["done"]
    with nodes.node_of(AUDIT).client() as client:
        actions = [entry["action"] for entry in audited(client)]
    assert actions == ["dlq.replay.begun", "dlq.runs.stop.begun", *actions[2:]]
    assert set(actions[2:]) == {"dlq.runs.stop", "dlq.replay"}
