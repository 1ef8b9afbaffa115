"""The beginning and the end of a run in the trail, whenever it dies (contract 2.4): never two truths about one run."""

from __future__ import annotations

import json

import pytest
import redis

from shema_cli.dlq.run.recover import join, take_back
from shema_cli.dlq.run.run import DROP, EntryBatch, Operator, Run, Wanted
from shema_cli.errors import Failed
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.dlq.operator import operator_on
from tests.dlq.support import FLIGHT, RUNS, expire_leases, letter, push, stored
from tests.support.store import store_at
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey


@pytest.fixture
def operator(valkey: Valkey) -> Operator:
    return operator_on(store_at(valkey.url))


def begun(operator: Operator, *, announced: bool = True) -> Run:
    run = Run(operator.store, operator.clock)
    join(operator, run, "dlq.discard", "--all")
    if announced:
        run.announce()
    return run


def killed(run: Run, client: redis.Redis) -> None:
    """As a kill does: it renews nothing and gives back nothing."""
    run._ended.set()
    assert run._heart is not None
    run._heart.join()
    expire_leases(client)


def drop(run: Run, raw: bytes, skip: int = 0) -> None:
    assert run.step(EntryBatch(skip, [raw], [Wanted(0, 0, 0, DROP, bytes(8))])) == "d"


def test_killed_between_its_beginning_and_its_first_step(operator: Operator, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1)])
    killed(begun(operator), redis_client)
    for _ in range(2):
        take_back(operator)
    (entry,) = ended(redis_client)
    details = json.loads(entry["details"])
    assert (entry["action"], details["done"], details["died"]) == ("dlq.discard", 0, True)
    assert details["recoveredBy"] == entry["actorEmail"]
    assert stored(redis_client) == [letter(1)]


def test_killed_before_its_beginning_it_leaves_nothing(operator: Operator, redis_client: redis.Redis) -> None:
    killed(begun(operator, announced=False), redis_client)
    take_back(operator)
    assert audited(redis_client) == []
    assert redis_client.zcard(RUNS) == 0


def test_killed_after_its_steps_the_end_counts_them(operator: Operator, redis_client: redis.Redis) -> None:
    raws = [letter(n) for n in range(3)]
    push(redis_client, raws)
    run = begun(operator)
    drop(run, raws[0])
    drop(run, raws[1])
    killed(run, redis_client)
    take_back(operator)
    (entry,) = ended(redis_client)
    assert json.loads(entry["details"])["done"] == 2


def test_its_end_is_entered_before_anything_is_taken_back(operator: Operator, redis_client: redis.Redis) -> None:
    raws = [letter(n) for n in range(3)]
    push(redis_client, raws)
    run = begun(operator)
    drop(run, raws[2], skip=2)
    held = redis_client.llen(FLIGHT)
    assert held
    killed(run, redis_client)
    redis_client.rename(keys.AUDIT, "kept")
    redis_client.set(keys.AUDIT, "x")
    with pytest.raises(Failed):
        take_back(operator)
    assert redis_client.llen(FLIGHT) == held
    redis_client.rename("kept", keys.AUDIT)
    expire_leases(redis_client)
    assert take_back(operator).entries == held
    assert len(ended(redis_client)) == 1
    assert stored(redis_client) == raws[:2]


def test_a_run_that_ends_in_an_error_is_closed_by_the_next(operator: Operator, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1)])
    with pytest.raises(RuntimeError), begun(operator):
        raise RuntimeError
    expire_leases(redis_client)
    take_back(operator)
    assert len(ended(redis_client)) == 1
    assert redis_client.zcard(RUNS) == 0


def test_one_trail_is_one_chain_for_all_of_it(operator: Operator, redis_client: redis.Redis, valkey: Valkey) -> None:
    from shema_cli.audit.verify import verify

    push(redis_client, [letter(1)])
    run = begun(operator)
    drop(run, letter(1))
    killed(run, redis_client)
    take_back(operator)
    store: Store = store_at(valkey.url)
    assert verify(store).ok
