"""A run that another admin ends: nothing goes out from then on, and all of it is told and in the trail."""

from __future__ import annotations

import io
import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.dlq import transfer
from shema_cli.dlq.discard import discard
from shema_cli.dlq.letters.selection import EntrySelection
from shema_cli.dlq.publishing import ReplayOptions
from shema_cli.dlq.replay import replay
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.transfer import encode_line, import_lines
from shema_cli.store.connection import Store
from shema_cli.store.errors import Passing
from shema_cli.store.pages import FIRST_PAGE
from tests.dlq.operator import operator_on
from tests.dlq.spawner import Process, Spawner
from tests.dlq.support import (
    FLIGHT,
    LIST,
    RUNS,
    SHEMA,
    Service,
    Shema,
    letter,
    numbers,
    push,
    runs_of,
    stored,
)
from tests.support.signed_in import EMAIL
from tests.support.store import store_at
from tests.support.terminal import Terminal
from tests.support.trail import audited, hash_at
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    with closing(store_at(valkey.url)) as one:
        yield one


def ends(client: redis.Redis, action: str) -> list[dict[str, Any]]:
    """What the trail tells of each end of this action."""
    return [json.loads(entry.get("details", "{}")) for entry in audited(client) if entry["action"] == action]


def the_run(client: redis.Redis) -> str:
    (run,) = runs_of(client)
    return run.decode()


def slow(spawn: Spawner, *words: str) -> Process:
    return spawn("dlq", "replay", "--all", "--yes", *words, "-o", "json")


def test_a_replay_is_ended_from_another_machine(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(n) for n in range(400)]
    push(redis_client, raws)
    process = slow(spawn, "--rate", "20")
    service.payloads(3)
    run = the_run(redis_client)
    (listed,) = dlq.json("runs")["runs"]
    assert (listed["run"], listed["state"], listed["of"], listed["by"]) == (run, "running", 400, EMAIL)
    assert (listed["action"], listed["selection"]) == ("dlq.replay", "--all")
    stopped = dlq.json("runs", "stop", run[:4], "--yes")
    assert (stopped["outcome"], stopped["stopped_by"], stopped["of"]) == ("stopped", EMAIL, 400)
    assert process.wait() == 130
    result = process.json
    assert result["replayed"] == stopped["done"]
    assert result["not_done"] == result["remaining"] == 400 - stopped["done"]
    assert result["stopped"] == {
        "code": "run_stopped",
        "message": f"stopped by {EMAIL}",
        "hint": "see what is left with shema dlq list, then run the same command again",
    }
    assert numbers(service.payloads(stopped["done"])) == list(range(stopped["done"]))
    assert redis_client.lrange(LIST, 0, -1) == raws[stopped["done"] :][::-1]
    assert not redis_client.exists(FLIGHT)
    assert redis_client.zcard(RUNS) == 0
    (end,) = ends(redis_client, "dlq.replay")
    assert (end["replayed"], end["stoppedBy"]) == (stopped["done"], EMAIL)
    (begun,) = ends(redis_client, "dlq.runs.stop.begun")
    assert ends(redis_client, "dlq.runs.stop") == [begun] == [{"stops": "dlq.replay", "of": EMAIL}]
    assert dlq.json("runs") == {"runs": [], "in_flight": 0, "abandoned": 0}


def test_it_says_so_on_its_own_screen(dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(n) for n in range(400)])
    process = spawn("dlq", "replay", "--all", "--yes", "--rate", "20")
    service.payloads(3)
    done = dlq.json("runs", "stop", the_run(redis_client), "--yes")["done"]
    assert process.wait() == 130
    assert f"stopped by {EMAIL}; {400 - done} not done" in process.err
    assert "try: see what is left with shema dlq list" in process.err


def test_a_rate_of_one_is_not_waited_for(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    """Between two of its events it sleeps for a hundred seconds."""
    push(redis_client, [letter(n) for n in range(5)])
    process = slow(spawn, "--rate", "0.01")
    service.payloads(1)
    assert dlq.json("runs", "stop", the_run(redis_client), "--yes")["outcome"] == "stopped"
    assert process.wait() == 130
    assert (process.json["replayed"], process.json["not_done"]) == (1, 4)


@pytest.mark.parametrize(
    ("words", "replayed"), [(("--canary", "2", "--verify", "600"), 2), (("--verify", "600"), 5)], ids=["canary", "all"]
)
def test_a_watch_is_not_waited_for(
    words: tuple[str, ...], replayed: int, dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(n) for n in range(5)])
    process = slow(spawn, *words)
    service.payloads(replayed)
    assert dlq.json("runs", "stop", the_run(redis_client), "--yes")["outcome"] == "stopped"
    assert process.wait() == 130, process.err
    result = process.json
    assert (result["replayed"], result["not_done"], result["bounced"]) == (replayed, 5 - replayed, 0)
    assert result["stopped"]["code"] == "run_stopped"
    assert [end["stoppedBy"] for end in ends(redis_client, "dlq.replay")] == [EMAIL]


def test_a_run_that_stands_at_its_question_does_nothing_when_it_is_answered(
    dlq: Shema, dlq_env: Mapping[str, str], redis_client: redis.Redis, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shema_cli.runs.stop.WAIT_S", 0.5)
    raws = [letter(n) for n in range(5)]
    push(redis_client, raws)
    with Terminal("dlq", "replay", "--all", env={**dlq_env, "HOME": "/nonexistent"}) as screen:
        screen.wait("Go on? [y/N]")
        (listed,) = dlq.json("runs")["runs"]
        assert (listed["state"], listed["done"], listed["of"], listed["began_at"]) == ("preparing", 0, 5, None)
        told = dlq("runs", "stop", the_run(redis_client), "--yes")
        assert (told.code, told.out.split("\t")[1]) == (0, "stopping")
        assert "does nothing more, and has not ended yet: shema dlq runs" in told.err
        assert dlq.json("runs")["runs"][0]["state"] == "stopping"
        screen.keys("y\r")
        assert screen.end() == 130
        assert f"stopped by {EMAIL}; 5 not done" in screen.text
    assert not service.heard
    assert stored(redis_client) == raws
    assert all(end["replayed"] == 0 for end in ends(redis_client, "dlq.replay"))
    assert not runs_of(redis_client)


@dataclass
class ToldWhen:
    """A `still_admin`, asked before each batch, that has another admin stop the run as soon as something is so."""

    store: Store
    condition: Callable[[], object]

    def __call__(self, *, now: bool = False) -> None:
        letters = DeadLetters(self.store)
        for run in letters.look().runs if self.condition() else ():
            letters.stop(run.run, "dina@shema.test")


def test_a_discard_leaves_in_its_export_what_it_dropped(
    store: Store, redis_client: redis.Redis, tmp_path: Path
) -> None:
    raws = [letter(n) for n in range(450)]
    push(redis_client, raws)
    told = ToldWhen(store, lambda: len(stored(redis_client)) < 450)
    path = tmp_path / "gone.ndjson"
    everything = EntrySelection(everything=True)
    done = discard(operator_on(store, still_admin=told), everything, limit=None, export=path, dry_run=False)
    assert (done.discarded, done.not_done, done.exit_code) == (FIRST_PAGE, 450 - FIRST_PAGE, 130)
    assert len(path.read_text().splitlines()) == FIRST_PAGE
    assert redis_client.lrange(LIST, 0, -1) == raws[FIRST_PAGE:][::-1]
    assert next(iter(done.notes())) == f"stopped by dina@shema.test; {450 - FIRST_PAGE} not done"
    assert [end["stoppedBy"] for end in ends(redis_client, "dlq.discard")] == ["dina@shema.test"]


def test_an_import_pushes_nothing_more(
    store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PUSH_COUNT", 10)
    source = io.BytesIO(b"".join(encode_line(letter(n)) for n in range(25)))
    told = ToldWhen(store, lambda: len(stored(redis_client)) == 10)
    done = import_lines(operator_on(store, still_admin=told), source, yes_to=lambda _: None, dry_run=False)
    assert done.ended is not None
    assert (done.imported, done.new, done.ended.message) == (10, 25, "stopped by dina@shema.test")
    assert len(stored(redis_client)) == 10
    (end,) = ends(redis_client, "dlq.import")
    assert (end["imported"], end["stoppedBy"]) == (10, "dina@shema.test")


def test_of_what_very_many_were_left_a_thousand_are_named(
    store: Store, redis_client: redis.Redis, tmp_path: Path
) -> None:
    """A run of a million ends at once, too: the others are counted as they were foretold."""
    push(redis_client, [letter(n) for n in range(2500)])
    told, everything = ToldWhen(store, lambda: True), EntrySelection(everything=True)
    done = replay(operator_on(store, still_admin=told), everything, ReplayOptions(allow_unheard=True))
    assert (done.replayed, done.not_done, len(done.problems), done.omitted) == (0, 2500, 1000, 1500)
    path = tmp_path / "gone.ndjson"
    dropped = discard(operator_on(store, still_admin=told), everything, limit=None, export=path, dry_run=False)
    assert (dropped.discarded, dropped.not_done) == (0, 2500)


def test_two_admins_at_once_are_told_who_was_first(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(n) for n in range(400)])
    process = slow(spawn, "--rate", "20")
    service.payloads(3)
    run = the_run(redis_client)
    both = [spawn("dlq", "runs", "stop", run, "--yes", "-o", "json") for _ in range(2)]
    assert process.wait() == 130
    codes = [one.wait() for one in both]
    assert 0 in codes, [one.err for one in both]
    assert set(codes) <= {0, 1}, "one may come when it has ended"
    for one, code in zip(both, codes, strict=True):
        assert one.json["outcome"] == "stopped" if code == 0 else one.json["error"]["code"] == "run_ended"
    assert len(ends(redis_client, "dlq.replay")) == 1
    assert len(ends(redis_client, "dlq.runs.stop.begun")) >= codes.count(0)


# -- one that dies, is gone, or was never there ----------------------------------------------------------------------


def test_one_that_dies_just_after_it_was_told_is_told_as_dead_and_recovered(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(n) for n in range(400)])
    process = slow(spawn, "--rate", "20")
    service.payloads(3)
    process.kill(signal.SIGSTOP)
    run = the_run(redis_client)
    telling = spawn("dlq", "runs", "stop", run, "--yes", "-o", "json")
    eventually(lambda: "stoppedBy" in hash_at(redis_client, f"{SHEMA}run:{run}"), within_s=60)
    process.kill(signal.SIGKILL)
    assert telling.wait() == 1
    told = telling.json
    assert (told["outcome"], told["stopped_by"]) == ("abandoned", EMAIL)
    (listed,) = dlq.json("runs")["runs"]
    assert (listed["state"], listed["rate"], listed["done"]) == ("abandoned", None, told["done"])
    again = dlq("runs", "stop", run, "--yes", "-o", "json")
    assert (again.code, again.json["error"]["code"]) == (1, "run_abandoned")
    assert again.json["error"]["hint"] == "shema dlq recover"
    dlq.json("recover")
    (end,) = ends(redis_client, "dlq.replay")
    assert (end["died"], end["done"], end["stoppedBy"]) == (True, told["done"], EMAIL)
    assert len(stored(redis_client)) == 400 - told["done"]


def test_one_that_went_silent_under_a_clock_that_was_set_back_is_told_as_dead(
    dlq: Shema, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ends in an hour, by a server whose clock was an hour ahead when it died."""
    monkeypatch.setattr("shema_cli.runs.stop.SILENT_AFTER_S", 0.3)
    redis_client.hset(f"{SHEMA}run:0123456789abcdef", mapping={"state": "live", "seq": 0, "done": "x", "of": "-1"})
    redis_client.zadd(RUNS, {"0123456789abcdef": (time.time() + 3600) * 1000})
    told = dlq.json("runs", "stop", "0123", "--yes", code=1)
    assert (told["outcome"], told["done"], told["of"]) == ("abandoned", 0, None)


def test_one_that_has_ended_is_told_with_what_it_did(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(n) for n in range(3)])
    dlq.json("replay", "--all", "--yes")
    run = ends(redis_client, "dlq.replay")[0]["run"]
    error = dlq.json("runs", "stop", run, "--yes", code=1)["error"]
    assert error["code"] == "run_ended"
    assert error["message"] == f"run {run} has ended 0s ago, replayed 3"
    assert ends(redis_client, "dlq.runs.stop.begun") == []
    error = dlq.json("runs", "stop", "ffff", "--yes", code=1)["error"]
    assert (error["code"], error["hint"]) == ("run_not_found", "shema dlq runs")


def test_a_prefix_must_fit_one(dlq: Shema, redis_client: redis.Redis) -> None:
    for run in ("0123456789abcdef", "0123ffffffffffff"):
        redis_client.hset(f"{SHEMA}run:{run}", mapping={"state": "live", "actorEmail": "ana@shema.test"})
        redis_client.zadd(RUNS, {run: (time.time() + 60) * 1000})
    assert dlq.json("runs", "stop", "012", "--dry-run", code=2)["error"]["code"] == "short_id"
    error = dlq.json("runs", "stop", "0123", "--dry-run", code=2)["error"]
    assert error["code"] == "ambiguous_run"
    assert "0123456789abcdef, 0123ffffffffffff" in error["message"]
    planned = dlq("runs", "stop", "01234", "--dry-run")
    assert planned.code == 0
    assert "the replay by ana@shema.test would be stopped; nothing was changed" in planned.err
    assert "stoppedBy" not in hash_at(redis_client, f"{SHEMA}run:0123456789abcdef")
    refused = dlq("runs", "stop", "01234", "--yes", "--read-only", "-o", "json")
    assert (refused.code, refused.json["error"]["code"]) == (5, "read_only")
    assert audited(redis_client) == []


# -- Redis goes away -----------------------------------------------------------------------------------------------


def test_where_redis_is_lost_it_is_said_that_it_may_have_been_told(
    dlq: Shema, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shema_cli.store.patience.FAILOVER_S", 0.1)
    redis_client.hset(f"{SHEMA}run:0123456789abcdef", mapping={"state": "live"})
    redis_client.zadd(RUNS, {"0123456789abcdef": (time.time() + 60) * 1000})
    original = DeadLetters.call_once

    def lost(self: DeadLetters, name: str, *arguments: Any) -> Any:
        if name == "dlq_run_stop":
            raise Passing("redis_unreachable", "Redis is away")
        return original(self, name, *arguments)

    monkeypatch.setattr(DeadLetters, "call_once", lost)
    error = dlq.json("runs", "stop", "0123", "--yes", code=3)["error"]
    assert error["message"] == "Redis is away; the run may or may not have been told to stop"
    assert error["hint"] == "when Redis is back: shema dlq runs"
    assert [entry["action"] for entry in audited(redis_client)] == ["dlq.runs.stop.begun", "dlq.runs.stop.failed"]


def test_what_a_failover_forgot_is_told_again(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(redis_client, [letter(n) for n in range(400)])
    process = slow(spawn, "--rate", "20")
    service.payloads(3)
    run = the_run(redis_client)
    forgotten: list[int] = []
    original = DeadLetters.stop

    def forget_once(self: DeadLetters, name: str, by: str) -> Any:
        told = original(self, name, by)
        if not forgotten:
            forgotten.append(int(redis_client.execute_command("HDEL", f"{SHEMA}run:{run}", "stoppedBy")))
        return told

    monkeypatch.setattr(DeadLetters, "stop", forget_once)
    assert dlq.json("runs", "stop", run, "--yes")["outcome"] == "stopped"
    assert forgotten == [1]
    assert process.wait() == 130
