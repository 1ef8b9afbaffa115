"""A resend on a cluster of three, where history, dead letters and listeners are apart, and behind Sentinel."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis

from shema_cli.store import keys
from tests.dlq.spawner import Spawner
from tests.dlq.support import LIST, Service, expire_leases, numbers
from tests.resend.support import APPROVED, Resend, marks, payload, record
from tests.support.registry import put
from tests.support.topologies import Cluster, cluster, sentinel_set
from tests.support.trail import ended
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture
def history(nodes: Cluster) -> Iterator[redis.Redis]:
    """The node of the history, where the trail and the registry are as well."""
    for node in nodes.nodes:
        with node.client() as client:
            client.flushall()
    with nodes.node_of(keys.HISTORY).client() as client:
        yield client


@pytest.fixture
def letters(nodes: Cluster) -> Iterator[redis.Redis]:
    with nodes.node_of(LIST).client() as client:
        yield client


@pytest.fixture
def elsewhere(nodes: Cluster) -> Valkey:
    return next(node for node in nodes.nodes if node not in (nodes.node_of(LIST), nodes.node_of(keys.HISTORY)))


@pytest.fixture
def on_cluster(env: dict[str, str], nodes: Cluster) -> dict[str, str]:
    return {**env, "REDIS_URL": nodes.url}


def test_who_listens_on_any_node_hears_it_once(
    on_cluster: dict[str, str], history: redis.Redis, letters: redis.Redis, elsewhere: Valkey
) -> None:
    put(history, "http://127.0.0.1:9", "schedule", listens=[APPROVED])
    ids = record(history, [payload(n) if n % 3 else ("user.updated", payload(n)) for n in range(600)])
    resend = Resend(on_cluster)
    with Service(elsewhere.port) as service:
        result = resend.json(*ids, "--yes", code=1)
        heard = [n for n in range(600) if n % 3]
        assert (result["resent"], result["unheard"], result["remaining"]) == (400, 200, 200)
        assert numbers(service.payloads(400)) == heard
        assert resend.json(*ids[1:3], "--yes")["skipped"] == 2
        assert len(service.so_far()) == 400
    assert marks(letters) == 400
    (entry,) = ended(history)
    details = json.loads(entry["details"])
    assert (entry["target"], details["receivers"], details["missing"]) == (keys.HISTORY, {APPROVED: 1}, ["schedule"])


def test_killed_on_a_cluster_it_goes_on_where_it_stopped(
    on_cluster: dict[str, str], history: redis.Redis, letters: redis.Redis, elsewhere: Valkey
) -> None:
    ids = record(history, [payload(n) for n in range(900)])
    with Service(elsewhere.port) as service, Spawner(on_cluster) as spawn:
        process = spawn("events", "resend", *ids, "--yes", "--rate", "400")
        eventually(lambda: len(service.heard) > 50)
        process.kill()
        process.wait()
        expire_leases(letters)
        rest = Resend(on_cluster).json(*ids, "--yes")
        assert numbers(service.payloads(900)) == list(range(900))
    died, whole = (json.loads(entry["details"]) for entry in ended(history))
    assert (died["done"] + whole["resent"], rest["resent"]) == (900, whole["resent"])


def test_a_failover_in_the_middle_doubles_nothing_that_was_kept(env: dict[str, str]) -> None:
    with sentinel_set() as servers, Spawner({**env, "REDIS_URL": servers.url}) as spawn:
        with servers.primary.client() as client:
            ids = record(client, [payload(n) for n in range(1500)])
            client.execute_command("WAIT", 1, 5000)
        with Service(servers.primary.port) as before, Service(servers.replica.port) as after:
            process = spawn("events", "resend", *ids, "--yes", "--rate", "800", "-o", "json")
            eventually(lambda: len(before.heard) >= 200)
            servers.fail_over()
            assert process.wait(40) == 0, process.err
            assert numbers(after.payloads(1500)) == list(range(1500))
            assert len(before.heard) < 1500
        with servers.replica.client() as client:
            assert (process.json["resent"], marks(client), len(ended(client))) == (1500, 1500, 1)
