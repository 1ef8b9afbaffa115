"""What runs take out is no silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis

from shema_cli.dlq.families.acknowledge import Acknowledger
from shema_cli.dlq.families.acknowledged import Failures, read_acknowledged
from shema_cli.dlq.families.remembered import remember_failures
from shema_cli.dlq.families.results import AckOutcome
from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.dlq.families.support import OF_LATE, acknowledger, ago, emptied, failed, put
from tests.dlq.support import Service, Shema, push
from tests.support.world import StillClock


@pytest.fixture
def dina(store: Store, clock: StillClock) -> Acknowledger:
    """Who has acknowledged a family two days ago that has failed twice a day since."""
    clock.advance(-48 * 3600)
    put(store, ago(clock, 1))
    admin = acknowledger(store, clock)
    admin.carry_out(admin.plan(OF_LATE, "moved"))
    clock.advance(48 * 3600)
    put(store, *(ago(clock, hours) for hours in (36, 24, 12, 2)))
    return admin


def state(store: Store, clock: StillClock) -> str | None:
    failures = Failures(read_acknowledged(store), clock.now())
    for _, raw in DeadLetters(store).oldest_first():
        failures.add(parse_entry(raw))
    standing = failures.standing(OF_LATE)
    return standing.state if standing else None


def test_what_a_run_takes_out_makes_no_silence(dina: Acknowledger, store: Store, clock: StillClock) -> None:
    later = ago(clock, 0)
    emptied(store, [later])
    assert state(store, clock) == "returned"  # as it would be without
    emptied(store, [ago(clock, hours) for hours in (36, 24, 12, 2)])
    remember_failures(DeadLetters(store), clock)
    emptied(store, [later])
    assert state(store, clock) == "known"
    read = read_acknowledged(store).families[OF_LATE]
    assert (read.newest, read.note, read.count) == (clock.now() - timedelta(hours=2), "moved", 1)


def test_what_has_returned_stays_so(dina: Acknowledger, store: Store, clock: StillClock) -> None:
    clock.advance(30 * 3600)
    put(store, ago(clock, 0))
    before = store.client.hgetall(keys.ACKNOWLEDGED)
    remember_failures(DeadLetters(store), clock)
    assert store.client.hgetall(keys.ACKNOWLEDGED) == before
    emptied(store, [failed(clock.now() + timedelta(minutes=1))])
    assert state(store, clock) == "returned"


def test_where_nothing_is_acknowledged_nothing_is_read(store: Store, clock: StillClock) -> None:
    put(store, ago(clock, 1))
    remember_failures(DeadLetters(store), clock)
    assert store.client.exists(keys.ACKNOWLEDGED) == 0


@pytest.mark.parametrize("rule", ["-hgetall", "-hset"])
def test_a_run_does_without_where_it_may_not(rule: str, dina: Acknowledger, store: Store, clock: StillClock) -> None:
    store.client.execute_command("ACL", "SETUSER", "default", rule)
    try:
        remember_failures(DeadLetters(store), clock)
    finally:
        store.client.execute_command("ACL", "SETUSER", "default", "+@all")


def test_it_comes_in_nobodys_way(dina: Acknowledger, store: Store, clock: StillClock) -> None:
    """Whoever has read the acknowledgement before a run wrote into it is not told that somebody else was faster."""
    plan = dina.plan(OF_LATE, "another word")
    remember_failures(DeadLetters(store), clock)
    assert dina.carry_out(plan).outcome is AckOutcome.RENEWED
    removal = dina.plan_removal(OF_LATE)
    put(store, ago(clock, 0))
    remember_failures(DeadLetters(store), clock)
    assert dina.carry_out(removal).outcome is AckOutcome.UNACKNOWLEDGED


@pytest.mark.parametrize("words", [("replay", "--all", "--yes"), ("discard", "--all", "--yes")], ids=" ".join)
def test_replay_and_discard_remember(
    words: tuple[str, ...], dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    now = datetime.now(UTC)
    push(redis_client, [failed(now - timedelta(hours=hours), number=hours) for hours in (40, 30)])
    dlq.json("ack", OF_LATE, "--yes")
    push(redis_client, [failed(now - timedelta(hours=hours), number=hours) for hours in (15, 1)])
    dlq.json(words[0], "--all", "--dry-run")
    before = redis_client.hget(keys.ACKNOWLEDGED, OF_LATE)
    dlq.json(*words)
    assert redis_client.hget(keys.ACKNOWLEDGED, OF_LATE) != before
    push(redis_client, [failed(now, number=6)])
    assert dlq.json("stats")["by_error"][0]["acknowledged"]["state"] == "known"
