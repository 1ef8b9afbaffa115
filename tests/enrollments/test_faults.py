"""Whatever dies in the middle: an event is heard exactly when its decision is recorded and audited (contract 2.4)."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pexpect
import pytest

from shema_cli.enrollments.decide import AlreadyDecided, DecisionMade, DecisionOrder, NobodyHears
from shema_cli.enrollments.results import DecisionKind
from shema_cli.errors import Unreachable
from shema_cli.store import commit, keys
from tests.enrollments.school import (
    School,
    World,
    assert_all_or_nothing,
    audited,
    decider_of,
    enrollment,
    open_world,
    recorded,
)
from tests.support.middleman import (
    Middleman,
    is_step,
    kept_back,
    lost,
    once,
    vanish_after_the_step,
)
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.waiting import eventually
from tests.support.world import app_on

SHEMA = [sys.executable, "-m", "shema_cli"]


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    with open_world(valkey, tmp_path, School().add(*(enrollment(n) for n in range(400)))) as opened:
        yield opened


def start(world: World, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SHEMA, "enrollments", *argv, "-o", "json"],
        env=os.environ | world.env,
        cwd=world.env["SHEMA_STATE_DIR"].removesuffix("/state"),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_killed_at_any_moment(world: World, tmp_path: Path) -> None:
    chance = random.Random(9)
    events: list[dict[str, Any]] = []
    with Listener(world.valkey.port, "enrollment.approved") as service, world.valkey.client() as client:
        for _ in range(5):
            until = int(client.xlen(keys.AUDIT)) + chance.randrange(1, 70)
            process = start(world, "approve", "--all-pending", "--yes")
            while process.poll() is None and client.xlen(keys.AUDIT) < until:
                pass
            time.sleep(chance.uniform(0, 0.002))
            process.kill()
            process.communicate()
            events += service.events()
            assert_all_or_nothing(world.valkey, events, tmp_path)
        last = start(world, "approve", "--all-pending", "--yes")
        out, _ = last.communicate(timeout=60)
        events += service.events()
    summary = json.loads(out)["summary"]
    assert last.returncode == 0
    assert summary["approved"] + summary.get("already", 0) == 400
    assert len(events) == 400
    assert_all_or_nothing(world.valkey, events, tmp_path)


def test_twelve_processes_on_one_enrollment(world: World, tmp_path: Path) -> None:
    with Listener(world.valkey.port, patterns=("enrollment.*",)) as service:
        processes = [
            start(world, *(("approve",) if n % 2 else ("reject", "--reason", "full")), "e1", "--yes") for n in range(12)
        ]
        done = [json.loads(process.communicate(timeout=60)[0])["results"][0] for process in processes]
        (event,) = service.events()
        assert_all_or_nothing(world.valkey, [event], tmp_path)
    won = [one for one in done if one["event_id"]]
    assert [one["event_id"] for one in won] == [event["eventId"]]
    others = {one["outcome"] for one in done if not one["event_id"]}
    assert others <= {"already", "conflict"}
    assert all("admin@shema.test" in one["message"] for one in done if not one["event_id"])


def _decide_all(valkey: Valkey, folder: Path, barrier: Any, ids: list[str]) -> None:
    with app_on(valkey, folder) as app:
        decider = decider_of(app)
        barrier.wait()
        for id in ids:
            decider.decide(DecisionOrder(id, "s", DecisionKind.APPROVED))


def test_many_at_once_do_not_fork_the_chain(valkey: Valkey, tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(12)
    ids = [f"e{n}" for n in range(25)]
    with Listener(valkey.port, "enrollment.approved") as service:
        workers = [
            fork.Process(target=_decide_all, args=(valkey, tmp_path, barrier, [*ids[n % 3 :], f"own{n}"]))
            for n in range(12)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0] * 12
        events = service.events()
    assert len(events) == 25 + 12
    assert_all_or_nothing(valkey, events, tmp_path)


def test_redis_restarted_between_question_and_answer(world: World, tmp_path: Path) -> None:
    own = Valkey().start()
    try:
        with Listener(own.port, "enrollment.approved"):
            child = pexpect.spawn(
                SHEMA[0],
                [*SHEMA[1:], "enrollments", "approve", "e1", "e2"],
                env=os.environ | world.env | {"REDIS_URL": own.url},
                cwd=str(tmp_path),
                encoding="utf-8",
                timeout=30,
            )
            child.expect_exact("Go on?")
            own.kill()
            own.start()
        with Listener(own.port, "enrollment.approved") as service:
            child.sendline("y")
            child.expect(pexpect.EOF)
            child.close()
            assert child.exitstatus == 0, child.before
            assert_all_or_nothing(own, events := service.events(), tmp_path)
        assert [event["data"]["enrollmentId"] for event in events] == ["e1", "e2"]
    finally:
        own.stop()


def test_redis_gone_between_question_and_answer(world: World, tmp_path: Path) -> None:
    own = Valkey().start()
    with Listener(own.port, "enrollment.approved"):
        child = pexpect.spawn(
            SHEMA[0],
            [*SHEMA[1:], "enrollments", "approve", "e1", "e2", "-o", "json"],
            env=os.environ | world.env | {"REDIS_URL": own.url},
            cwd=str(tmp_path),
            encoding="utf-8",
            timeout=30,
        )
        child.expect_exact("Go on?")
        own.stop()
    child.sendline("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3, child.before


def test_a_lost_answer_is_resolved_and_nothing_is_published_twice(valkey: Valkey, tmp_path: Path) -> None:
    with Middleman(valkey.port) as middleman, app_on(valkey, tmp_path, REDIS_URL=middleman.url) as app:
        middleman.after = once(lost)
        with Listener(valkey.port, "enrollment.approved") as service:
            answer = decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED))
            events = service.events()
    assert isinstance(answer, DecisionMade)
    assert answer.receivers is None
    assert [event["eventId"] for event in events] == [answer.event_id]
    assert_all_or_nothing(valkey, events, tmp_path)


def test_a_lost_command_is_sent_again(valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "BEGIN_WITHIN_MS", 200)
    with Middleman(valkey.port) as middleman, app_on(valkey, tmp_path, REDIS_URL=middleman.url) as app:
        middleman.before = once(lost)
        with Listener(valkey.port, "enrollment.approved") as service:
            answer = decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED))
            events = service.events()
    assert isinstance(answer, DecisionMade)
    assert answer.receivers == 1
    assert_all_or_nothing(valkey, events, tmp_path)


def test_a_command_that_arrives_after_it_was_given_up_does_nothing(
    valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client was told `unheard` by its second try; then a service listens, and the first try is delivered."""
    monkeypatch.setattr(commit, "BEGIN_WITHIN_MS", 200)
    strays: list[bytes] = []
    with Middleman(valkey.port) as middleman, app_on(valkey, tmp_path, REDIS_URL=middleman.url) as app:
        middleman.before = kept_back(strays)
        assert decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED)) == NobodyHears()
    with (
        Listener(valkey.port, "enrollment.approved") as service,
        socket.create_connection(("127.0.0.1", valkey.port)) as late,
    ):
        late.sendall(strays[0])
        assert b"late" in late.recv(1000)
        assert service.events() == []
    assert recorded(valkey) == audited(valkey) == Counter()


def test_somebody_else_decides_while_the_answer_is_lost(valkey: Valkey, tmp_path: Path) -> None:
    def another() -> bool:
        with app_on(valkey, tmp_path) as other:
            decider_of(other).decide(DecisionOrder("e2", "s2", DecisionKind.APPROVED))
        return False

    with Middleman(valkey.port) as middleman, app_on(valkey, tmp_path, REDIS_URL=middleman.url) as app:
        middleman.after = once(another)
        with Listener(valkey.port, "enrollment.approved") as service:
            answer = decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED))
            events = service.events()
    assert isinstance(answer, DecisionMade)
    assert len(events) == 2
    assert_all_or_nothing(valkey, events, tmp_path)


def test_a_command_lost_to_a_faster_admin_is_told_so(
    valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "BEGIN_WITHIN_MS", 200)

    def rejected() -> bool:
        with app_on(valkey, tmp_path) as other:
            decider_of(other).decide(DecisionOrder("e1", "s1", DecisionKind.REJECTED, reason="full"))
        return False

    with Middleman(valkey.port) as middleman, app_on(valkey, tmp_path, REDIS_URL=middleman.url) as app:
        middleman.before = once(rejected)
        with Listener(valkey.port, patterns=("enrollment.*",)) as service:
            answer = decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED))
            events = service.events()
    assert isinstance(answer, AlreadyDecided)
    assert answer.decision.decision == "rejected"
    assert_all_or_nothing(valkey, events, tmp_path)


def test_redis_that_stays_away_after_a_lost_answer_is_not_called_failed(
    valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "RESOLVE_WITHIN_S", 0.3)
    with Middleman(valkey.port) as middleman, app_on(valkey, tmp_path, REDIS_URL=middleman.url) as app:
        vanish_after_the_step(middleman)
        with Listener(valkey.port, "enrollment.approved"), pytest.raises(Unreachable, match="may or may not"):
            decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_a_long_run(world: World, tmp_path: Path, number: signal.Signals) -> None:
    with (
        Middleman(world.valkey.port) as middleman,
        Listener(world.valkey.port, "enrollment.approved") as service,
        world.valkey.client() as client,
    ):
        middleman.before = lambda request: time.sleep(0.02) if is_step(request) else True
        slow = replace(world, env=world.env | {"REDIS_URL": middleman.url})
        process = start(slow, "approve", "--all-pending", "--yes")
        eventually(lambda: client.xlen(keys.AUDIT) >= 5 or process.poll() is not None)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        events = service.events()
    assert process.returncode == 130, err
    results = json.loads(out)["results"]
    assert len(results) == 400
    assert [r["event_id"] for r in results if r["outcome"] == "approved"] == [e["eventId"] for e in events]
    assert {r["message"] for r in results if r["outcome"] == "failed"} == {"not done: interrupted before its turn"}
    assert 5 <= len(events) < 400
    assert_all_or_nothing(world.valkey, events, tmp_path)


def test_a_service_that_fails_half_way(world: World, tmp_path: Path) -> None:
    """The first course answered, the second does not any more: the first is decided, the second not at all."""
    for document in list(world.school.enrollments.values())[200:]:
        document["course_id"] = "c2"
    world.school.down.add("c2")
    with Listener(world.valkey.port, "enrollment.approved") as service:
        process = start(world, "approve", "--all-pending", "--yes")
        out, _ = process.communicate(timeout=60)
        events = service.events()
    assert process.returncode == 1
    assert json.loads(out)["summary"] == {"approved": 200, "failed": 200}
    assert_all_or_nothing(world.valkey, events, tmp_path)
