"""A primary of a cluster is lost in the middle of a run, with the time-out that clusters come with: the run goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from shema_cli.store import keys
from tests.dlq.spawner import Spawner
from tests.dlq.support import letter, push
from tests.enrollments.school import School, enrollment, open_world
from tests.support.cli import shema
from tests.support.servers import REDIS_6_2, VALKEY_9_1, ServerKind, parameter
from tests.support.subscriber import Listener
from tests.support.topologies import Cluster, cluster, move_slot, sentinel_set
from tests.support.waiting import eventually

USUAL_MS = 15_000
COUNT = 300
APPROVE = ("enrollments", "approve", "--all-pending", "--yes")
REPLAY = ("dlq", "replay", "--all", "--yes", "--rate", "40")


@pytest.fixture
def nodes() -> Iterator[Cluster]:
    with cluster(replicas=True, node_timeout_ms=USUAL_MS) as running:
        yield running


def ids(listener: Listener) -> Counter[str]:
    return Counter(heard.document["eventId"] for heard in listener.heard)


@pytest.mark.parametrize(
    ("key", "argv"),
    [
        pytest.param(keys.AUDIT, APPROVE, id="approvals"),
        pytest.param(keys.DEAD_LETTERS, REPLAY, id="a replay"),
    ],
)
def test_a_run_goes_on_after_the_failover(nodes: Cluster, tmp_path: Path, key: str, argv: tuple[str, ...]) -> None:
    primary = nodes.node_of(key)
    other = next(node for node in nodes.nodes if node is not primary)
    with nodes.node_of(keys.DEAD_LETTERS).client() as client:
        push(client, [letter(number) for number in range(COUNT)])
    school = School().add(*(enrollment(number) for number in range(COUNT)))
    with open_world(other, tmp_path, school) as world, Listener(other.port, "enrollment.approved") as service:
        env = {**world.env, "REDIS_URL": nodes.url}
        with Spawner(env) as spawn:
            process = spawn(*argv, "-o", "json")
            eventually(lambda: len(service.heard) >= COUNT // 10)
            primary.kill()
            assert process.wait(90) == 0, (process.err, process.out[-2000:])
            result: Any = process.json
        heard = ids(service)
        assert shema("audit", "verify", env=env).code == 0
    done = result.get("replayed") or result["summary"]["approved"]
    assert done == COUNT
    # What the lost primary had in hand may have reached its replica and not the other nodes, or the other way round.
    assert len(heard) >= COUNT - 1
    assert sum(count > 1 for count in heard.values()) <= 1


@pytest.mark.parametrize("kind", [parameter(REDIS_6_2), parameter(VALKEY_9_1)])
@pytest.mark.parametrize(
    ("key", "argv"), [(keys.AUDIT, APPROVE), (keys.DEAD_LETTERS, REPLAY)], ids=["approvals", "a replay"]
)
def test_a_slot_that_moves_in_the_middle_of_a_run(
    kind: ServerKind, key: str, argv: tuple[str, ...], tmp_path: Path
) -> None:
    with cluster(program=kind.program) as nodes, ExitStack() as stack:
        with nodes.node_of(keys.DEAD_LETTERS).client() as client:
            push(client, [letter(number) for number in range(COUNT)])
        target, other = (node for node in nodes.nodes if node is not nodes.node_of(key))
        school = School().add(*(enrollment(number) for number in range(COUNT)))
        env = {**stack.enter_context(open_world(other, tmp_path, school)).env, "REDIS_URL": nodes.url}
        service = stack.enter_context(Listener(other.port, "enrollment.approved"))
        process = stack.enter_context(Spawner(env))(*argv, "-o", "json")
        eventually(lambda: len(service.heard) >= COUNT // 10)
        move_slot(nodes, key, target)
        assert process.wait(60) == 0, (process.err, process.out[-2000:])
        result: Any = process.json
        service.once(COUNT)
        assert shema("audit", "verify", env=env).code == 0
    assert (result.get("replayed") or result["summary"]["approved"]) == COUNT
    assert ids(service) == Counter(dict.fromkeys(ids(service), 1))


@pytest.mark.parametrize("kind", [parameter(REDIS_6_2), parameter(VALKEY_9_1)])
def test_a_primary_that_was_replaced_and_lives_on_is_left(kind: ServerKind, tmp_path: Path) -> None:
    """For seconds it takes what it is asked, before it becomes a replica and loses that: the sentinels are asked."""
    with sentinel_set(program=kind.program) as servers, ExitStack() as stack:
        with servers.primary.client() as client:
            push(client, [letter(number) for number in range(COUNT)])
        world = stack.enter_context(open_world(servers.primary, tmp_path, School()))
        env = {**world.env, "REDIS_URL": servers.url}
        before = stack.enter_context(Listener(servers.primary.port, "enrollment.approved"))
        after = stack.enter_context(Listener(servers.replica.port, "enrollment.approved"))
        process = stack.enter_context(Spawner(env))(*REPLAY, "-o", "json")
        eventually(lambda: len(before.heard) >= COUNT // 10)
        servers.swap()
        assert process.wait(60) == 0, (process.err, process.out[-2000:])
        result: Any = process.json
        assert shema("audit", "verify", env=env).code == 0
        assert len(ids(after)) == COUNT, "the replica heard what the primary published before, and the run the rest"
        with servers.replica.client() as client:
            assert client.llen(keys.DEAD_LETTERS) == 0
    assert (result["replayed"] >= COUNT, result["remaining"]) == (True, 0)
