"""What is wrong with what was seen: facts in, problems out, each cause told once (contract 3.5).

Redis away is one line, not one for each thing that stands in it; a service that is down names the circuit, the missing
listeners and the dead letters that come of it, which are then told nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shema_cli.clock import age
from shema_cli.condition.facts import (
    ChannelFacts,
    Condition,
    InstanceFacts,
    LetterFacts,
    RedisFacts,
    ServiceFacts,
    Unseen,
)
from shema_cli.condition.problems import Problem, Severity, in_order
from shema_cli.results import are, counted
from shema_cli.settings.values import service_variable
from shema_cli.shell import to_type

SLOW_S = 1.0
REDIS_SLOW_S = 0.25
MOST_SKEW_S = 5.0
SESSION_ENDS_SOON_S = 600.0
SURGE = 10
"""So many new dead letters in an hour, and more than before, are a failure under way and no remnant."""
MOST_NAMED = 3
MOST_SHOWN = 160
_TOLD_AS = {
    "registry": "the registry",
    "listeners": "who listens",
    "dlq": "the dead letters",
    "history": "the history",
    "audit": "the audit trail",
}
_OF_REDIS = ("registry", "channels", "letters", "history", "audit")


def judge(seen: Condition) -> tuple[Problem, ...]:
    """All problems, worst first. What nobody looked at is no problem."""
    if nothing := _nothing_answers(seen):
        return in_order([nothing, *_session(seen), *_target(seen)])
    found = [
        *_redis(seen),
        *_services(seen),
        *_registry(seen),
        *_listeners(seen),
        *_letters(seen),
        *_history(seen),
        *_audit(seen),
        *_session(seen),
        *_clock(seen),
        *_target(seen),
        *_not_seen(seen),
    ]
    return in_order(found)


def unknown(seen: Condition) -> tuple[tuple[str, Unseen], ...]:
    """(area, why) of whatever should have been looked at and could not be."""
    areas = {
        "redis": seen.redis,
        "services": seen.services,
        "registry": seen.registry,
        "listeners": seen.channels,
        "dlq": seen.letters,
        "history": seen.history,
        "audit": seen.audit,
        "session": seen.session,
    }
    return tuple((area, found) for area, found in areas.items() if isinstance(found, Unseen))


def _nothing_answers(seen: Condition) -> Problem | None:
    """Redis and every service away at once is one thing: this machine, or the line to the system."""
    redis, services = seen.redis, seen.services
    if not isinstance(redis, RedisFacts) or redis.problem is None or redis.refuses:
        return None
    if not isinstance(services, Sequence):
        return None
    if len(services) < 2 or not all(one.down for one in services):
        return None
    errors = dict.fromkeys(error for one in services for error in _errors(one))
    told = [f"redis: {_reason(redis.problem)}", *(f"services: {error}" for error in list(errors)[:1])]
    names = f"neither Redis nor any of {counted(len(services), 'service')} answers"
    return Problem(
        Severity.FAIL,
        "redis",
        names,
        f"the network of this machine, or the whole system: {'; '.join(told)}",
        redis.hint or "shema doctor",
    )


# -- Redis and what stands in it ---------------------------------------------------------------------------------


def _redis(seen: Condition) -> Iterator[Problem]:
    redis = seen.redis
    if isinstance(redis, Unseen):
        yield Problem(Severity.FAIL, "redis", "Redis could not be looked at", redis.why, redis.next)
    if not isinstance(redis, RedisFacts):
        return
    if redis.problem is not None:
        lost = "dead letters, listeners, history and audit are unknown" if _looked_beyond(seen) else ""
        cause = "; ".join(filter(None, (_reason(redis.problem), lost)))
        how = "cannot be used" if redis.refuses else "does not answer"
        yield Problem(Severity.FAIL, "redis", f"Redis at {redis.place} {how}", cause, redis.hint)
        return
    if redis.replica:
        cause = "it is a replica: nothing can be decided or replayed there"
        yield Problem(
            Severity.FAIL, "redis", f"Redis at {redis.place} takes no writes", cause, "point REDIS_URL at the primary"
        )
    if redis.latency_s is not None and redis.latency_s > REDIS_SLOW_S:
        cause = f"a round trip takes {_took(redis.latency_s)}"
        yield Problem(Severity.WARN, "redis", f"Redis at {redis.place} is slow", cause, "shema doctor")


def _reason(problem: str) -> str:
    """The error of Redis without its place, which is told already."""
    place, _, reason = problem.partition(": ")
    return _short(reason if reason and place.startswith("Redis at ") else problem)


def _looked_beyond(seen: Condition) -> bool:
    return any(isinstance(getattr(seen, name), Unseen) for name in _OF_REDIS)


def _registry(seen: Condition) -> Iterator[Problem]:
    registry = seen.registry
    if registry is None or isinstance(registry, Unseen):
        return
    told = _told_with_services(seen)
    if expired := [(service, url) for service, url in registry.expired if service not in told]:
        service, url = expired[0]
        names, number = _named([name for name, _ in expired]), len(expired)
        yield Problem(
            Severity.WARN,
            "registry",
            f"{counted(number, 'registration')} {'has' if number == 1 else 'have'} expired: {names}",
            f"not renewed in time: {_short(url)}{' and others' if number > 1 else ''}; not called",
            to_type("shema services deregister", service, url),
        )
    if registry.bad:
        what = f"{counted(len(registry.bad), 'registration')} cannot be understood"
        yield Problem(Severity.WARN, "registry", what, _short(registry.bad[0]), "shema services list")


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
    shown = ", ".join(f"{one.count:,} x {_short(one.example, 60)}" for one in letters.families[:MOST_NAMED])
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
        yield Problem(Severity.WARN, "history", what, _short(history.gap_cause), "shema events history --since 1d")
    told = _told_with_services(seen)
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
    yield Problem(Severity.FAIL, "audit", what, _short(audit.problem), "shema audit verify")


def _not_seen(seen: Condition) -> Iterator[Problem]:
    """What could not be looked at for a reason that no other problem tells."""
    for area, why in unknown(seen):
        if why.because or area not in _TOLD_AS:
            continue
        what = f"{_TOLD_AS[area]} could not be looked at"
        yield Problem(Severity.WARN, area, what, _short(why.why), why.next)


# -- services and who listens ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Consequences:
    """What comes of a service that is not well."""

    unheard: Sequence[str]
    letters: int

    def words(self) -> Iterator[str]:
        if self.unheard:
            yield f"does not hear {_named(self.unheard)}"
        if self.letters:
            yield f"{counted(self.letters, 'dead letter')} {'names' if self.letters == 1 else 'name'} it"


def _services(seen: Condition) -> Iterator[Problem]:
    services = seen.services
    if isinstance(services, Unseen):
        yield Problem(Severity.FAIL, "services", "the services could not be looked at", services.why, services.next)
        return
    if services is None:
        return
    if seen.no_secret:
        what, cause = "no service can be called", "SERVICE_JWT_SECRET is not set"
        yield Problem(Severity.FAIL, "services", what, cause, "set it to the services' secret: shema config show")
    if not services and not isinstance(seen.registry, Unseen):
        what, cause = "no service is known", "none is configured or registered"
        yield Problem(Severity.FAIL, "services", what, cause, "shema services list")
    refusing = [one.name for one in services if any(instance.refused for instance in one.instances)]
    if refusing:
        yield Problem(
            Severity.FAIL,
            "services",
            f"{_named(refusing)} {'refuses' if len(refusing) == 1 else 'refuse'} our service token",
            "SERVICE_JWT_SECRET is not theirs, or the clocks differ",
            "shema config show",
        )
    if strange := [one for one in services if not one.known]:
        cause = next(iter(_errors(strange[0])), "not told")
        what = f"{_named([one.name for one in strange])} could not be asked, for a reason on this machine"
        yield Problem(Severity.FAIL, "services", what, cause, "shema doctor")
    for one in services:
        if one.known:
            yield from _service(seen, one)


def _service(seen: Condition, service: ServiceFacts) -> Iterator[Problem]:
    if not service.instances:
        variable = service_variable(service.name)
        cause = f"{variable} is not set, and no instance is registered"
        yield Problem(Severity.WARN, "services", f"{service.name} is not configured", cause, f"set {variable}")
        return
    sick = [one for one in service.live if not one.answers]
    wrong = [one for one in service.live if one.answers and one.wrong and not one.refused]
    next_step = to_type("shema services health", service.name)
    if service.down and not service.live:
        yield _problem(seen, service, Severity.FAIL, "has no instance left", ["every registration expired"], next_step)
    elif service.down:
        yield _problem(seen, service, Severity.FAIL, "is down", _why(sick), next_step)
    elif sick:
        part = f"has {len(sick)} of {len(service.live)} instances down"
        yield _problem(seen, service, Severity.WARN, part, _why(sick), next_step)
    elif wrong:
        yield _problem(seen, service, Severity.FAIL, "answers wrongly", [_short(wrong[0].wrong or "")], next_step)
    elif open_ones := [one for one in service.live if one.circuit != "closed"]:
        what = f"is not called: its circuit is {open_ones[0].circuit.replace('_', '-')}"
        way_out = to_type("shema services reset", service.name)
        causes = ["it failed five times in a row, and answers now", *_circuits(open_ones)]
        yield _problem(seen, service, Severity.WARN, what, causes, way_out)
    elif slow := [one for one in service.live if (one.latency_s or 0) > SLOW_S]:
        took = max(one.latency_s or 0 for one in slow)
        yield _problem(seen, service, Severity.WARN, "is slow", [f"an answer takes {_took(took)}"], next_step)


def _problem(
    seen: Condition, service: ServiceFacts, severity: Severity, what: str, causes: Iterable[str], way_out: str
) -> Problem:
    cause = "; ".join([*causes, *_consequences(seen, service.name).words()])
    return Problem(severity, "services", f"{service.name} {what}", cause, way_out)


def _why(sick: Sequence[InstanceFacts]) -> list[str]:
    """Why they are not well, each reason once, and how their circuits stand."""
    reasons = dict.fromkeys(_short(one.error or "it does not answer") for one in sick)
    return [*list(reasons)[:2], *_circuits(sick)]


def _circuits(instances: Iterable[InstanceFacts]) -> list[str]:
    waits = [one.open_for_s for one in instances if one.circuit == "open" and one.open_for_s is not None]
    return [f"its circuit is open for {max(waits):.0f} s more"] if waits else []


def _errors(service: ServiceFacts) -> list[str]:
    return [_short(one.error) for one in service.instances if one.error]


def _consequences(seen: Condition, name: str) -> _Consequences:
    letters = seen.letters.from_services.get(name, 0) if isinstance(seen.letters, LetterFacts) else 0
    channels = seen.channels if isinstance(seen.channels, Sequence) else ()
    return _Consequences([one.channel for one in channels if name in (one.missing or ())], letters)


def _told_with_services(seen: Condition) -> set[str]:
    """The services of which a problem is told already, with whatever comes of it."""
    services = seen.services if isinstance(seen.services, Sequence) else ()
    return {one.name for one in services if one.known and any(True for _ in _service(seen, one))}


def _listeners(seen: Condition) -> Iterator[Problem]:
    channels = seen.channels
    if channels is None or isinstance(channels, Unseen):
        return
    told = _told_with_services(seen)
    absent: dict[str, list[ChannelFacts]] = {}
    for channel in channels:
        for service in channel.missing or ():
            absent.setdefault(service, []).append(channel)
    for service, missing in absent.items():
        if service not in told:
            what = f"{service} does not hear {_named([one.channel for one in missing])}"
            cause = "it has declared to listen, and no connection of its name is subscribed"
            yield Problem(Severity.WARN, "listeners", what, cause, _restart(service))
    explained = set(absent)
    for channel in channels:
        if channel.at_most == 0 and not explained.intersection(channel.declared):
            what, cause = f"nobody hears {channel.channel}", "whatever is published there would be unheard"
            yield Problem(Severity.WARN, "listeners", what, cause, "start the services: shema services health")


def _restart(service: str) -> str:
    return f"restart {service}; {to_type('shema services health', service)}"


# -- this machine ------------------------------------------------------------------------------------------------


def _session(seen: Condition) -> Iterator[Problem]:
    session = seen.session
    if isinstance(session, Unseen):
        yield Problem(Severity.WARN, "session", "who is signed in is not known", session.why, session.next)
    elif session is not None and not session.renewed and session.expires_in_s <= SESSION_ENDS_SOON_S:
        what = f"the session of {session.who} ends in {age(session.expires_in_s)}"
        yield Problem(Severity.WARN, "session", what, f"{session.source} is not renewed by itself", "shema auth login")
    if seen.firebase is not None and seen.firebase.problem is not None:
        cause = f"nobody can sign in or change anything: {_short(seen.firebase.problem)}"
        yield Problem(Severity.FAIL, "session", "Firebase does not answer", cause, "shema doctor")


def clocks(seen: Condition) -> dict[str, float]:
    """By how many seconds whoever tells the time is ahead of this machine."""
    told: dict[str, float] = {}
    if isinstance(seen.redis, RedisFacts) and seen.redis.skew_s is not None:
        told["redis"] = seen.redis.skew_s
    services = seen.services if isinstance(seen.services, Sequence) else ()
    of_services = ((service.name, one.skew_s) for service in services for one in service.instances)
    if seen.firebase is not None and seen.firebase.skew_s is not None:
        told["Firebase"] = seen.firebase.skew_s
    return told | {name: skew for name, skew in of_services if skew is not None}


def _clock(seen: Condition) -> Iterator[Problem]:
    """Where all that tell the time agree against us, it is our clock, in one line."""
    told = clocks(seen)
    off = {name: skew for name, skew in told.items() if abs(skew) > MOST_SKEW_S}
    if not off:
        return
    agree = len(off) == len(told) > 1 and max(off.values()) - min(off.values()) <= 2 * MOST_SKEW_S
    if agree:
        some = next(iter(off.values()))
        way = "behind" if some > 0 else "ahead"
        what = f"this machine's clock is {age(abs(some))} {way}"
        cause = f"{_named(list(off))} agree; tokens are good for 5 minutes"
        yield Problem(Severity.FAIL, "clock", what, cause, "set the clock (NTP)")
        return
    for name, skew in off.items():
        way = "ahead of" if skew > 0 else "behind"
        cause = "ages and leases are told by its clock" if name == "redis" else "tokens are good for 5 minutes"
        yield Problem(
            Severity.WARN, "clock", f"the clock of {name} is {age(abs(skew))} {way} ours", cause, "set the clocks (NTP)"
        )


def _target(seen: Condition) -> Iterator[Problem]:
    target = seen.target
    if target is None:
        return
    if target.mixed:
        cause = _short("; ".join(one.told(target.profile) for one in target.mixed))
        yield Problem(Severity.WARN, "target", "the target is mixed: nothing may be changed", cause, target.way_out)
    if target.foreign:
        cause = f"an emulator proves nobody: {_named(target.foreign)}"
        what = "the emulator is here and the system elsewhere: nothing may be changed"
        yield Problem(Severity.WARN, "target", what, cause, "sign in to the real project")


# -- words -------------------------------------------------------------------------------------------------------


def _named(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b, c and 4 more`."""
    different = list(dict.fromkeys(names))
    if len(different) > MOST_NAMED + 1:
        return f"{', '.join(different[:MOST_NAMED])} and {len(different) - MOST_NAMED:,} more"
    return " and ".join(part for part in (", ".join(different[:-1]), different[-1] if different else "") if part)


def _short(text: str, most: int = MOST_SHOWN) -> str:
    """On one line, and not longer than a reader reads."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _took(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
