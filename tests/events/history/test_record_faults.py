"""Redis at its worst, and whoever publishes: what is kept, what is told, and what stands as a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shema_cli.errors import ExitCode, Failed
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.events.history.stream import state_of
from shema_cli.store import keys
from tests.events.history.publishing import publishing
from tests.events.history.recording import RecorderThread, entries, gaps, payloads, recording
from tests.support.cli import shema
from tests.support.http import HttpServer
from tests.support.servers import EVERY_SERVER, ServerKind
from tests.support.signed_in import serve_identity, signed_in
from tests.support.store import store_at
from tests.support.topologies import acl_server, cluster, sentinel_set, wait_until
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

BIG = 10 * 1024 * 1024
REDIS_LOST = "Redis lost what was recorded before"


@contextmanager
def own_server(*options: str) -> Iterator[Valkey]:
    server = Valkey(options)
    try:
        yield server.start()
    finally:
        server.stop()


def say(server: Valkey, *words: str) -> None:
    with server.client() as client:
        for word in words:
            client.publish("a.b", word)


def written(url: str, *words: str) -> None:
    wanted = [word.encode() for word in words]
    eventually(lambda: payloads(url)[-len(wanted) :] == wanted, within_s=20, what=lambda: f"{payloads(url)[-9:]}")


def numbered(found: list[bytes]) -> list[int]:
    return [int(one) for one in found]


def test_a_redis_that_was_killed_and_kept_its_file_goes_on_behind_a_gap() -> None:
    with own_server("--appendonly", "yes", "--appendfsync", "always") as server, recording(server.url) as recorder:
        recorder.until("recording")
        say(server, "1", "2")
        written(server.url, "1", "2")
        server.kill()
        recorder.until("deaf", "waiting")
        server.start()
        eventually(lambda: len(gaps(server.url)) == 2, within_s=20)
        say(server, "3")
        written(server.url, "3")
        assert payloads(server.url) == [b"1", b"2", b"3"]
        beginning, gap = gaps(server.url)
        assert gap.from_ms >= beginning.to_ms
        assert gap.from_ms < gap.to_ms


def test_a_redis_that_forgets_everything_leaves_a_gap_and_gets_the_last_seconds_again() -> None:
    with own_server("--appendonly", "no") as server, recording(server.url) as recorder:
        recorder.until("recording")
        say(server, "1", "2")
        written(server.url, "1", "2")
        server.kill()
        server.start()
        eventually(lambda: len(gaps(server.url)) == 2, within_s=20)
        say(server, "3")
        written(server.url, "3")
        assert payloads(server.url) == [b"1", b"2", b"3"]
        lost, away = gaps(server.url)
        assert (lost.from_ms, lost.cause) == (0, REDIS_LOST)
        assert away.from_ms < away.to_ms


@pytest.mark.parametrize("command", [("FLUSHALL",), ("DEL", keys.HISTORY), ("DEL", keys.HISTORY, keys.HISTORY_STATE)])
def test_a_stream_that_is_deleted_begins_anew_with_a_gap(command: tuple[str, ...], valkey: Valkey) -> None:
    store = store_at(valkey.url)
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        before = state_of(store)
        say(valkey, "1")
        written(valkey.url, "1")
        client.execute_command(*command)
        say(valkey, "2")
        written(valkey.url, "2")
        after = state_of(store)
        assert before
        assert after
        assert before.epoch != after.epoch
        assert [(gap.from_ms, gap.cause) for gap in gaps(valkey.url)] == [(0, REDIS_LOST)]
        assert payloads(valkey.url) == [b"1", b"2"]  # the last seconds are remembered
    store.close()


def test_a_state_that_is_deleted_alone_leaves_the_stream_and_a_gap(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        say(valkey, "1")
        written(valkey.url, "1")
        client.delete(keys.HISTORY_STATE)
        eventually(lambda: len(gaps(valkey.url)) == 2)
        say(valkey, "2")
        written(valkey.url, "2")
        assert payloads(valkey.url) == [b"1", b"2"]


def test_a_place_that_is_deleted_alone_is_a_gap_and_nothing_stands_twice(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        say(valkey, "1")
        written(valkey.url, "1")
        client.hdel(keys.HISTORY_STATE, "place")
        eventually(lambda: len(gaps(valkey.url)) == 2)
        say(valkey, "2")
        written(valkey.url, "2")
        assert payloads(valkey.url) == [b"1", b"2"]


def test_a_full_redis_is_told_and_what_is_heard_meanwhile_is_written_later(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.config_set("maxmemory", "1")
        try:
            say(valkey, "1", "2")
            recorder.until("blocked")
            assert "memory" in recorder.told[-1][1]
        finally:
            client.config_set("maxmemory", "0")
        written(valkey.url, "1", "2")
        recorder.until("recording")
        assert payloads(valkey.url) == [b"1", b"2"]
        assert len(gaps(valkey.url)) == 1


def test_what_could_not_be_written_yet_is_written_at_the_end(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.config_set("maxmemory", "1")
        try:
            say(valkey, "1", "2")
            recorder.until("blocked")
        finally:
            client.config_set("maxmemory", "0")
        assert recorder.end() == ExitCode.DONE
        assert payloads(valkey.url) == [b"1", b"2"]
        assert client.hget(keys.HISTORY_STATE, "writer") == b""


def test_what_cannot_be_written_at_the_end_is_told(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.config_set("maxmemory", "1")
        try:
            say(valkey, "1", "2")
            recorder.until("blocked")
            assert recorder.end() == ExitCode.FAILED
        finally:
            client.config_set("maxmemory", "0")
        assert recorder.told[-1] == ("ended", "2 messages that were heard could not be written")


def test_a_key_of_another_type_is_named_at_the_start(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.set(keys.HISTORY, "no stream")
    with recording(valkey.url) as recorder:
        failed = recorder.ended()
    assert isinstance(failed, Failed)
    assert keys.HISTORY in failed.message
    assert f"RENAME {keys.HISTORY}" in str(failed.hint)


def test_a_key_of_another_type_is_told_while_it_runs_and_nothing_is_lost_by_it(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.set(keys.HISTORY, "no stream")
        say(valkey, "1")
        recorder.until("blocked")
        assert keys.HISTORY in recorder.told[-1][1]
        client.delete(keys.HISTORY)
        written(valkey.url, "1")


def test_the_last_id_that_there_is_ends_it_and_is_told(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.xadd(keys.HISTORY, {"a": "b"}, id=f"{2**64 - 1}-{2**64 - 1}")
        say(valkey, "1")
        recorder.until("blocked")
        assert "exhausted" in recorder.told[-1][1]
        assert f"RENAME {keys.HISTORY}" in recorder.told[-1][1]
        client.rename(keys.HISTORY, f"{keys.HISTORY}.old")
        written(valkey.url, "1")


def test_an_id_ahead_of_the_clock_is_gone_on_from(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        ahead = int(client.time()[0]) * 1000 + 3_600_000
        client.xadd(keys.HISTORY, {"a": "b"}, id=f"{ahead}-7")
        say(valkey, "1", "2")
        written(valkey.url, "1", "2")
    messages = [one for one in entries(valkey.url) if isinstance(one, RecordedMessage)]
    assert [one.id for one in messages] == [f"{ahead}-8", f"{ahead}-9"]
    assert all(one.at_ms < ahead for one in messages)


def test_a_user_without_the_right_to_write_there_is_told_which(tmp_path: Path) -> None:
    del tmp_path
    with acl_server() as (server, url):
        del server
        store = store_at(url)
        store.client.execute_command("ACL", "SETUSER", "recorder", "on", ">pw", "~*", "&*", "+@all", "-xadd")
        own = url.replace("admin:p%40ss%2Fword", "recorder:pw")
        with recording(own) as recorder:
            recorder.until("blocked")
            assert "xadd" in recorder.told[-1][1].lower()
            store.client.execute_command("ACL", "SETUSER", "recorder", "+xadd")
            recorder.until("recording")
        store.close()


def test_what_cannot_be_asked_is_said_not_to_be_known() -> None:
    with acl_server() as (_, url):
        store = store_at(url)
        store.client.execute_command("ACL", "SETUSER", "recorder", "on", ">pw", "~*", "&*", "+@all", "-info", "-config")
        with recording(url.replace("admin:p%40ss%2Fword", "recorder:pw")) as recorder:
            recorder.until("recording")
            assert any("is not known" in warning for warning in recorder.warned), recorder.warned
        store.close()


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_payloads_of_every_size_are_kept_to_the_byte(kind: ServerKind) -> None:
    sent = [b"", b"\x00", bytes(range(256)) * 4096, b"x" * BIG, b"last"]
    with kind.started() as server, recording(server.url) as recorder, server.client() as client:
        recorder.until("recording")
        for payload in sent:
            client.publish(b"\xff\x00 {shema}:history", payload)
        eventually(lambda: payloads(server.url)[-1:] == [b"last"], within_s=30)
        assert [hashlib.sha256(one).digest() for one in payloads(server.url)] == [
            hashlib.sha256(one).digest() for one in sent
        ]


def test_an_event_that_only_a_recorder_would_hear_is_unheard_and_not_recorded(
    valkey: Valkey, base_env: dict[str, str]
) -> None:
    with recording(valkey.url) as recorder, HttpServer() as identity:
        recorder.until("recording")
        serve_identity(identity)
        env = {**base_env, **signed_in(f"127.0.0.1:{identity.port}"), "REDIS_URL": valkey.url}
        event = '{"enrollmentId":"e1","studentId":"s1"}'
        run = shema("events", "publish", "enrollment.approved", "--data", event, "--yes", env=env)
        assert run.code == ExitCode.REFUSED
        say(valkey, "behind it")
        written(valkey.url, "behind it")
        assert payloads(valkey.url) == [b"behind it"]


def test_all_recorders_killed_leave_a_gap_and_one_behind_them_goes_on(valkey: Valkey) -> None:
    with valkey.client() as client:
        for number in range(2):
            recorder = RecorderThread(valkey.url).until("recording")
            say(valkey, f"{number}")
            written(valkey.url, f"{number}")
            recorder.end()
            say(valkey, "nobody hears this")
            client.hset(keys.HISTORY_STATE, "writer", "one that was killed")
    beginning, gap = gaps(valkey.url)
    assert gap.cause == "no recorder ran"
    assert beginning.to_ms < gap.from_ms < gap.to_ms
    assert payloads(valkey.url) == [b"0", b"1"]


def test_on_a_cluster_all_listen_to_the_node_of_the_history_and_hear_every_node() -> None:
    with cluster() as nodes, recording(nodes.url) as first, recording(nodes.url) as second:
        for recorder in (first, second):
            recorder.until("recording", "standing by")
        own = nodes.node_of(keys.HISTORY)
        with own.client() as client:
            assert len(client.client_list(_type="pubsub")) == 2
        for number, node in enumerate(nodes.nodes):
            with node.client() as client:
                client.publish("a.b", number)
            eventually(lambda number=number: len(payloads(nodes.url)) == number + 1)  # type: ignore[misc]
        writer, other = (first, second) if first.state == "recording" else (second, first)
        writer.end()
        other.until("recording")
        say(own, "behind")
        written(nodes.url, "behind")
        assert payloads(nodes.url) == [b"0", b"1", b"2", b"behind"]
        assert len(gaps(nodes.url)) == 1


def test_behind_sentinels_it_goes_on_with_the_new_primary() -> None:
    with sentinel_set() as servers, recording(servers.url) as recorder:
        recorder.until("recording")
        say(servers.primary, "1")
        written(servers.url, "1")
        servers.fail_over()
        wait_until(lambda: len(gaps(servers.url)) >= 2, "a gap")
        recorder.until("recording")
        say(servers.replica, "2")
        written(servers.url, "2")
        assert payloads(servers.url) == [b"1", b"2"]


def test_whatever_is_killed_what_is_missing_stands_in_a_gap() -> None:
    """Redis without a file is killed under a stream of messages: each number is there, or was published in a gap."""
    with own_server("--appendonly", "yes") as server, recording(server.url) as recorder:
        recorder.until("recording")
        with publishing(server.port) as publisher:
            for _ in range(2):
                known = len(gaps(server.url))
                eventually(lambda: publisher.sent > 100)
                server.kill()
                server.start()
                eventually(lambda known=known: len(gaps(server.url)) > known, within_s=20)  # type: ignore[misc]
                said = publisher.sent
                eventually(lambda said=said: publisher.sent > said + 50)  # type: ignore[misc]
        eventually(lambda: payloads(server.url)[-1:] == [b"%d" % (publisher.sent - 1)], within_s=20)
        found = numbered(payloads(server.url))
        assert found == sorted(set(found)), "something stands twice, or not in its order"
        told = [(gap.from_ms, gap.to_ms) for gap in gaps(server.url)]
        missing = [publisher.between_ms[number] for number in set(range(publisher.sent)) - set(found)]
        assert [one for one in missing if not any(f <= one[1] and one[0] <= t + 1 for f, t in told)] == []
