"""What a dry run foretells is what the run does, whatever the list holds (contract 2.4)."""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import partial

import pytest
import redis

from tests.dlq.spawner import Spawner
from tests.dlq.support import FLIGHT, KINDS, SHEMA, Service, Shema, expire_leases, letter, numbers, push, stored
from tests.support.waiting import eventually

WORDS = (
    ("--all",),
    ("--all", "--limit", "7"),
    ("--all", "--each"),
    ("--all", "--max-replays", "1"),
    ("--all", "--force", "--limit", "11"),
    ("--all", "--allow-unheard"),
    ("--type", "enrollment.*", "--limit", "5"),
    ("evt_00000001", "evt_00000002"),
    ("--all", "--canary", "2", "--verify", "0.05"),
)


def some_list(chance: random.Random, length: int) -> list[bytes]:
    """Copies, events that share an id, events without a listener, and what is no event, in any order."""

    def one() -> bytes:
        if chance.random() < 0.15:
            return chance.choice([b"junk", b"{}", b"\xff"])
        number = chance.randrange(6)
        data = {"more": 1} if chance.random() < 0.2 else {}
        return letter(number, KINDS[number % 3], f"service-{chance.randrange(3)} down", **data)

    return [one() for _ in range(length)]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
@pytest.mark.parametrize("seed", range(3))
def test_the_plan_and_the_run_count_the_same(
    dlq: Shema, redis_client: redis.Redis, service: Service, words: tuple[str, ...], seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        push(redis_client, [letter(1), letter(2, KINDS[2]), *some_list(chance, chance.randrange(1, 40))])
        plan = dlq("replay", *words, "--dry-run", "-o", "json").json["plan"]
        heard = len(service.payloads(0, 0))
        result = dlq("replay", *words, "--yes", "-o", "json").json
        foretold = (plan["replay"], plan["events"], plan["at_limit"], plan["unheard"], plan["invalid"])
        if "stopped" not in result:
            done = (result["replayed"], result["events"], result["skipped"], result["unheard"], result["invalid"])
            assert done == foretold
        if "--allow-unheard" not in words:
            assert len(service.payloads(heard + result["events"], 1)) == heard + result["events"]
        assert result["gone"] == 0


def test_killed_at_random_points_each_event_goes_out_once_for_all_its_copies(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    chance = random.Random(5)
    sent = midway = 0
    for _ in range(12):
        fresh = range(sent, sent + 400)
        sent += 400
        raws = [letter(n, error=f"service-{one} down") for one in range(3) for n in fresh]
        chance.shuffle(raws)
        push(redis_client, raws)
        process = spawn("dlq", "replay", "--all", "--yes")
        goal = len(service.heard) + chance.randrange(1, 300)
        eventually(partial(lambda goal: len(service.heard) >= goal, goal))
        time.sleep(chance.random() * 0.01)
        process.kill()
        process.wait()
        midway += bool(redis_client.exists(f"{SHEMA}copies"))
        expire_leases(redis_client)
        dlq.json("recover")
        assert not redis_client.exists(FLIGHT)
    assert midway > 4, "the kills came too early or too late to mean anything"
    result = dlq.json("replay", "--all", "--yes")
    assert (stored(redis_client), result["remaining"]) == ([], 0)
    assert Counter(numbers(service.payloads(sent))) == Counter(range(sent))
    assert not redis_client.keys("*copies")
