"""Who was missing among the services that have declared what they listen to: told, kept, and refused where required."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.dlq.support import letter, push, stored
from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import Run, shema
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey

APPROVED = "enrollment.approved"
DECLARED = {
    "user": [APPROVED, "user.*"],
    "schedule": [APPROVED],
    "chat": ["chat:session:*"],
    "odd": [1, None, "\ud800"],
}


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    with valkey.client() as client:
        for name, listens in DECLARED.items():
            entry = {
                "healthCheck": "/health",
                "registeredAt": "2020-01-01T00:00:00.000Z",
                "ttl": 30,
                "listens": listens,
            }
            client.hset(f"{{shema}}:registry:{name}", "http://127.0.0.1:9", json.dumps(entry))
    with open_world(valkey, tmp_path, School().add(enrollment(1), enrollment(2))) as opened:
        yield opened
    with valkey.client() as client:
        client.execute_command("ACL", "DELUSER", "narrow")


@pytest.fixture
def present(world: World) -> Iterator[ExitStack]:
    """The user and the chat service listen; schedule does not."""
    with ExitStack() as stack:
        stack.enter_context(Listener(world.valkey.port, APPROVED, patterns=("user.*",), name="user-service"))
        stack.enter_context(Listener(world.valkey.port, patterns=("chat:session:*",), name="chat"))
        yield stack


def run_in(world: World, *words: str, **env: str) -> Run:
    return shema(*words, "-o", "json", env={**world.env, **env})


def trail(world: World) -> list[Any]:
    return list(run_in(world, "audit", "list").json["entries"])


def approve(world: World, id: str, *flags: str, **env: str) -> tuple[int, Any]:
    run = run_in(world, "enrollments", "approve", id, "--skip-capacity-check", "--yes", *flags, **env)
    return run.code, run.json["results"][0]


def test_the_command_that_tells_what_was_missed_is_named(world: World, present: ExitStack) -> None:
    words = ("approve", "e1", "--skip-capacity-check", "--yes")
    said = shema("enrollments", *words, env=world.env).err
    assert "what schedule missed, where events are recorded: shema events missed schedule" in said


def test_who_was_missing_is_told_and_kept(world: World, present: ExitStack) -> None:
    code, result = approve(world, "e1")
    assert (code, result["outcome"], result["receivers"], result["missing"]) == (0, "approved", 1, ["schedule"])
    assert result["message"] == "approved; 1 service heard it; schedule was not there"
    present.enter_context(Listener(world.valkey.port, APPROVED, name="schedule-service"))
    code, result = approve(world, "e2")
    assert (code, result["receivers"], result["missing"]) == (0, 2, [])
    assert result["message"] == "approved; 2 services heard it"
    newest, oldest = trail(world)
    assert (oldest["receivers"], oldest["missing"]) == (1, ["schedule"])
    assert (newest["receivers"], newest["missing"]) == (2, [])
    assert run_in(world, "audit", "verify").json["ok"]
    told = [one["summary"] for one in run_in(world, "trace", "e1").json["events"] if one["kind"] == "audit"]
    assert [summary.partition("; ")[2] for summary in told] == ["heard by 1 of 2: schedule was away"]


def test_a_dry_run_foretells_what_is_done(world: World, present: ExitStack) -> None:
    """The pattern of the chat service is known by what it has declared, so nothing is left open."""
    code, planned = approve(world, "e1", "--dry-run")
    assert (code, planned["outcome"], planned["missing"]) == (0, "planned", ["schedule"])
    assert planned["message"].endswith("; 1 listener; schedule is not there")
    publish = ("events", "publish", "user.updated", "--data", '{"userId":"u1","changes":{}}')
    foretold = run_in(world, *publish, "--dry-run").json
    assert ("at_most" in foretold, foretold["receivers"], foretold["missing"]) == (False, 1, [])
    assert run_in(world, *publish, "--yes").json["receivers"] == 1
    nobody_hears = ("events", "publish", "booking.confirmed", "--data", '{"bookingId":"b1","slotId":"s1"}')
    told, refused = (run_in(world, *nobody_hears, how) for how in ("--dry-run", "--yes"))
    assert (told.code, told.json) == (refused.code, refused.json)
    assert (told.code, told.json["error"]["code"]) == (5, "unheard")


def test_where_all_are_required_nothing_goes_out_without_one(world: World, present: ExitStack) -> None:
    code, result = approve(world, "e1", "--require-listeners")
    assert (code, result["outcome"], result["event_id"], result["missing"]) == (5, "unheard", None, ["schedule"])
    assert "schedule was not there" in result["message"]
    publish = ("events", "publish", APPROVED, "--data", '{"enrollmentId":"e9","studentId":"s"}', "--yes")
    refused = run_in(world, *publish, "--require-listeners")
    assert (refused.code, refused.json["error"]["code"]) == (5, "unheard")
    foretold = run_in(world, *publish, "--require-listeners", "--dry-run")
    assert (foretold.code, foretold.json) == (5, refused.json)
    assert trail(world) == []
    published = run_in(world, *publish).json
    assert (published["receivers"], published["missing"]) == (1, ["schedule"])
    present.enter_context(Listener(world.valkey.port, APPROVED, name="schedule"))
    assert run_in(world, *publish, "--require-listeners", "--dry-run").code == 0
    assert approve(world, "e1", "--require-listeners")[0] == 0


def test_a_decision_reads_once_what_is_declared(world: World, present: ExitStack) -> None:
    """For what is foretold and for what is done; it takes a look over the keys of each server."""
    with world.valkey.client() as client:
        client.config_resetstat()
        assert approve(world, "e1")[1]["missing"] == ["schedule"]
        assert client.info("commandstats")["cmdstat_scan"]["calls"] == 1


def test_dead_letters(world: World, present: ExitStack) -> None:
    with world.valkey.client() as client:
        push(client, [letter(1), letter(2), letter(3, "USER_UPDATED")])
        held = run_in(world, "dlq", "replay", "--type", "ENROLLMENT_APPROVED", "--require-listeners", "--yes")
        assert (held.code, held.json["unheard"], held.json["replayed"]) == (5, 2, 0)
        assert all(problem["missing"] == ["schedule"] for problem in held.json["problems"])
        assert len(stored(client)) == 3
        done = run_in(world, "dlq", "replay", "--all", "--yes")
        assert (done.code, done.json["replayed"]) == (0, 3)
        assert stored(client) == []
    (problem,) = done.json["problems"]
    assert (problem["id"], problem["outcome"], problem["missing"]) == ("", "replayed", ["schedule"])
    assert problem["message"] == f"{APPROVED}: schedule was not there"
    ended = next(entry for entry in trail(world) if entry["action"] == "dlq.replay")
    assert (ended["details"]["missing"], ended["details"]["receivers"][APPROVED]) == (["schedule"], 1)


def test_where_clients_may_not_be_listed_it_is_told_as_unknown(world: World, present: ExitStack) -> None:
    with world.valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "narrow", "reset", "on", ">pw", "~*", "&*", "+@all", "-client|list")
    narrow = f"redis://narrow:pw@127.0.0.1:{world.valkey.port}/0"
    code, result = approve(world, "e1", REDIS_URL=narrow)
    assert (code, result["missing"]) == (0, None)
    assert "whether schedule and user heard it is not known" in result["message"]
    code, result = approve(world, "e2", "--require-listeners", REDIS_URL=narrow)
    assert (code, result["outcome"]) == (5, "unheard")


def test_nobody_at_all_means_that_all_were_missing(world: World) -> None:
    code, result = approve(world, "e1")
    assert (code, result["outcome"], result["missing"]) == (5, "unheard", ["schedule", "user"])
