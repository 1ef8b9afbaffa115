"""Who listens, asked again and again by a run: how old an answer may be, and what is waited for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shema_cli.calls.audience import COUNTED_FOR_S, DECLARED_FOR_S, Audience
from shema_cli.errors import Unreachable
from shema_cli.store import keys
from tests.support.in_process import InProcessClient, in_process, store_in_process
from tests.support.registry import put
from tests.support.world import StillClock

CHANNEL = "enrollment.approved"


@pytest.fixture
def redis() -> Iterator[InProcessClient]:
    with in_process() as client:
        put(client, "http://s:1", "schedule", listens=[CHANNEL])
        yield client


def audience_of(client: InProcessClient, clock: StillClock) -> Audience:
    return Audience(store_in_process(client), clock)


def listen(client: InProcessClient) -> None:
    subscriber = client.pubsub()
    subscriber.subscribe(CHANNEL)
    subscriber.get_message(timeout=1)
    client.__dict__.setdefault("kept", []).append(subscriber)


def test_a_run_counts_again_within_a_second(redis: InProcessClient) -> None:
    clock = StillClock()
    audience = audience_of(redis, clock)
    assert COUNTED_FOR_S < 1
    assert audience.of(CHANNEL, keys.AUDIT).services == 0
    listen(redis)
    clock.advance(COUNTED_FOR_S)
    assert audience.of(CHANNEL, keys.AUDIT).services == 0
    assert audience.of("user.updated", keys.AUDIT).services == 0, "each channel is counted for itself"
    clock.advance(0.01)
    assert audience.of(CHANNEL, keys.AUDIT).services == 1


def test_a_long_run_sees_what_is_declared_meanwhile(redis: InProcessClient) -> None:
    clock = StillClock()
    audience = audience_of(redis, clock)
    assert audience.of(CHANNEL, keys.AUDIT).missing == ("schedule",)
    put(redis, "http://u:1", "user", listens=[CHANNEL])
    clock.advance(DECLARED_FOR_S)
    assert audience.of(CHANNEL, keys.AUDIT).missing == ("schedule",)
    clock.advance(DECLARED_FOR_S + 0.01)
    assert audience.of(CHANNEL, keys.AUDIT).missing == ("schedule", "user")


def test_what_begins_counts_for_itself_and_keeps_what_is_declared(redis: InProcessClient) -> None:
    clock = StillClock()
    run = audience_of(redis, clock)
    assert run.of(CHANNEL, keys.AUDIT).services == 0
    put(redis, "http://u:1", "user", listens=[CHANNEL])
    listen(redis)
    run.count_anew()
    assert (run.of(CHANNEL, keys.AUDIT).services, run.of(CHANNEL, keys.AUDIT).declared) == (1, ("schedule",))
    clock.advance(DECLARED_FOR_S + 0.01)
    assert run.of(CHANNEL, keys.AUDIT).declared == ("schedule", "user")
    redis.server.connected = False
    run.count_anew()
    with pytest.raises(Unreachable):
        run.of(CHANNEL, keys.AUDIT)


def test_the_first_question_waits_for_nothing_and_the_next_for_a_failover(redis: InProcessClient) -> None:
    class Waits(StillClock):
        def sleep(self, seconds: float) -> None:
            """Redis is back two seconds after it left."""
            super().sleep(seconds)
            redis.server.connected = self.passed > left + 2

    clock = Waits()
    audience, left = audience_of(redis, clock), clock.passed
    redis.server.connected = False
    with pytest.raises(Unreachable):
        audience.of(CHANNEL, keys.AUDIT)
    assert clock.passed == left
    redis.server.connected = True
    audience.of(CHANNEL, keys.AUDIT)
    clock.advance(1)
    redis.server.connected = False
    assert audience.of(CHANNEL, keys.AUDIT).missing == ("schedule",)
    assert clock.passed > left + 2
