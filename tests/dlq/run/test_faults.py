"""Whatever is killed whenever: each entry is in the list, in flight and recoverable, or published, once."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections import Counter
from functools import partial
from typing import Any

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.dlq.run.run import Run
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.settings.sources import load_settings
from shema_cli.store.connection import Store
from tests.dlq.spawner import Spawner
from tests.dlq.support import (
    FLIGHT,
    KINDS,
    LIST,
    RUNS,
    SHEMA,
    Service,
    Shema,
    expire_leases,
    letter,
    numbers,
    push,
    runs_of,
    stored,
)
from tests.support.proxy import FaultProxy
from tests.support.subscriber import Heard
from tests.support.trail import ended
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

KILLS = 25


def test_killed_at_random_points_nothing_is_lost_or_doubled(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    chance = random.Random(7)
    raws: list[bytes] = []
    lost_midway = 0
    for _ in range(KILLS):
        fresh = [letter(n, KINDS[0 if n % 8 else 2]) for n in range(len(raws), len(raws) + 2400)]
        raws += fresh
        push(redis_client, fresh)
        process = spawn("dlq", "replay", "--all", "--yes")
        before = len(service.heard)
        if chance.random() < 0.7:
            goal = before + chance.randrange(1, 600)
            eventually(partial(lambda goal, p: len(service.heard) >= goal or p.is_over(), goal, process), within_s=60)
        time.sleep(chance.random() * 0.01)
        process.kill()
        process.wait()
        lost_midway += redis_client.exists(FLIGHT)
        left = stored(redis_client)
        heard = service.payloads(len(raws) - len(left))
        assert len(heard) + len(left) == len(raws)
        expire_leases(redis_client)
        dlq.json("recover")
        assert not redis_client.exists(FLIGHT)
        assert redis_client.lrange(LIST, 0, -1) == left[::-1]
    assert lost_midway > KILLS / 4, "the kills came too early or too late to mean anything"
    push(redis_client, [letter(len(raws) + 1)])
    dlq.json("replay", "--all", "--yes", code=1)
    wanted = [n for n in range(len(raws)) if n % 8] + [len(raws) + 1]
    assert numbers(service.payloads(len(wanted))) == wanted
    assert stored(redis_client) == [raw for n, raw in enumerate(raws) if not n % 8]
    audits = [json.loads(entry["details"]) for entry in ended(redis_client)]
    assert len({audit["run"] for audit in audits}) == len(audits)
    assert sum(audit.get("replayed", 0) + audit.get("done", 0) for audit in audits) == len(wanted)


def test_recover_takes_back_what_a_dead_run_held_as_soon_as_its_lease_is_over(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(n, KINDS[n % 3]) for n in range(2000)]
    push(redis_client, raws)
    process = spawn("dlq", "replay", "--all", "--yes", "--rate", "400")
    eventually(lambda: redis_client.llen(FLIGHT) > 50)
    process.kill()
    process.wait()
    held = redis_client.llen(FLIGHT)
    before = stored(redis_client)
    assert dlq.json("recover")["recovered"] == held
    assert redis_client.lrange(LIST, 0, -1) == before[::-1]
    assert redis_client.zcard(RUNS) == 0
    assert dlq.json("recover")["recovered"] == 0
    (entry,) = ended(redis_client)
    assert (entry["action"], entry["actorEmail"]) == ("dlq.replay", "admin@shema.test")
    details = json.loads(entry["details"])
    assert details["died"] is True
    assert details["done"] == len(service.payloads(2000 - len(before)))


def test_a_run_that_died_after_its_audit_entry_is_not_audited_again(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(n) for n in range(900)])
    process = spawn("dlq", "replay", "--all", "--yes", "--rate", "400")
    eventually(lambda: len(service.heard) > 50)
    process.kill()
    process.wait()
    (run,) = runs_of(redis_client)
    record: Any = redis_client.hgetall(f"{SHEMA}run:{run.decode()}")
    expire_leases(redis_client)
    dlq.json("recover")
    redis_client.hset(f"{SHEMA}run:{run.decode()}", mapping={**record, b"state": b"live"})
    redis_client.zadd(RUNS, {run: 1})
    dlq.json("recover")
    assert redis_client.zcard(RUNS) == 0
    assert len(ended(redis_client)) == 1


def test_a_replay_first_takes_back_what_a_dead_run_held(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(n, KINDS[n % 3]) for n in range(900)])
    process = spawn("dlq", "replay", "--all", "--yes", "--rate", "400")
    eventually(lambda: redis_client.llen(FLIGHT) > 20)
    process.kill()
    process.wait()
    expire_leases(redis_client)
    assert "has died" in dlq("list").err
    result = dlq.json("replay", "--all", "--yes", code=1)
    assert result["unheard"] == result["remaining"] == 300
    assert sorted(numbers(service.payloads(600))) == [n for n in range(900) if n % 3 != 2]


@pytest.mark.everywhere
def test_recover_leaves_alone_what_a_live_run_holds_and_ctrl_c_ends_it_cleanly(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(n, KINDS[n % 3]) for n in range(3000)]
    push(redis_client, raws)
    process = spawn("dlq", "replay", "--all", "--yes", "--rate", "300", "-o", "json")
    eventually(lambda: redis_client.llen(FLIGHT) > 30)
    assert dlq.json("recover")["recovered"] == 0
    assert redis_client.llen(FLIGHT) > 30
    assert "has died" not in dlq("list").err
    process.kill(signal.SIGINT)
    assert process.wait() == 130, (process.out, process.err)
    assert not redis_client.exists(FLIGHT)
    done = process.json["replayed"]
    assert len(service.payloads(done)) == done
    assert redis_client.lrange(LIST, 0, -1) == [r for n, r in enumerate(raws) if n % 3 == 2 or n > _last(service)][::-1]
    assert redis_client.zcard(RUNS) == 0


def _last(service: Service) -> int:
    return numbers([service.heard[-1].payload])[0]


def test_only_a_run_whose_lease_is_over_can_be_claimed_and_only_once(redis_client: redis.Redis, valkey: Valkey) -> None:
    store = DeadLetters(Store(load_settings(environ={"REDIS_URL": valkey.url})))
    push(redis_client, [letter(1)])
    with Run(store, SystemClock()) as run:
        run.join({"action": "dlq.replay"}, lambda: None)
        (state,) = store.look().runs
        assert store.claim(state, "somebody") == {}
        eventually(lambda: store.look().runs[0].lease_end_ms > state.lease_end_ms)
        assert store.claim(state, "somebody", outlived=True) == {}
        run._ended.set()  # no heartbeat from here on
        assert run._heart
        run._heart.join()
        expire_leases(redis_client)
        (state,) = store.look().runs
        assert store.claim(state, "somebody")["action"] == "dlq.replay"
        assert store.claim(state, "another") == {}
        run.refresh()  # it was only silent
        store.bury(run.id)
        assert [alive.fields["state"] for alive in store.look().runs] == ["live"]
        assert run.deaths == 1


def test_a_dead_run_beside_a_live_one_is_taken_back_alone(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(n, "ENROLLMENT_APPROVED" if n == 100 else "BOOKING_CREATED") for n in range(3000)]
    push(redis_client, raws)
    live = spawn("dlq", "replay", "--type", "BOOKING_CREATED", "--yes", "--rate", "40", "-o", "json")
    eventually(lambda: redis_client.llen(FLIGHT) > 0)
    dead = spawn("dlq", "replay", "--all", "--yes", "--rate", "4000")
    eventually(lambda: redis_client.llen(FLIGHT) > 800)
    dead.kill()
    dead.wait()
    dlq.json("recover")
    assert 0 < redis_client.llen(FLIGHT) < 800
    assert redis_client.zcard(RUNS) == 1
    live.kill(signal.SIGINT)
    assert live.wait() == 130
    assert live.json["unheard"] < 800
    assert stored(redis_client) == [raw for n, raw in enumerate(raws) if n != 100]
    assert not redis_client.exists(FLIGHT)


@pytest.mark.everywhere
@pytest.mark.parametrize("same", [True, False])
def test_three_operators_share_the_work_while_services_push(
    spawn: Spawner, redis_client: redis.Redis, valkey: Valkey, same: bool
) -> None:
    kinds = ("ENROLLMENT_APPROVED", "BOOKING_CREATED", "USER_UPDATED")
    raws = [letter(n, kinds[n % 3]) for n in range(6000)]
    push(redis_client, raws)
    late = [letter(n, "SCHEDULE_CREATED") for n in range(6000, 6200)]
    with Service(valkey.port, channels=("enrollment.approved", "booking.created", "user.updated")) as service:

        def push_late() -> None:
            for raw in late:
                redis_client.lpush(LIST, raw)
                time.sleep(0.001)

        pushing = threading.Thread(target=push_late)
        words = [("--all",)] * 3 if same else [("--type", kind) for kind in kinds]
        processes = [spawn("dlq", "replay", *word, "--yes", "-o", "json") for word in words]
        pushing.start()
        codes = [process.wait() for process in processes]
        pushing.join()
        results = [process.json for process in processes]
        assert sum(result["replayed"] for result in results) == 6000
        assert sorted(numbers(service.payloads(6000))) == list(range(6000))
        if not same:  # what arrived before the last of them began is unheard, under --all
            assert [result["replayed"] for result in results] == [2000] * 3
            assert codes == [0, 0, 0]
    assert redis_client.lrange(LIST, 0, -1) == late[::-1]
    assert not redis_client.exists(FLIGHT)
    assert redis_client.zcard(RUNS) == 0


def test_listeners_that_vanish_half_way_leave_the_rest_in_order(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey
) -> None:
    raws = [letter(n) for n in range(3000)]
    push(redis_client, raws)
    with Service(valkey.port) as service:

        def vanish(_: Heard) -> None:
            if len(service.heard) == 499:
                service._pubsub.unsubscribe()

        service.on_message = vanish
        result = dlq.json("replay", "--all", "--yes", "--rate", "5000", code=1)
        done = result["replayed"]
        assert 500 <= done < 3000
        assert result["unheard"] == 3000 - done == result["remaining"]
        assert numbers(service.payloads(done)) == list(range(done))
    assert redis_client.lrange(LIST, 0, -1) == raws[done:][::-1]


def test_connections_cut_between_the_script_and_its_answer_double_nothing(
    dlq_env: dict[str, str], redis_client: redis.Redis, valkey: Valkey, service: Service
) -> None:
    raws = [letter(n, KINDS[n % 3]) for n in range(9000)]
    push(redis_client, raws)
    with FaultProxy(valkey.port) as proxy:
        proxy.latency = 0.004
        dlq = Shema({**dlq_env, "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0"})
        over = threading.Event()
        cuts = [0]

        def cut() -> None:
            eventually(lambda: service.heard or over.is_set())
            while not over.wait(0.08):
                proxy.kill()
                cuts[0] += 1

        cutting = threading.Thread(target=cut)
        cutting.start()
        try:
            run = dlq("replay", "--all", "--yes", "-o", "json")
        finally:
            over.set()
            cutting.join()
    wanted = [n for n in range(9000) if n % 3 != 2]
    assert cuts[0] > 5
    assert numbers(service.payloads(len(wanted))) == wanted
    assert (run.json["replayed"], run.json["unheard"]) == (len(wanted), 3000), run.out
    assert stored(redis_client) == [raw for n, raw in enumerate(raws) if n % 3 == 2]


def test_redis_killed_and_back_with_its_append_only_file(dlq_env: dict[str, str], tmp_path: object) -> None:
    server = Valkey(options=("--appendonly", "yes", "--appendfsync", "always")).start()
    try:
        client = server.client()
        raws = [letter(n, KINDS[n % 3]) for n in range(6000)]
        push(client, raws)
        env = {**dlq_env, "REDIS_URL": server.url}
        with Spawner(env) as spawn, Service(server.port) as service:
            process = spawn("dlq", "replay", "--all", "--yes", "--rate", "6000", "-o", "json")
            for goal in (400, 1500):
                eventually(partial(lambda goal: len(service.heard) >= goal, goal))
                server.kill()
                server.start()
            code = process.wait()
            result = process.json
            assert code in (0, 1), (result, process.err)
            heard = Counter(numbers(service.payloads(result["replayed"], 0.5)))
            assert max(heard.values()) == 1
            left = stored(client)
            assert len(left) == 6000 - result["replayed"] == result["remaining"]
            assert not {raws[n] for n in heard} & set(left)
            assert left == [raw for raw in raws if raw in set(left)]
        client.close()
    finally:
        server.stop()


def test_redis_that_refuses_writes_publishes_nothing(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(n) for n in range(10)])
    redis_client.config_set("maxmemory", "1mb")
    redis_client.config_set("maxmemory-policy", "noeviction")
    try:
        assert dlq("replay", "--all", "--yes").code in (1, 3)
        assert not service.payloads(1, 0.1)
        assert len(stored(redis_client)) == 10
    finally:
        redis_client.config_set("maxmemory", "0")


def test_redis_that_goes_away_for_good_ends_the_run_with_what_to_do(
    dlq_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shema_cli.store.patience.FAILOVER_S", 0.3)
    server = Valkey().start()
    try:
        with server.client() as client:
            push(client, [letter(n) for n in range(2000)])
        with Service(server.port) as service:

            def kill(_: Heard) -> None:
                if len(service.heard) == 99:
                    server.kill()

            service.on_message = kill
            dlq = Shema({**dlq_env, "REDIS_URL": server.url})
            error = dlq.json("replay", "--all", "--yes", "--rate", "2000", code=3)["error"]
        assert error["code"] == "redis_unreachable"
        assert "entries were done before" in error["message"]
        assert error["hint"] == "when Redis is back: shema dlq recover"
    finally:
        server.stop()
