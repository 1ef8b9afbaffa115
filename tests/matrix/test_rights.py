"""What happens to a user who lacks one right of those that doctor's line gives: it is named before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shema_cli.store import keys
from shema_cli.store.rights import KEY_RULES, NEEDED, acl_line, command_rule
from tests.dlq.support import entry_id, letter, push
from tests.enrollments.school import School, World, enrollment, open_world
from tests.matrix.day import PASSWORD, USER, told
from tests.support.cli import shema
from tests.support.servers import REDIS_6_2, REDIS_OF_THE_SYSTEM, VALKEY_9_1, ServerKind, parameter
from tests.support.store import store_at
from tests.support.subscriber import audience, subscriber_of
from tests.support.topologies import cluster
from tests.support.valkey import Valkey

COMMANDS = tuple(dict.fromkeys(command_rule(right) for right in NEEDED))
KINDS = [parameter(kind) for kind in (REDIS_6_2, REDIS_OF_THE_SYSTEM, VALKEY_9_1)]
EVENT = ("--data", '{"userId":"u1","changes":{}}')
AUDIT = keys.AUDIT.encode()
CHAT = "http://127.0.0.1:9/"


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    kind: ServerKind = request.param
    with kind.started() as running:
        yield running


@pytest.fixture
def world(server: Valkey, tmp_path: Path) -> Iterator[World]:
    """Two enrollments wait, two dead letters, and a chat service is registered."""
    with server.client() as client:
        client.flushall()
        push(client, [letter(1), letter(2)])
    with open_world(server, tmp_path, School().add(enrollment(1), enrollment(2))) as opened:
        assert shema("services", "register", "chat", CHAT, "--yes", env=opened.env).code == 0
        yield opened


def changing(folder: Path) -> tuple[tuple[str, ...], ...]:
    """A line of each command that does something in Redis."""
    return (
        ("enrollments", "approve", "e1", "--yes"),
        ("enrollments", "reject", "e2", "--reason", "full", "--yes"),
        ("events", "publish", "user.updated", *EVENT, "--yes"),
        ("services", "register", "user", "http://127.0.0.1:1", "--yes"),
        ("services", "deregister", "chat", CHAT, "--yes"),
        ("dlq", "replay", entry_id(letter(1)), "--yes"),
        ("dlq", "discard", entry_id(letter(2)), "--yes", "--export", str(folder / "gone")),
        ("dlq", "recover"),
    )


def state(server: Valkey) -> dict[bytes, object]:
    """All that there is, but for whose turn it is among the runs, and how many seats a service has told of."""
    with server.client() as client:
        names = sorted(client.scan_iter())
        seats = {name: client.zrange(name, 0, -1) for name in names if name.startswith(keys.SEATS_PREFIX.encode())}
        others = {name: client.dump(name) for name in names if name not in seats and name != keys.GAP.encode()}
    taken = {name: [one for one in found if not one.startswith(b"told:")] for name, found in seats.items()}
    return others | {name: seats for name, seats in taken.items() if seats}


def env_of(world: World, *rules: str) -> dict[str, str]:
    """The environment of the user whom doctor's line makes, with further rules after it."""
    words = acl_line(USER).replace(">PASSWORD", f">{PASSWORD}").split()
    with world.valkey.client() as client:
        client.execute_command(*words, *rules)
    return {**world.env, "REDIS_URL": f"redis://{USER}:{PASSWORD}@127.0.0.1:{world.valkey.port}/0"}


def hold(world: World, env: dict[str, str], named: str, folder: Path) -> list[str]:
    """Each command either does what it is for, or names `named` and has done nothing. Which were refused."""
    refused = []
    with audience(world.valkey.port) as people:
        service = people.service(patterns=(b"*",))
        for argv in changing(folder):
            before = state(world.valkey)
            run = shema(*argv, env=env)
            heard = service.new()
            if run.code == 0:
                continue
            refused.append(" ".join(argv[:2]))
            assert named in told(run).lower(), (argv, told(run))
            assert not heard, (argv, told(run))
            after = state(world.valkey)
            if argv[:2] == ("dlq", "replay"):  # that it was tried may be told
                after[AUDIT] = before.get(AUDIT)
            assert after == before, (argv, told(run))
    return refused


def test_with_all_of_them_everything_is_done(world: World, tmp_path: Path) -> None:
    assert hold(world, env_of(world), "", tmp_path) == []


@pytest.mark.parametrize("rule", COMMANDS)
def test_a_command_that_is_missing_is_named_before_anything_is_done(world: World, rule: str, tmp_path: Path) -> None:
    env = env_of(world, "-@all", *(one for one in COMMANDS if one != rule))
    hold(world, env, rule.removeprefix("+"), tmp_path)


@pytest.mark.parametrize("rule", KEY_RULES)
def test_keys_that_are_missing_are_named_before_anything_is_done(world: World, rule: str, tmp_path: Path) -> None:
    env = env_of(world, "resetkeys", *(one for one in KEY_RULES if one != rule))
    refused = hold(world, env, rule.removeprefix("~").removesuffix("*"), tmp_path)
    assert refused or rule == KEY_RULES[-1], "the cache of users is a help alone"


@pytest.mark.parametrize("channels", [(), ("&chat:*",), ("&enrollment.created", "&chat:*", "&shema-cli:tail:*")])
def test_a_channel_that_is_missing_is_named_before_anything_is_done(
    world: World, channels: tuple[str, ...], tmp_path: Path
) -> None:
    refused = hold(world, env_of(world, "resetchannels", *channels), "channel", tmp_path)
    assert set(refused) >= {"enrollments approve", "enrollments reject", "events publish", "dlq replay"}


def test_on_a_cluster_the_line_suffices_on_every_node(tmp_path: Path) -> None:
    with cluster() as nodes:
        other = next(node for node in nodes.nodes if node is not nodes.node_of(keys.AUDIT))
        for node in nodes.nodes:
            with node.client() as client:
                client.execute_command(*acl_line(USER, cluster=True).replace(">PASSWORD", f">{PASSWORD}").split())
        with nodes.node_of(keys.DEAD_LETTERS).client() as client:
            push(client, [letter(1), letter(2)])
        with (
            open_world(other, tmp_path, School().add(enrollment(1), enrollment(2))) as world,
            audience(other.port) as people,
        ):
            people.service(patterns=(b"*",))
            env = {**world.env, "REDIS_URL": nodes.url.replace("://", f"://{USER}:{PASSWORD}@")}
            assert shema("services", "register", "chat", CHAT, "--yes", env=env).code == 0
            for argv in (
                *changing(tmp_path),
                ("audit", "list"),
                ("audit", "verify"),
                ("dlq", "list"),
                ("services", "list"),
            ):
                run = shema(*argv, env=env)
                assert run.code == 0, (argv, told(run))
            with closing(store_at(env["REDIS_URL"])) as store:
                subscriber_of(store, b"*", b"chat:session:*").open().close()
        for node in nodes.nodes:
            with node.client() as client:
                assert [entry["object"] for entry in client.acl_log()] == []
