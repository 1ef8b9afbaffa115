"""What the dashboard has seen of the system, as facts to be judged like those of `shema status`."""

from __future__ import annotations

from shema_cli.condition.facts import (
    HEALTHY,
    UNHEALTHY,
    UNKNOWN,
    Condition,
    InstanceFacts,
    RedisFacts,
    ServiceFacts,
)
from shema_cli.dashboard.results import WAITING, Reading, Snapshot
from shema_cli.dashboard.snapshot import NOT_CONFIGURED


def condition_of(snapshot: Snapshot) -> Condition:
    """The services that have answered or failed by now, and what stands around them where it was looked at."""
    asked = [reading for reading in snapshot.readings if reading.answer.problem != WAITING]
    services = tuple(_service(reading) for reading in asked)
    around = snapshot.surroundings
    if around is None:
        return Condition(snapshot.timestamp, snapshot.target, services=services)
    return Condition(
        snapshot.timestamp,
        snapshot.target,
        redis=_redis(snapshot),
        registry=around.registry,
        services=services,
        letters=around.letters,
    )


def _redis(snapshot: Snapshot) -> RedisFacts | None:
    around, place = snapshot.surroundings, snapshot.target.redis if snapshot.target else None
    if around is None or (around.redis_ms is None and around.redis_problem is None):
        return None
    if snapshot.target is not None and place is None:
        return None  # none is set: there is nothing that could be away
    latency_s = None if around.redis_ms is None else around.redis_ms / 1000
    return RedisFacts(place or "REDIS_URL", around.redis_problem, around.redis_refuses, latency_s=latency_s)


def _service(reading: Reading) -> ServiceFacts:
    """How long it took is told beside its number, retries included, and judged nowhere."""
    name, answer, problem = reading.source.service, reading.answer, reading.answer.problem
    if problem is not None and problem.code == NOT_CONFIGURED:
        return ServiceFacts(name, ())
    told = problem.message if problem else None
    state = HEALTHY if problem is None or problem.answered else UNKNOWN if problem.ours else UNHEALTHY
    wrong = told if state == HEALTHY else None
    instance = InstanceFacts(answer.instance or name, state, error=told, circuit=answer.circuit, wrong=wrong)
    return ServiceFacts(name, (instance,))
