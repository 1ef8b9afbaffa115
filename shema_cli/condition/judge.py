"""What is wrong with what was seen: facts in, problems out, each cause told once (contract 3.5).

Redis away is one line, not one for each thing that stands in it; a service that is down names the circuit, the missing
listeners and the dead letters that come of it, which are then told nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shema_cli.condition.facts import Condition, RedisFacts, Unseen
from shema_cli.condition.in_redis import in_redis, reason
from shema_cli.condition.of_services import errors_of, of_services
from shema_cli.condition.problems import Kind, Problem, Severity, in_order
from shema_cli.condition.this_machine import of_clock, of_session, of_target
from shema_cli.condition.words import short
from shema_cli.results import counted

_TOLD_AS = {
    "registry": "the registry",
    "listeners": "who listens",
    "dlq": "the dead letters",
    "history": "the history",
    "audit": "the audit trail",
}


def judge(seen: Condition) -> tuple[Problem, ...]:
    """All problems, worst first. What nobody looked at is no problem."""
    if nothing := _nothing_answers(seen):
        return in_order([nothing, *of_session(seen), *of_target(seen)])
    return in_order(every_problem(seen))


def every_problem(seen: Condition) -> list[Problem]:
    """The same with each part for itself, also where nothing answers at all."""
    return [
        *in_redis(seen),
        *of_services(seen),
        *of_session(seen),
        *of_clock(seen),
        *of_target(seen),
        *_not_seen(seen),
    ]


def unknown(seen: Condition) -> tuple[tuple[str, Unseen], ...]:
    """(area, why) of whatever should have been looked at and could not be."""
    return tuple((area, found) for area, found in seen.parts.items() if isinstance(found, Unseen))


def _nothing_answers(seen: Condition) -> Problem | None:
    """Redis and every service away at once is one thing: this machine, or the line to the system."""
    redis, services = seen.redis, seen.services
    if not isinstance(redis, RedisFacts) or redis.problem is None or redis.refuses:
        return None
    if not isinstance(services, Sequence):
        return None
    if len(services) < 2 or not all(one.down for one in services):
        return None
    errors = dict.fromkeys(error for one in services for error in errors_of(one))
    told = [f"redis: {reason(redis.problem)}", *(f"services: {error}" for error in list(errors)[:1])]
    names = f"neither Redis nor any of {counted(len(services), 'service')} answers"
    return Problem(
        Severity.FAIL,
        "redis",
        names,
        f"the network of this machine, or the whole system: {'; '.join(told)}",
        redis.hint or "shema doctor",
        Kind.NOTHING_ANSWERS,
    )


def _not_seen(seen: Condition) -> Iterator[Problem]:
    """What could not be looked at for a reason that no other problem tells."""
    for area, why in unknown(seen):
        if why.because or area not in _TOLD_AS:
            continue
        what = f"{_TOLD_AS[area]} could not be looked at"
        yield Problem(Severity.WARN, area, what, short(why.why), why.next, Kind.NOT_SEEN)
