"""The sandbox records its events, and what can go wrong with that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import redis

from shema_cli.sandbox.system.assembly import System
from shema_cli.store import keys
from tests.events.history.recording import gaps, payloads, recorder_process
from tests.support.cli import Run, shema
from tests.support.sandbox import event
from tests.support.traces import Traces
from tests.support.waiting import eventually

UNHEARD_OF = "9.9"  # a version at which no service does anything


def fault(sandbox: dict[str, str], *argv: str) -> Run:
    ended = shema("sandbox", "fault", *argv, "--json", env=sandbox)
    assert ended.code == 0, ended.err
    return ended


def publish(sandbox: dict[str, str], *ids: str) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        for id in ids:
            client.publish("enrollment.approved", event("enrollment.approved", {"enrollmentId": id}, UNHEARD_OF))


def recorded(sandbox: dict[str, str]) -> list[str]:
    """The enrollments of the events in the history, in order."""
    return [json.loads(payload)["data"]["enrollmentId"] for payload in payloads(sandbox["REDIS_URL"])]


def state(sandbox: dict[str, str]) -> Any:
    return shema("sandbox", "status", "--json", env=sandbox).json["history"]


def test_what_is_published_is_recorded_from_the_start(sandbox: dict[str, str]) -> None:
    publish(sandbox, "a", "b")
    eventually(lambda: recorded(sandbox) == ["a", "b"])
    assert [gap.from_ms for gap in gaps(sandbox["REDIS_URL"])] == [0], "only the time before the sandbox"
    told = state(sandbox)
    assert (told["up"], told["state"], told["fault"]) == (True, "recording", {})
    eventually(lambda: state(sandbox)["entries"] >= 2)
    drawn = shema("sandbox", "status", env=sandbox | {"NO_COLOR": "1"}, terminal=True).out
    assert "history" in drawn
    assert "recording" in drawn


def test_the_recorder_is_a_tail_and_is_not_counted(sandbox: dict[str, str]) -> None:
    chosen = shema("enrollments", "list", "--status", "pending", "--limit", "1", "--json", env=sandbox).json
    argv = ("enrollments", "approve", chosen["enrollments"][0]["id"], "--yes", "--json")
    assert shema(*argv, env=sandbox).json["results"][0]["receivers"] == 4


def test_a_command_that_is_run_is_recorded_from_its_beginning(traces: Traces) -> None:
    publish = """shema events publish user.updated --data '{"userId": "stu-0001", "changes": {}}' --yes"""
    ended = traces.shema("sandbox", "run", "--", "sh", "-c", f"{publish} >&2 && shema events history user.updated")
    assert "user.updated" in ended.stdout
    traces.nothing_left()


def test_without_a_recorder_there_is_a_gap(sandbox: dict[str, str]) -> None:
    publish(sandbox, "before")
    eventually(lambda: recorded(sandbox) == ["before"])
    assert fault(sandbox, "history", "--down").json == {"target": "history", "fault": {"down": True}}
    told = state(sandbox)
    assert (told["up"], told["state"]) == (False, "down")
    publish(sandbox, "meanwhile")
    fault(sandbox, "history", "--clear")
    publish(sandbox, "after")
    eventually(lambda: recorded(sandbox) == ["before", "after"])
    assert [gap.cause for gap in gaps(sandbox["REDIS_URL"])][1:] == ["no recorder ran"]


def test_reset_begins_the_history_again(sandbox: dict[str, str]) -> None:
    publish(sandbox, "before")
    eventually(lambda: recorded(sandbox) == ["before"])
    fault(sandbox, "history", "--down")
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        epoch = client.hget(keys.HISTORY_STATE, "epoch")
        assert shema("sandbox", "reset", env=sandbox).code == 0
        assert client.hget(keys.HISTORY_STATE, "epoch") not in (epoch, None)
    assert recorded(sandbox) == []
    assert [(gap.from_ms, gap.cause) for gap in gaps(sandbox["REDIS_URL"])] == [(0, "nothing was recorded before")]
    assert state(sandbox)["fault"] == {}
    missed = shema("events", "missed", "schedule", "--json", env=sandbox)
    assert (missed.code, missed.json["away"]) == (0, []), "all services were there when it began"


def test_what_a_service_missed_is_told(sandbox: dict[str, str]) -> None:
    chosen = shema("enrollments", "list", "--status", "pending", "--limit", "1", "--json", env=sandbox).json
    fault(sandbox, "schedule", "--down")
    approved = shema("enrollments", "approve", chosen["enrollments"][0]["id"], "--yes", "--json", env=sandbox).json[
        "results"
    ][0]
    fault(sandbox, "schedule", "--clear")
    eventually(lambda: shema("events", "missed", "schedule", "--json", env=sandbox).json["total"] == 1)
    missed = shema("events", "missed", "schedule", "--json", env=sandbox)
    assert (missed.code, missed.json["events"][0]["event_id"]) == (1, approved["event_id"])


def test_redis_that_was_away_leaves_the_history_and_a_gap(sandbox: dict[str, str]) -> None:
    publish(sandbox, "before")
    eventually(lambda: recorded(sandbox) == ["before"])
    fault(sandbox, "redis", "--down")
    fault(sandbox, "redis", "--clear")
    publish(sandbox, "after")
    eventually(lambda: recorded(sandbox) == ["before", "after"])
    assert len(gaps(sandbox["REDIS_URL"])) == 2


def test_a_recorder_that_cannot_begin_goes_on_trying(sandbox: dict[str, str]) -> None:
    fault(sandbox, "history", "--down")
    fault(sandbox, "redis", "--down")
    fault(sandbox, "history", "--clear")
    eventually(lambda: state(sandbox)["state"] == "waiting")
    fault(sandbox, "redis", "--clear")
    publish(sandbox, "after")
    eventually(lambda: recorded(sandbox) == ["after"])


def test_a_recorder_by_hand_goes_on_when_the_sandboxs_ends_and_back(
    sandbox: dict[str, str], sandbox_system: System, tmp_path: Path
) -> None:
    sent = [f"{number}" for number in range(600)]
    with recorder_process(url=sandbox["REDIS_URL"], folder=tmp_path) as by_hand:
        by_hand.until("standing_by")
        publish(sandbox, *sent[:100])
        fault(sandbox, "history", "--down")
        publish(sandbox, *sent[100:300])
        by_hand.until("recording")
        fault(sandbox, "history", "--clear")
        assert state(sandbox)["state"] == "standing by"
        publish(sandbox, *sent[300:500])
        by_hand.kill()
        publish(sandbox, *sent[500:])
        eventually(lambda: state(sandbox)["state"] == "recording")
        eventually(lambda: len(recorded(sandbox)) == len(sent))
    assert recorded(sandbox) == sent
    assert len(gaps(sandbox["REDIS_URL"])) == 1, "only the time before the sandbox"
