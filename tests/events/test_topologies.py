"""Tail, publish and the unheard guard on each topology, with real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.events.tail import TailOptions
from shema_cli.store import keys
from tests.events.tailing import FAST, ThreadedTail, event
from tests.support.cli import Run, shema
from tests.support.http import HttpServer
from tests.support.registry import put
from tests.support.signed_in import serve_identity, signed_in
from tests.support.subscriber import Listener, audience, is_followed
from tests.support.topologies import Cluster, acl_server, cluster, sentinel_set, tls_server
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

CHANNEL = "enrollment.approved"
DATA = '{"enrollmentId":"e1","studentId":"s1"}'


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


def follow(url: str, **options: object) -> ThreadedTail:
    return ThreadedTail(url, TailOptions((b"*",), duration=30, pace=FAST, **options))  # type: ignore[arg-type]


def publish(url: str, folder: Path, *flags: str) -> Run:
    with HttpServer() as identity:
        serve_identity(identity)
        places = {"SHEMA_CONFIG_DIR": str(folder), "SHEMA_STATE_DIR": str(folder), "REDIS_URL": url}
        signed = signed_in(f"127.0.0.1:{identity.port}")
        argv = ("events", "publish", CHANNEL, "--data", DATA, "-o", "json", *flags)
        return shema(*argv, env={**places, **signed})


def where_followed(servers: tuple[Valkey, ...]) -> list[Valkey]:
    """By the connection's name: where the node with the registrations is dead, there are none."""
    found = []
    for server in servers:
        if server.process:
            with server.client() as client:
                names = [one["name"] for one in client.client_list(_type="pubsub")]
            found += [server] if keys.TAIL_NAME in names else []
    return found


def test_on_a_cluster_a_tail_hears_every_node_and_moves_when_its_own_dies() -> None:
    with cluster() as nodes:
        tail = follow(nodes.url, limit=4)
        eventually(lambda: where_followed(nodes.nodes), within_s=20)
        for number, node in enumerate(nodes.nodes):
            with node.client() as client:
                client.publish(CHANNEL, event(event_id=f"evt_{number}"))
        eventually(lambda: len(tail.lines) == 3)
        first = where_followed(nodes.nodes)[0]
        first.kill()
        eventually(lambda: where_followed(nodes.nodes), within_s=20)
        other = where_followed(nodes.nodes)[0]
        with other.client() as client:
            client.publish(CHANNEL, event(event_id="evt_after"))
        lines = tail.result()
    assert [line["kind"] for line in lines] == ["event", "event", "event", "gap", "event"]


@pytest.mark.parametrize("which", ["own", "other"])
def test_on_a_cluster_a_service_on_any_node_is_heard(nodes: Cluster, tmp_path: Path, which: str) -> None:
    own = nodes.node_of(keys.AUDIT)
    node = own if which == "own" else next(n for n in nodes.nodes if n is not own)
    with audience(node.port) as people:
        people.service(channels=(CHANNEL.encode(),))
        run = publish(nodes.url, tmp_path, "--yes")
    assert (run.code, run.json["receivers"]) == (0, 1)


@pytest.mark.parametrize("which", ["own", "other"])
def test_on_a_cluster_a_tail_is_no_service(nodes: Cluster, tmp_path: Path, which: str) -> None:
    own = nodes.node_of(keys.AUDIT)
    node = own if which == "own" else next(n for n in nodes.nodes if n is not own)
    with audience(node.port) as people:
        people.tail(b"*")
        run = publish(nodes.url, tmp_path, "--yes")
    assert (run.code, run.json["error"]["code"]) == (5, "unheard")


def test_on_a_cluster_a_foreign_pattern_elsewhere_may_hear(nodes: Cluster, tmp_path: Path) -> None:
    own = nodes.node_of(keys.AUDIT)
    other = next(n for n in nodes.nodes if n is not own)
    with audience(other.port) as people:
        people.service(patterns=(b"chat:session:*",))
        assert publish(nodes.url, tmp_path, "--yes").json["receivers"] == 1
    with audience(own.port) as people:  # where the script runs, PUBLISH itself tells
        people.service(patterns=(b"chat:session:*",))
        assert publish(nodes.url, tmp_path, "--yes").code == 5


def test_on_a_cluster_a_dry_run_foretells_by_the_rule_of_the_run(nodes: Cluster, tmp_path: Path) -> None:
    """Elsewhere a pattern may match, whatever its service has declared; what is declared only says who surely hears."""
    own = nodes.node_of(keys.AUDIT)
    other = next(n for n in nodes.nodes if n is not own)
    listens = ["chat:session:*", "enrollment.*"]
    with own.client() as client, Listener(other.port, patterns=tuple(listens), name="chat-service"):
        for declared, surely in ((["user.*", "booking.*"], 0), (listens, 1)):
            put(client, "http://127.0.0.1:9", "chat", listens=declared)
            foretold = publish(nodes.url, tmp_path, "--dry-run").json
            assert (foretold["receivers"], foretold["at_most"]) == (surely, 2), declared
            assert publish(nodes.url, tmp_path, "--yes").json["receivers"] == 2, declared
        client.delete(f"{keys.REGISTRY_PREFIX}chat")


def test_a_sentinel_failover_in_the_middle_of_a_tail(tmp_path: Path) -> None:
    with sentinel_set() as watched:
        tail = follow(watched.url, limit=2)
        eventually(lambda: is_followed(watched.primary.port), within_s=20)
        with watched.primary.client() as client:
            client.publish(CHANNEL, event(event_id="evt_before"))
        eventually(lambda: tail.lines)
        watched.fail_over()
        eventually(lambda: is_followed(watched.replica.port), within_s=20)
        with audience(watched.replica.port) as people:
            service = people.service(channels=(CHANNEL.encode(),))
            run = publish(watched.url, tmp_path, "--yes")
            assert service.once(1)
        lines = tail.result()
    assert (run.code, run.json["receivers"]) == (0, 1)
    assert [line["kind"] for line in lines] == ["event", "gap", "event"]


def test_a_primary_that_was_replaced_behind_our_back_is_left() -> None:
    """The sentinels lose sight of a primary that we still reach: services publish to the new one from then on."""
    with sentinel_set() as watched:
        for server in (watched.primary, watched.replica):
            with server.client() as client:
                client.execute_command("ACL", "SETUSER", "school", "on", ">pw", "~*", "&*", "+@all")
        url = watched.url.replace("://", "://school:pw@")
        tail = follow(url, limit=1)
        eventually(lambda: is_followed(watched.primary.port), within_s=20)
        with watched.primary.client() as client:
            client.execute_command("ACL", "SETUSER", "default", "off")
            client.execute_command("CLIENT", "KILL", "USER", "default")
        eventually(lambda: is_followed(watched.replica.port), within_s=20)
        with watched.replica.client() as client:
            client.publish(CHANNEL, event())
        gap, heard = tail.result()
    assert gap["cause"] == f"the primary is now at 127.0.0.1:{watched.replica.port}"
    assert heard["kind"] == "event"


def test_tls_with_our_own_authority(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server:
        tail = follow(server.url, limit=2)
        eventually(lambda: is_followed(server.server.port))
        run = publish(server.url, tmp_path, "--yes", "--allow-unheard")
        with server.server.client() as client:
            client.publish(CHANNEL, event(data={"big": "x" * 3_000_000}))
        assert len(tail.result()) == 2
    assert (run.code, run.json["receivers"]) == (0, 0)


def test_a_certificate_that_is_not_trusted_is_refused(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server:
        run = publish(server.url_without_authority, tmp_path, "--yes")
    assert run.code == 3
    assert "from an authority that this machine does not know" in run.json["error"]["message"]


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    with tls_server(tmp_path, host="elsewhere.test") as server:
        assert publish(server.url, tmp_path, "--yes").code == 3


def test_a_user_and_a_password_in_the_url(tmp_path: Path) -> None:
    with acl_server("school", "p@ss/word:1") as (server, url):
        tail = follow(url, limit=1)
        eventually(lambda: b"following" in tail.stderr.bytes)
        run = publish(url, tmp_path, "--yes", "--allow-unheard")
        assert [line["kind"] for line in tail.result()] == ["event"]
        wrong = publish(f"redis://school:wrong@127.0.0.1:{server.port}", tmp_path, "--yes")
    assert run.code == 0
    assert (wrong.code, wrong.json["error"]["code"]) == (1, "redis_denied")
    assert "word" not in wrong.out.replace("password", "")
