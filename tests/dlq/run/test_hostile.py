"""A Redis that forgets, refuses, is full, is busy, or whose clock jumps; and runs that are silent for too long."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
import redis

from tests.dlq.spawner import Process, Spawner
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
from tests.support.subscriber import Heard
from tests.support.trail import ended
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

SLOW = ("dlq", "replay", "--all", "--yes", "--rate", "600", "-o", "json")


def frozen_half_way(spawn: Spawner, client: redis.Redis, service: Service) -> Process:
    process = spawn(*SLOW)
    eventually(lambda: len(service.heard) > 100 and client.llen(FLIGHT) > 50)
    process.kill(signal.SIGSTOP)
    return process


def test_a_run_that_was_silent_and_taken_for_dead_goes_on_where_it_stood(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(n, KINDS[n % 3]) for n in range(900)]
    push(redis_client, raws)
    process = frozen_half_way(spawn, redis_client, service)
    expire_leases(redis_client)
    assert dlq.json("recover")["recovered"] > 50
    assert not redis_client.exists(FLIGHT)
    late = [letter(n) for n in range(900, 950)]
    push(redis_client, late)
    process.kill(signal.SIGCONT)
    assert process.wait() == 1, process.err
    result = process.json
    assert (result["replayed"], result["unheard"], result["remaining"]) == (600, 300, 350)
    assert numbers(service.payloads(600)) == [n for n in range(900) if n % 3 != 2]
    assert redis_client.lrange(LIST, 0, -1) == (raws[2::3] + late)[::-1]
    assert not redis_client.exists(FLIGHT, RUNS)
    died, last = [json.loads(entry["details"]) for entry in ended(redis_client)]
    assert died["died"]
    assert died["done"] < 600
    assert (last["replayed"], last["resumed"], last["run"]) == (600, True, f"{died['run']}.1")


def test_a_run_whose_place_is_lost_because_others_went_on_says_what_to_do(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(n, KINDS[n % 3]) for n in range(900)])
    process = frozen_half_way(spawn, redis_client, service)
    expire_leases(redis_client)
    dlq.json("replay", "--type", "ENROLLMENT_APPROVED", "--limit", "5", "--yes")
    process.kill(signal.SIGCONT)
    assert process.wait() == 1
    assert process.json["error"]["code"] == "run_taken_over"
    assert process.json["error"]["hint"] == "run the same command again"
    heard = numbers(service.payloads(600, 0.3))
    assert len(heard) == len(set(heard)) == 900 - len(stored(redis_client))


@pytest.mark.parametrize("loss", ["evicted", "flushed", "restarted"])
def test_a_redis_that_forgets_the_run_ends_it_with_the_truth(dlq_env: dict[str, str], loss: str) -> None:
    server = Valkey().start()
    try:
        with server.client() as client, Service(server.port) as service:
            push(client, [letter(n, KINDS[n % 3]) for n in range(900)])
            with Spawner({**dlq_env, "REDIS_URL": server.url}) as spawn:
                process = spawn(*SLOW)
                eventually(lambda: len(service.heard) > 100)
                if loss == "evicted":
                    client.delete(*client.keys(f"{SHEMA}run:*"))
                elif loss == "flushed":
                    client.flushall()
                else:
                    server.kill()
                    server.start()
                assert process.wait() == 1
                error = process.json["error"]
            assert error["code"] == "run_unknown"
            assert "entries were done before" in error["message"]
            if loss == "evicted":
                heard = numbers(service.payloads(900 - len(stored(client))))
                assert len(heard) == len(set(heard)) == 900 - len(stored(client))
    finally:
        server.stop()


def test_a_dead_run_whose_lease_ends_far_in_the_future_is_recovered(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    """The server's clock was set back an hour after the run wrote its lease and took its turn at the gap."""
    push(redis_client, [letter(n, KINDS[n % 3]) for n in range(900)])
    process = frozen_half_way(spawn, redis_client, service)
    process.kill()
    process.wait()
    held, left = redis_client.llen(FLIGHT), stored(redis_client)
    for run in runs_of(redis_client):
        redis_client.zincrby(RUNS, 3_600_000, run)
    assert dlq.json("recover")["recovered"] == held
    assert redis_client.lrange(LIST, 0, -1) == left[::-1]


def test_a_turn_that_ends_far_in_the_future_is_not_waited_for(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(n, "BOOKING_CREATED" if n < 200 else "ENROLLMENT_APPROVED") for n in range(400)])
    other = spawn("dlq", "replay", "--type", "BOOKING_CREATED", "--yes", "--rate", "4")
    eventually(lambda: redis_client.llen(FLIGHT) > 0)
    (run,) = runs_of(redis_client)
    seconds, _ = redis_client.time()
    redis_client.hset(f"{SHEMA}gap", mapping={"turn": run, "began": 0, "till": (int(seconds) + 3600) * 1000})
    ours = spawn("dlq", "replay", "--type", "ENROLLMENT_APPROVED", "--yes", "-o", "json")
    assert ours.wait(20) == 0
    assert ours.json["replayed"] == 200
    other.kill(signal.SIGINT)
    assert other.wait() == 130


@pytest.mark.parametrize("missing", ["setbit", "expire", "ltrim", "hdel"])
def test_whoever_may_not_run_a_command_learns_it_before_anything_is_published(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey, service: Service, missing: str
) -> None:
    push(redis_client, [letter(1), letter(2, "BOOKING_CREATED")])
    redis_client.execute_command("ACL", "SETUSER", "half", "on", ">pw", "~*", "&*", "+@all", f"-{missing}")
    half = Shema({**dlq.env, "REDIS_URL": f"redis://half:pw@127.0.0.1:{valkey.port}"})
    error = half.json("replay", "--all", "--yes", code=1)["error"]
    assert error["code"] == "redis_denied"
    assert missing in error["message"]
    assert not service.payloads(1, 0.1)
    assert len(stored(redis_client)) == 2
    assert not redis_client.keys(f"{SHEMA}*proof")


def test_a_full_redis_can_be_emptied(dlq: Shema, redis_client: redis.Redis, tmp_path: Path) -> None:
    raws = [letter(n) for n in range(3000)]
    push(redis_client, raws[100:])
    redis_client.lpush(FLIGHT, *raws[:100])
    redis_client.config_set("maxmemory", "1mb")
    try:
        assert dlq.json("recover")["recovered"] == 100
        assert redis_client.lrange(LIST, 0, -1) == raws[::-1]
        assert dlq.json("discard", "--all", "--yes", "--export", str(tmp_path / "out"))["discarded"] == 3000
        assert stored(redis_client) == []
    finally:
        redis_client.config_set("maxmemory", "0")


def test_a_run_waits_while_somebody_elses_script_keeps_redis_busy(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey, service: Service
) -> None:
    push(redis_client, [letter(n) for n in range(300)])
    redis_client.config_set("busy-reply-threshold", "20")

    def hog() -> None:
        with valkey.client() as client:
            loop = "local t repeat t = redis.call('TIME') until t[1] * 1e6 + t[2] > tonumber(ARGV[1])"
            seconds, micros = client.time()
            client.eval(loop, 0, int(seconds) * 1_000_000 + int(micros) + 600_000)

    def keep_busy(_: Heard) -> None:
        if len(service.heard) == 29:
            threading.Thread(target=hog).start()

    service.on_message = keep_busy
    try:
        assert dlq.json("replay", "--all", "--yes", "--rate", "300")["replayed"] == 300
        assert numbers(service.payloads(300)) == list(range(300))
    finally:
        redis_client.config_set("busy-reply-threshold", "5000")


def test_a_list_that_is_no_list_is_left_alone(dlq: Shema, redis_client: redis.Redis) -> None:
    redis_client.set(LIST, "text")
    for words in (("list",), ("stats",), ("replay", "--all", "--yes"), ("discard", "--all", "--yes"), ("recover",)):
        assert "WRONGTYPE" in dlq.json(*words, code=1)["error"]["message"]
    assert redis_client.get(LIST) == b"text"
    assert redis_client.keys(f"{LIST}*") == [LIST.encode()]


def test_entries_of_five_megabytes(dlq: Shema, redis_client: redis.Redis, service: Service, tmp_path: Path) -> None:
    raws = [letter(n, KINDS[n % 3], text=os.urandom(2_500_000).hex()) for n in range(3)]
    push(redis_client, [letter(10), *raws, letter(11)])
    assert dlq.json("stats")["total"] == 5
    assert dlq.json("replay", "--all", "--yes", code=1)["replayed"] == 4
    assert numbers(service.payloads(4)) == [10, 0, 1, 11]
    assert stored(redis_client) == raws[2:]
    dlq.json("discard", "--all", "--yes", "--export", str(tmp_path / "big"))
    assert dlq.json("import", str(tmp_path / "big"), "--yes")["imported"] == 1
    assert stored(redis_client) == raws[2:]


def test_a_slow_service_is_waited_for_before_redis_closes_its_connection(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey
) -> None:
    push(redis_client, [letter(n, text="x" * 8000) for n in range(4000)])
    redis_client.config_set("client-output-buffer-limit", "pubsub 8mb 0 0")
    slow = socket.create_connection(("127.0.0.1", valkey.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    slow.sendall(b"SUBSCRIBE enrollment.approved\r\n")
    slow.recv(1000)
    read = [0]

    def listen() -> None:
        while chunk := slow.recv(65536):
            read[0] += len(chunk)
            time.sleep(0.002)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        result = dlq.json("replay", "--all", "--yes")
        assert (result["replayed"], result["unheard"]) == (4000, 0)
        eventually(lambda: read[0] > 4000 * 8000)
    finally:
        redis_client.config_set("client-output-buffer-limit", "pubsub 32mb 8mb 60")
        slow.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        slow.close()
