"""Killed again and again among spies, with a tail that died and a service away; every entry of the trail is sealed."""

from __future__ import annotations

import json
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.store import keys
from tests.dlq.spawner import Process, Spawner
from tests.dlq.support import FLIGHT, RUNS, expire_leases, letter, number_of, numbers, push, stored
from tests.enrollments.school import School, World, assert_all_or_nothing, enrollment, open_world
from tests.faults.spying import following, tokens
from tests.support.cli import shema
from tests.support.registry import put
from tests.support.subscriber import Listener
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

APPROVED, OF_USER_SERVICE = "enrollment.approved", "enrollment.*"
KILLS = 10
ENROLLMENTS = 400
CHANCE = random.Random(13)


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    """An admin whose entries are sealed; two services have declared that they hear approvals."""
    school = School().add(*(enrollment(n) for n in range(ENROLLMENTS)))
    with open_world(valkey, tmp_path, school) as opened, valkey.client() as client:
        put(client, "http://127.0.0.1:9", "user", listens=[OF_USER_SERVICE])
        put(client, "http://127.0.0.1:9", "schedule", listens=[APPROVED])
        yield replace(opened, env=opened.env | {"SHEMA_AUDIT_KEY": "k" * 32})


@pytest.fixture
def spied(valkey: Valkey, tmp_path: Path) -> Iterator[None]:
    """A spy sits on the channel of a tail of everything when that is killed, and on those of all others."""
    with following(valkey, tmp_path) as tail, valkey.client() as client, client.pubsub() as spy:
        spy.subscribe(*tokens(valkey))
        spy.psubscribe(f"{keys.PRESENCE_PREFIX}*")
        for _ in range(2):
            eventually(lambda: spy.get_message(timeout=0.1))
        tail.end(signal.SIGKILL)
        yield


@pytest.fixture
def user_service(valkey: Valkey) -> Iterator[Listener]:
    """It follows a pattern, so that tails must be told from services."""
    with Listener(valkey.port, patterns=(OF_USER_SERVICE,), name="user-service") as listening:
        yield listening


def killed(process: Process, service: Listener, more: int) -> bool:
    """Once the service has heard so many more. Whether that came before its end."""
    goal = len(service.heard) + more
    eventually(lambda: len(service.heard) >= goal or process.is_over())
    process.kill()
    return process.wait() == -signal.SIGKILL


def assert_sealed(world: World) -> None:
    verified = shema("audit", "verify", "-o", "json", env=world.env)
    assert verified.code == 0, verified.out
    assert verified.json["ok"]
    assert verified.json["keyed"] == verified.json["checked"] > 0


@dataclass
class DeadLetters:
    """What was pushed: each tenth event failed in two services, and nobody hears each eighth."""

    client: redis.Redis
    service: Listener
    raws: list[bytes]
    pushed: int = 0

    def push(self, count: int) -> None:
        fresh = []
        for n in range(self.pushed, self.pushed + count):
            kind = "ENROLLMENT_APPROVED" if n % 8 else "BOOKING_CREATED"
            fresh += [letter(n, kind, error=f"service-{copy} down") for copy in range(1 if n % 10 else 2)]
        self.pushed += count
        self.raws += fresh
        push(self.client, fresh)

    def check(self) -> Counter[int]:
        """Each event is out once or wholly there, and remembered as replayed exactly when it is out. → what is out"""
        self.client.ping()  # with its answer, all is done that a dead process had sent
        heard = Counter(numbers(one.payload for one in self.service.so_far()))
        left = Counter(stored(self.client))
        assert set(heard.values()) <= {1}
        assert left <= Counter(self.raws)
        assert {n for n in heard if not n % 8} == set()
        for raw in self.raws:
            assert heard[number_of(raw)] or left[raw] == 1, f"{raw!r} is lost"
        remembered: Any = self.client.lrange(keys.REPLAY_HISTORY, 0, -1)
        out = {parse_entry(raw).replay_key for raw in self.raws if heard[number_of(raw)]}
        assert Counter(entry[:8] for entry in remembered) == Counter(out)
        return heard


@pytest.mark.usefixtures("spied")
def test_replays_killed_at_random_points(world: World, user_service: Listener, redis_client: redis.Redis) -> None:
    letters = DeadLetters(redis_client, user_service, [])
    midway = 0
    with Spawner(world.env) as spawn:
        for _ in range(KILLS):
            letters.push(800)
            process = spawn("dlq", "replay", "--all", "--rate", "2000", "--yes")
            midway += killed(process, user_service, CHANCE.randrange(1, 400))
            letters.check()
            expire_leases(redis_client)
            assert spawn("dlq", "recover").wait() == 0
            assert not redis_client.exists(FLIGHT)
            letters.check()
            assert_sealed(world)
        assert midway > KILLS / 2, "the kills came too late to mean anything"
        letters.push(2)
        assert spawn("dlq", "replay", "--all", "--yes").wait() == 1
    heard = letters.check()
    assert set(heard) == {n for n in range(letters.pushed) if n % 8}
    assert stored(redis_client) == [raw for raw in letters.raws if not number_of(raw) % 8]
    assert redis_client.zcard(RUNS) == 0
    runs = [json.loads(entry["details"]) for entry in ended(redis_client)]
    taken = sum(run.get("replayed", 0) + run.get("done", 0) for run in runs)
    assert taken == sum(1 for raw in letters.raws if number_of(raw) % 8)
    assert (runs[-1]["receivers"], runs[-1]["missing"]) == ({APPROVED: 1}, ["schedule"])
    assert len({run["run"] for run in runs}) == len(runs) == KILLS + 1
    assert_sealed(world)


@pytest.mark.usefixtures("spied")
def test_approvals_killed_at_random_points(world: World, user_service: Listener, tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    midway = 0
    with Spawner(world.env) as spawn, world.valkey.client() as client:
        for _ in range(KILLS):
            process = spawn("enrollments", "approve", "--all-pending", "--yes")
            midway += killed(process, user_service, CHANCE.randrange(1, ENROLLMENTS // KILLS // 2))
            client.ping()  # with its answer, all is done that a dead process had sent
            events += user_service.events()
            assert_all_or_nothing(world.valkey, events, tmp_path)
            assert_sealed(world)
        assert midway > KILLS / 2, "the kills came too late to mean anything"
        last = spawn("enrollments", "approve", "--all-pending", "--yes", "-o", "json")
        assert last.wait() == 0, last.err
        events += user_service.events()
        assert len(events) == ENROLLMENTS
        assert_all_or_nothing(world.valkey, events, tmp_path)
        assert {entry.get("missing") for entry in audited(client)} == {'["schedule"]'}
    assert_sealed(world)
