"""What is wrong with Redis and with what stands in it: registry, dead letters, history, audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from string import hexdigits

from shema_cli.clock import age
from shema_cli.condition.facts import AckState, Condition, Family, LetterFacts, RedisFacts, Unseen
from shema_cli.condition.growth import is_rising
from shema_cli.condition.of_services import told_with_services
from shema_cli.condition.problems import Kind, Problem, Severity
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
        yield Problem(Severity.FAIL, "redis", "Redis could not be looked at", redis.why, redis.next, Kind.REDIS_NOT_SET)
    if not isinstance(redis, RedisFacts):
        return
    if redis.problem is not None:
        lost = "dead letters, listeners, history and audit are unknown" if _looked_beyond(seen) else ""
        cause = "; ".join(filter(None, (reason(redis.problem), lost)))
        how = "cannot be used" if redis.refuses else "does not answer"
        kind = Kind.REDIS_REFUSES if redis.refuses else Kind.REDIS_AWAY
        yield Problem(Severity.FAIL, "redis", f"Redis at {redis.place} {how}", cause, redis.hint, kind)
        return
    if redis.replica:
        cause = "it is a replica: nothing can be decided or replayed there"
        what, way_out = f"Redis at {redis.place} takes no writes", "point REDIS_URL at the primary"
        yield Problem(Severity.FAIL, "redis", what, cause, way_out, Kind.REDIS_REPLICA)
    if redis.latency_s is not None and redis.latency_s > REDIS_SLOW_S:
        cause = f"a round trip takes {how_long(redis.latency_s)}"
        what = f"Redis at {redis.place} is slow"
        yield Problem(Severity.WARN, "redis", what, cause, "shema doctor", Kind.REDIS_SLOW)


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
            Kind.REGISTRATION_EXPIRED,
            known={"SERVICE": service, "URL": url},
        )
    if registry.bad:
        what = f"{counted(len(registry.bad), 'registration')} cannot be understood"
        way_out = "shema services list"
        yield Problem(Severity.WARN, "registry", what, short(registry.bad[0]), way_out, Kind.REGISTRATION_BAD)


def _letters(seen: Condition) -> Iterator[Problem]:
    letters = seen.letters
    if not isinstance(letters, LetterFacts):
        return
    if letters.abandoned:
        what = f"{counted(letters.abandoned, 'dead letter')} {are(letters.abandoned)} in flight, held by nobody"
        cause, way_out = "a run that took them has died", "shema dlq recover"
        yield Problem(Severity.WARN, "dlq", what, cause, way_out, Kind.RUN_ABANDONED)
    if letters.unread is not None and letters.waiting:
        what, cause = "which dead letters are acknowledged is not known", f"all count: {short(letters.unread)}"
        yield Problem(Severity.WARN, "dlq", what, cause, "shema doctor", Kind.NOT_SEEN)
    returned = [one for one in letters.families if one.state is AckState.RETURNED][:MOST_NAMED]
    yield from map(_returned, returned)
    others = letters.without(returned)
    if others.waiting:
        severity = Severity.FAIL if others.rising and others.last_hour >= SURGE else Severity.WARN
        what, cause, way_out = _waiting(others), _families(others), _next_of(others)
        yield Problem(severity, "dlq", what, cause, way_out, Kind.DEAD_LETTERS, known=_largest(others))


def _returned(family: Family) -> Problem:
    """A family that was taken for done with, and is not."""
    rising = family.last_hour >= SURGE and is_rising(family.last_hour, family.hour_before)
    severity = Severity.FAIL if rising else Severity.WARN
    what = f"{counted(family.count, 'dead letter')} of a family that has returned: {short(family.example, 60)}"
    way_out, known = to_type("shema dlq list --fingerprint", family.fingerprint), _known(family)
    return Problem(severity, "dlq", what, short(family.said), way_out, Kind.FAMILY_RETURNED, known=known)


def _waiting(letters: LetterFacts) -> str:
    told = [f"{counted(letters.waiting, 'dead letter')} {'waits' if letters.waiting == 1 else 'wait'}"]
    if letters.rising:
        told.append(f"rising: {letters.last_hour:,} in the last hour, {letters.hour_before:,.0f} in the one before")
    elif letters.last_hour:
        told.append(f"{letters.last_hour:,} in the last hour")
    if letters.waiting_for_s is not None:
        told.append(f"the oldest {age(letters.waiting_for_s)} old")
    return ", ".join(told)


def _families(letters: LetterFacts) -> str:
    if not letters.families:
        if letters.acknowledged:
            return f"the newest {letters.sample:,} are acknowledged but for these, which were not looked at"
        return "what failed is not told"
    shown = ", ".join(map(_family, letters.families[:MOST_NAMED]))
    more = len(letters.families) - MOST_NAMED
    told = f"{shown}{f' and {more:,} other errors' if more > 0 else ''}"
    return f"{told} (of the newest {letters.sample:,})" if letters.sampled else told


def _family(family: Family) -> str:
    over = " (it was acknowledged, and that is over)" if family.state is AckState.EXPIRED else ""
    return f"{family.count:,} x {short(family.example, 60)}{over}"


def _next_of(letters: LetterFacts) -> str:
    if len(letters.families) != 1:
        return "shema dlq stats"
    (only,) = letters.families
    return to_type("shema dlq list --fingerprint", only.fingerprint) if _valid(only) else "shema dlq list --invalid"


def _largest(letters: LetterFacts) -> dict[str, str]:
    """The family of most, of those that can be replayed."""
    found = next((one for one in letters.families if _valid(one)), None)
    return _known(found) if found else {}


def _known(family: Family) -> dict[str, str]:
    return {"FINGERPRINT": family.fingerprint, **({"ID": family.newest} if family.newest else {})}


def _valid(family: Family) -> bool:
    """What is no event has no fingerprint, and stands under its reason."""
    return set(family.fingerprint) <= set(hexdigits)


def _history(seen: Condition) -> Iterator[Problem]:
    history = seen.history
    if history is None or isinstance(history, Unseen) or not history.recorded:
        return
    if history.silent_s:
        what = f"no recorder has run for {age(history.silent_s)}"
        cause, way_out = "what is published now is not kept", "shema events record"
        yield Problem(Severity.WARN, "history", what, cause, way_out, Kind.NOT_RECORDED)
    elif history.gap_s:
        what = f"nobody recorded for {age(history.gap_s)} of the last {age(history.looked_back_s)}"
        cause, way_out = short(history.gap_cause), "shema events history --since 1d"
        yield Problem(Severity.WARN, "history", what, cause, way_out, Kind.HISTORY_GAP)
    told = told_with_services(seen)
    for one in history.missed:
        if one.service not in told and one.events:
            what = f"{one.service} has missed {counted(one.events, 'event')}"
            cause = f"it has not been subscribed for {age(one.away_s)}"
            way_out, known = to_type("shema events missed", one.service), {"SERVICE": one.service}
            yield Problem(Severity.WARN, "history", what, cause, way_out, Kind.MISSED, known=known)


def _audit(seen: Condition) -> Iterator[Problem]:
    audit = seen.audit
    if audit is None or isinstance(audit, Unseen) or audit.problem is None:
        return
    what = "the audit trail is not the one that this machine has seen"
    yield Problem(Severity.FAIL, "audit", what, short(audit.problem), "shema audit verify", Kind.TRAIL_DIFFERS)
