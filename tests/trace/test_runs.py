"""The replays and discards of an event are found by its enrollment, whoever ran them and however many went with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis

from shema_cli.dlq.letters.entry import replay_key
from shema_cli.dlq.run.events import STEPS_AT_ONCE, taken_out
from shema_cli.store import keys
from tests.dlq.support import Service, push
from tests.support.cli import shema
from tests.support.http import HttpServer
from tests.support.in_process import in_process, store_in_process
from tests.support.signed_in import EMAIL, serve_identity, signed_in
from tests.support.valkey import Valkey

NAMED = 20
SECRET = "s" * 32


@pytest.fixture
def env(base_env: dict[str, str], server: HttpServer, valkey: Valkey) -> dict[str, str]:
    serve_identity(server)
    return {**base_env, **signed_in(server.url.removeprefix("http://")), "REDIS_URL": valkey.url}


def failed(enrollment: str, event_id: str) -> bytes:
    event = {"eventType": "ENROLLMENT_APPROVED", "eventId": event_id, "version": "1.0"}
    data = {"enrollmentId": enrollment, "studentId": "s1"}
    entry = {"event": {**event, "data": data}, "error": "down", "failedAt": "2026-01-01T00:00:00.000Z"}
    return json.dumps(entry).encode()


def events(id: str, env: dict[str, str]) -> list[dict[str, Any]]:
    run = shema("trace", id, "--json", env=env)
    assert run.code == 0, run.err
    found: list[dict[str, Any]] = run.json["events"]
    return found


def replays(id: str, env: dict[str, str], action: str = "dlq.replay") -> list[dict[str, Any]]:
    return [one for one in events(id, env) if one["summary"].startswith(f"{action} ")]


def test_an_approval_that_failed_and_was_replayed_twice(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    with Service(valkey.port):
        approve = ["enrollments", "approve", "e1", "--student-id", "s1", "--skip-capacity-check", "--yes", "--json"]
        done = shema(*approve, env=env)
        event_id = done.json["results"][0]["event_id"]
        for _ in range(2):
            push(redis_client, [failed("e1", event_id)])
            assert shema("dlq", "replay", "--all", "--yes", env=env).code == 0
        push(redis_client, [failed("e1", event_id)])
    found = events("e1", env)
    assert [step["kind"] for step in found].count("dead_letter") == 1
    assert any(step["summary"].startswith("e1 approved by") for step in found)
    both = replays("e1", env)
    assert len(both) == 2
    for step in both:
        assert event_id in step["summary"]
        assert EMAIL in step["summary"]
        assert step["at"].endswith("Z")
        assert (step["kind"], step["event_id"], step["actor"]) == ("replay", event_id, EMAIL)
    assert len({step["id"] for step in both}) == 2
    listed = shema("audit", "list", "--action", "dlq.replay", "--json", env=env).json["entries"]
    assert [entry["details"]["events"] for entry in listed] == [[event_id]] * 2
    shown = shema("audit", "list", "--action", "dlq.replay", env=env, terminal=True)
    assert f"replayed 1 · {event_id}" in "".join(shown.out.split("\n")).replace("  ", "") or event_id[:8] in shown.out
    assert shema("audit", "list", "--target", event_id, "--json", env=env).json["total"] == 3


def test_each_of_many_is_found_though_the_entry_names_only_the_first(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    push(redis_client, [failed(f"e{n}", f"evt_{n:04d}") for n in range(450)])
    with Service(valkey.port):
        assert shema("dlq", "replay", "--all", "--yes", env=env).code == 0
    (entry,) = shema("audit", "list", "--action", "dlq.replay", "--json", env=env).json["entries"]
    assert entry["details"]["events"] == [f"evt_{n:04d}" for n in range(NAMED)]
    for number in (0, 19, 20, 449):
        (step,) = replays(f"evt_{number:04d}", env)
        assert "replayed 450" in step["summary"]
    assert shema("trace", "evt_9999", env=env).code == 1
    (key,) = redis_client.keys(f"{keys.RUN_EVENTS_PREFIX}*")
    assert redis_client.ttl(key) > 0
    assert sum(map(len, redis_client.lrange(key, 0, -1))) < 450 * 9


def test_a_run_is_told_once_though_it_was_asked_for_by_this_event(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    push(redis_client, [failed("e1", "evt_1")])
    with Service(valkey.port):
        assert shema("dlq", "replay", "evt_1", "--yes", env=env).code == 0
    assert [one["kind"] for one in events("evt_1", env)] == ["replay"]


def test_a_discard_too(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, tmp_path: Any) -> None:
    push(redis_client, [failed("e1", "evt_1"), b"junk"])
    file = str(tmp_path / "gone.jsonl")
    assert shema("dlq", "discard", "--all", "--export", file, "--yes", env=env).code == 0
    (step,) = replays("evt_1", env, "dlq.discard")
    assert "discarded 2" in step["summary"]


def test_one_that_is_remembered_no_more_is_found_by_its_name_in_the_entry(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    push(redis_client, [failed("e1", "evt_1")])
    with Service(valkey.port):
        assert shema("dlq", "replay", "--all", "--yes", env=env).code == 0
    redis_client.delete(*redis_client.keys(f"{keys.RUN_EVENTS_PREFIX}*"))
    (step,) = replays("evt_1", env)
    assert EMAIL in step["summary"]


def test_steps_are_read_in_pages_and_only_whole_keys_count() -> None:
    client = in_process()
    store = store_in_process(client)
    wanted, other = replay_key("evt_1"), replay_key("evt_2")
    moments = [b"%013d" % number for number in range(STEPS_AT_ONCE + 3)]
    for moment in moments:
        client.lpush(f"{keys.RUN_EVENTS_PREFIX}a", moment + other)
    client.lpush(f"{keys.RUN_EVENTS_PREFIX}b", b"%013d" % 7 + other[:4] + wanted + other[4:])
    client.lpush(f"{keys.RUN_EVENTS_PREFIX}b", b"no moment    " + wanted, b"")
    client.set(f"{keys.RUN_EVENTS_PREFIX}c", "of another type")
    found = list(taken_out(store, ["a", "b", "c", "d"], ["evt_1", "evt_2"]))
    assert [(one.run, one.event_id) for one in found] == [("a", "evt_2")] * len(moments)
    assert {one.at_ms for one in found} == set(range(len(moments)))
