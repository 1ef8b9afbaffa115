"""Whatever is killed whenever: each event is resent once, and marked and audited when it is (contract 3.3)."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import redis

from shema_cli.dlq.letters.entry import replay_key
from shema_cli.dlq.run.pace import BATCH
from shema_cli.dlq.run.republish import RepublishOptions
from shema_cli.errors import AccessDenied
from shema_cli.resend.resend import resend as resend_these
from shema_cli.resend.selection import choose
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.dlq.operator import operator_on
from tests.dlq.spawner import Process, Spawner
from tests.dlq.support import RUNS, Service, Shema, expire_leases, numbers
from tests.resend.support import Resend, marks, payload, record, runs_events
from tests.support.proxy import FaultProxy
from tests.support.signed_in import EMAIL
from tests.support.store import store_at
from tests.support.subscriber import Heard
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

KILLS = 12
A_ROUND = 400
COUNT = 3000


@pytest.fixture
def ids(redis_client: redis.Redis) -> list[str]:
    return record(redis_client, [payload(n) for n in range(COUNT)])


@pytest.fixture
def file(ids: list[str], tmp_path: Path) -> str:
    (tmp_path / "ids").write_text("\n".join(ids))
    return str(tmp_path / "ids")


def sums(client: redis.Redis) -> int:
    """How many publications the trail tells of, each run once."""
    entries = [json.loads(entry["details"]) for entry in ended(client)]
    assert len({entry["run"] for entry in entries}) == len(entries)
    return sum(entry.get("resent", 0) + entry.get("done", 0) for entry in entries)


def test_killed_at_random_points_and_run_again_each_goes_out_once(
    resend: Resend, spawn: Spawner, redis_client: redis.Redis, service: Service, tmp_path: Path
) -> None:
    chance, midway, ids, file = random.Random(5), 0, list[str](), tmp_path / "ids"
    for _ in range(KILLS):
        ids += record(redis_client, [payload(n) for n in range(len(ids), len(ids) + A_ROUND)])
        file.write_text("\n".join(ids))
        process = spawn("events", "resend", "--ids-file", str(file), "--yes", "--rate", "1000")
        goal = len(service.heard) + chance.randrange(1, A_ROUND)
        eventually(partial(_heard_or_over, service, goal, process), within_s=60)
        time.sleep(chance.random() * 0.01)
        process.kill()
        midway += process.wait() == -signal.SIGKILL
        redis_client.ping()  # with its answer, all is done that the dead process had sent
        heard = Counter(numbers(one.payload for one in service.so_far()))
        assert set(heard.values()) == {1}
        assert marks(redis_client) == len(heard)
        assert Counter(runs_events(redis_client)) == Counter(replay_key(f"evt_{n:08d}") for n in heard)
        expire_leases(redis_client)
    assert midway > KILLS / 3, "the kills came too late to mean anything"
    last = resend.json("--ids-file", str(file), "--yes")
    assert (last["remaining"], last["resent"] + last["skipped"]) == (0, len(ids))
    assert numbers(service.payloads(len(ids))) == list(range(len(ids))), "oldest first, each once"
    assert sums(redis_client) == len(ids)
    assert redis_client.zcard(RUNS) == 0


def _heard_or_over(service: Service, goal: int, process: Process) -> bool:
    return len(service.heard) >= goal or process.is_over()


def test_two_at_once_share_the_work(file: str, spawn: Spawner, redis_client: redis.Redis, service: Service) -> None:
    both = [spawn("events", "resend", "--ids-file", file, "--yes", "-o", "json") for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0], [process.err for process in both]
    results = [process.json for process in both]
    assert sum(result["resent"] for result in results) == COUNT
    assert [result["resent"] + result["skipped"] for result in results] == [COUNT, COUNT]
    assert sorted(numbers(service.payloads(COUNT))) == list(range(COUNT))
    assert sums(redis_client) == COUNT


def test_a_dead_resend_is_told_and_entered_by_whoever_recovers(
    file: str, env: dict[str, str], spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    process = spawn("events", "resend", "--ids-file", file, "--yes", "--rate", "400")
    eventually(lambda: len(service.heard) > 50)
    process.kill()
    process.wait()
    expire_leases(redis_client)
    dlq = Shema(env)
    assert "a resend by admin@shema.test" in dlq("list").err
    recovered = dlq("recover", "--yes")
    assert recovered.code == 0
    assert "entered the end of a resend by admin@shema.test, which died" in recovered.err
    (entry,) = ended(redis_client)
    details = json.loads(entry["details"])
    assert (entry["action"], entry["target"], entry["actorEmail"]) == ("events.resend", keys.HISTORY, EMAIL)
    assert (details["done"], details["died"]) == (len(service.so_far()), True)
    assert redis_client.zcard(RUNS) == 0


def test_ctrl_c_ends_it_after_the_batch_in_hand(
    file: str, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    process = spawn("events", "resend", "--ids-file", file, "--yes", "--rate", "400", "-o", "json")
    eventually(lambda: len(service.heard) > 50)
    process.kill(signal.SIGINT)
    assert process.wait() == 130, process.err
    done = process.json["resent"]
    assert numbers(service.payloads(done)) == list(range(done))
    assert (process.json["remaining"], sums(redis_client), redis_client.zcard(RUNS)) == (COUNT - done, done, 0)


def test_a_run_that_was_only_silent_goes_on(
    file: str, env: dict[str, str], spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    process = spawn("events", "resend", "--ids-file", file, "--yes", "--rate", "1500", "-o", "json")
    eventually(lambda: len(service.heard) > 50)
    process.kill(signal.SIGSTOP)
    expire_leases(redis_client)
    Shema(env).json("recover")
    assert redis_client.zcard(RUNS) == 0
    process.kill(signal.SIGCONT)
    assert process.wait() == 0, process.err
    assert process.json["resent"] == COUNT
    assert numbers(service.payloads(COUNT)) == list(range(COUNT))
    first, second = (json.loads(entry["details"]) for entry in ended(redis_client))
    assert (first["died"], second["resumed"], second["resent"]) == (True, True, COUNT)


def test_connections_cut_between_the_step_and_its_answer_double_nothing(
    file: str, env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, service: Service
) -> None:
    with FaultProxy(valkey.port) as proxy:
        proxy.latency = 0.02  # an event is heard before the answer to its step has come back
        resend = Resend({**env, "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0"})
        over, cuts = threading.Event(), [0]

        def cut() -> None:
            while not over.is_set():
                goal = len(service.heard) + 1
                eventually(partial(lambda goal: len(service.heard) >= goal or over.is_set(), goal), within_s=60)
                proxy.kill()
                cuts[0] += 1

        cutting = threading.Thread(target=cut)
        cutting.start()
        try:
            result = resend.json("--ids-file", file, "--yes")
        finally:
            over.set()
            cutting.join()
    assert cuts[0] > 5
    assert numbers(service.payloads(COUNT)) == list(range(COUNT))
    assert (result["resent"], marks(redis_client), sums(redis_client)) == (COUNT, COUNT, COUNT)


def test_redis_killed_and_back_with_its_append_only_file(env: dict[str, str], tmp_path: Path) -> None:
    server = Valkey(options=("--appendonly", "yes", "--appendfsync", "always")).start()
    try:
        with server.client() as client:
            ids = record(client, [payload(n) for n in range(COUNT)])
        (tmp_path / "ids").write_text("\n".join(ids))
        with Spawner({**env, "REDIS_URL": server.url}) as spawn, Service(server.port) as service:
            words = ("--ids-file", str(tmp_path / "ids"), "--allow-unheard", "--yes", "--rate", "3000", "-o", "json")
            process = spawn("events", "resend", *words)
            for goal in (400, 1200):
                eventually(partial(lambda goal: len(service.heard) >= goal, goal))
                server.kill()
                server.start()
            assert process.wait() == 0, process.err
            assert process.json["resent"] == COUNT
            assert set(Counter(numbers(service.payloads(COUNT, 0.5))).values()) == {1}
        with server.client() as client:
            assert (marks(client), sums(client)) == (COUNT, COUNT)
    finally:
        server.stop()


def test_redis_that_goes_away_for_good_says_what_was_done_and_what_to_do(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shema_cli.store.patience.FAILOVER_S", 0.3)
    server = Valkey().start()
    try:
        with server.client() as client:
            ids = record(client, [payload(n) for n in range(600)])
        with Service(server.port) as service:

            def kill(_: Heard) -> None:
                if len(service.heard) == 99:
                    server.kill()

            service.on_message = kill
            error = Resend({**env, "REDIS_URL": server.url}).json(*ids, "--yes", "--rate", "800", code=3)["error"]
        assert error["code"] == "redis_unreachable"
        assert "entries were done before" in error["message"]
        assert error["hint"] == "when Redis is back: run the same command again, it goes on where this one stopped"
    finally:
        server.stop()


def test_what_is_trimmed_under_a_run_is_gone_and_told(
    redis_client: redis.Redis, valkey: Valkey, ids: list[str], file: str, resend: Resend
) -> None:
    with Service(valkey.port) as service:

        def trim(_: Heard) -> None:
            if not service.heard:
                redis_client.xtrim(keys.HISTORY, minid=ids[COUNT - 10])

        service.on_message = trim
        result = resend.json("--ids-file", file, "--yes", "--rate", "4000", code=1)
        heard = numbers(service.payloads(result["resent"]))
    assert result["gone"] == COUNT - result["resent"] > 0
    assert heard[-10:] == list(range(COUNT - 10, COUNT))


def test_ten_megabytes(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    large = [payload(n, text="ü" * 5_000_000) for n in range(2)]
    ids = record(redis_client, [payload(7), *large, b"\xff" * 10_000_000])
    assert resend.json(*ids, "--yes")["resent"] == 4
    assert service.payloads(4, 20) == [payload(7), *large, b"\xff" * 10_000_000]


# -- an admin who no longer is one ---------------------------------------------------------------------------------

ENDED = AccessDenied("session_ended", "the session has ended: the account is disabled", "shema auth login")


@dataclass
class Until:
    """A `still_admin` that says no once so many were marked as resent."""

    client: redis.Redis
    count: int

    def __call__(self, *, now: bool = False) -> None:
        if marks(self.client) >= self.count:
            raise ENDED


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    with closing(store_at(valkey.url)) as one:
        yield one


def test_the_batch_in_hand_is_finished_and_the_rest_told(store: Store, redis_client: redis.Redis) -> None:
    ids = record(redis_client, [payload(n) for n in range(BATCH + 250)])
    operator = operator_on(store, still_admin=Until(redis_client, 1))
    selection = choose(store, operator.clock, tuple(ids))
    done = resend_these(operator, selection, RepublishOptions(allow_unheard=True))
    assert (done.resent, done.not_done, done.remaining, done.exit_code) == (BATCH, 250, 250, 4)
    assert [problem.id for problem in done.problems] == ids[BATCH:]
    assert done.document()["stopped"] == ENDED.document()["error"]
    (entry,) = ended(redis_client)
    assert f'"resent": {BATCH}' in entry["details"]
    assert redis_client.zcard(RUNS) == 0


def test_nobody_asked_nothing_done_when_it_ends_before_the_first(store: Store, redis_client: redis.Redis) -> None:
    ids = record(redis_client, [payload(n) for n in range(3)])
    operator = operator_on(store, still_admin=Until(redis_client, 0))
    done = resend_these(operator, choose(store, operator.clock, tuple(ids)), RepublishOptions(allow_unheard=True))
    assert (done.resent, done.not_done, marks(redis_client), audited(redis_client)) == (0, 3, 0, [])
