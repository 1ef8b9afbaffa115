"""What is wrong with Redis and with what stands in it: registry, dead letters, history, audit trail."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.clock import age
from shema_cli.condition.facts import Condition, LetterFacts, RedisFacts, Unseen
from shema_cli.condition.of_services import told_with_services
from shema_cli.condition.problems import Problem, Severity
from shema_cli.condition.words import MOST_NAMED, how_long, named, short
from shema_cli.results import are, counted
from shema_cli.shell import to_type

REDIS_SLOW_S = 0.25
SURGE = 10
"""So many new dead letters in an hour, and more than before, are a failure under way and no remnant."""
_BEYOND = ("registry", "channels", "letters", "history", "audit")


def in_redis(seen: Condition) -> Iterator[Problem]:
    """Redis itself, and what stands in it."""
    yield from _redis(seen)
    yield from _registry(seen)
    yield from _letters(seen)
    yield from _history(seen)
    yield from _audit(seen)


def _redis(seen: Condition) -> Iterator[Problem]:
    redis = seen.redis
    if isinstance(redis, Unseen):
        yield Problem(Severity.FAIL, "redis", "Redis could not be looked at", redis.why, redis.next)
    if not isinstance(redis, RedisFacts):
        return
    if redis.problem is not None:
        lost = "dead letters, listeners, history and audit are unknown" if _looked_beyond(seen) else ""
        cause = "; ".join(filter(None, (reason(redis.problem), lost)))
        how = "cannot be used" if redis.refuses else "does not answer"
        yield Problem(Severity.FAIL, "redis", f"Redis at {redis.place} {how}", cause, redis.hint)
        return
    if redis.replica:
        cause = "it is a replica: nothing can be decided or replayed there"
        yield Problem(
            Severity.FAIL, "redis", f"Redis at {redis.place} takes no writes", cause, "point REDIS_URL at the primary"
        )
    if redis.latency_s is not None and redis.latency_s > REDIS_SLOW_S:
        cause = f"a round trip takes {how_long(redis.latency_s)}"
        yield Problem(Severity.WARN, "redis", f"Redis at {redis.place} is slow", cause, "shema doctor")


def reason(problem: str) -> str:
    """The error of Redis without its place, which is told already."""
    place, _, reason = problem.partition(": ")
    return short(reason if reason and place.startswith("Redis at ") else problem)


def _looked_beyond(seen: Condition) -> bool:
    return any(isinstance(getattr(seen, name), Unseen) for name in _BEYOND)


def _registry(seen: Condition) -> Iterator[Problem]:
    registry = seen.registry
    if registry is None or isinstance(registry, Unseen):
        return
    told = told_with_services(seen)
    if expired := [(service, url) for service, url in registry.expired if service not in told]:
        service, url = expired[0]
        names, number = named([name for name, _ in expired]), len(expired)
        yield Problem(
            Severity.WARN,
            "registry",
            f"{counted(number, 'registration')} {'has' if number == 1 else 'have'} expired: {names}",
            f"not renewed in time: {short(url)}{' and others' if number > 1 else ''}; not called",
            to_type("shema services deregister", service, url),
        )
    if registry.bad:
        what = f"{counted(len(registry.bad), 'registration')} cannot be understood"
        yield Problem(Severity.WARN, "registry", what, short(registry.bad[0]), "shema services list")


def _letters(seen: Condition) -> Iterator[Problem]:
    letters = seen.letters
    if not isinstance(letters, LetterFacts):
        return
    if letters.abandoned:
        what = f"{counted(letters.abandoned, 'dead letter')} {are(letters.abandoned)} in flight, held by nobody"
        yield Problem(Severity.WARN, "dlq", what, "a run that took them has died", "shema dlq recover")
    if letters.waiting:
        severity = Severity.FAIL if letters.rising and letters.last_hour >= SURGE else Severity.WARN
        yield Problem(severity, "dlq", _waiting(letters), _families(letters), _next_of(letters))


def _waiting(letters: LetterFacts) -> str:
    told = [f"{counted(letters.waiting, 'dead letter')} {'waits' if letters.waiting == 1 else 'wait'}"]
    if letters.rising:
        told.append(f"rising: {letters.last_hour:,} in the last hour, {letters.hour_before:,.0f} in the one before")
    elif letters.last_hour:
        told.append(f"{letters.last_hour:,} in the last hour")
    if letters.oldest_s is not None:
        told.append(f"the oldest {age(letters.oldest_s)} old")
    return ", ".join(told)


def _families(letters: LetterFacts) -> str:
    if not letters.families:
        return "what failed is not told"
    shown = ", ".join(f"{one.count:,} x {short(one.example, 60)}" for one in letters.families[:MOST_NAMED])
    more = len(letters.families) - MOST_NAMED
    told = f"{shown}{f' and {more:,} other errors' if more > 0 else ''}"
    return f"{told} (of the newest {letters.sample:,})" if letters.sampled else told


def _next_of(letters: LetterFacts) -> str:
    if len(letters.families) == 1:
        return to_type("shema dlq list --fingerprint", letters.families[0].fingerprint)
    return "shema dlq stats"


def _history(seen: Condition) -> Iterator[Problem]:
    history = seen.history
    if history is None or isinstance(history, Unseen) or not history.recorded:
        return
    if history.silent_s:
        what = f"no recorder has run for {age(history.silent_s)}"
        yield Problem(Severity.WARN, "history", what, "what is published now is not kept", "shema events record")
    elif history.gap_s:
        what = f"nobody recorded for {age(history.gap_s)} of the last {age(history.looked_back_s)}"
        yield Problem(Severity.WARN, "history", what, short(history.gap_cause), "shema events history --since 1d")
    told = told_with_services(seen)
    for one in history.missed:
        if one.service not in told and one.events:
            what = f"{one.service} has missed {counted(one.events, 'event')}"
            cause = f"it has not been subscribed for {age(one.away_s)}"
            yield Problem(Severity.WARN, "history", what, cause, to_type("shema events missed", one.service))


def _audit(seen: Condition) -> Iterator[Problem]:
    audit = seen.audit
    if audit is None or isinstance(audit, Unseen) or audit.problem is None:
        return
    what = "the audit trail is not the one that this machine has seen"
    yield Problem(Severity.FAIL, "audit", what, short(audit.problem), "shema audit verify")
