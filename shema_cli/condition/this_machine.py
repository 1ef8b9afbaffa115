"""What is wrong on this machine: who is signed in, the clocks, where commands act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shema_cli.clock import age
from shema_cli.condition.facts import Condition, RedisFacts, Unseen
from shema_cli.condition.problems import Kind, Problem, Severity
from shema_cli.condition.words import named, short

MOST_SKEW_S = 5.0
SESSION_ENDS_SOON_S = 600.0


def of_session(seen: Condition) -> Iterator[Problem]:
    session = seen.session
    if isinstance(session, Unseen):
        what = "who is signed in is not known"
        yield Problem(Severity.WARN, "session", what, session.why, session.next, Kind.SESSION_UNKNOWN)
    elif session is not None and not session.renewed and session.expires_in_s <= SESSION_ENDS_SOON_S:
        what = f"the session of {session.who} ends in {age(session.expires_in_s)}"
        cause = f"{session.source} is not renewed by itself"
        yield Problem(Severity.WARN, "session", what, cause, "shema auth login", Kind.SESSION_ENDS)
    if seen.firebase is not None and seen.firebase.problem is not None:
        cause = f"nobody can sign in or change anything: {short(seen.firebase.problem)}"
        what = "Firebase does not answer"
        yield Problem(Severity.FAIL, "session", what, cause, "shema doctor", Kind.FIREBASE_AWAY)


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


def of_clock(seen: Condition) -> Iterator[Problem]:
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
        cause = f"{named(list(off))} agree; tokens are good for 5 minutes"
        yield Problem(Severity.FAIL, "clock", what, cause, "set the clock (NTP)", Kind.OUR_CLOCK_OFF)
        return
    for name, skew in off.items():
        way = "ahead of" if skew > 0 else "behind"
        cause = "ages and leases are told by its clock" if name == "redis" else "tokens are good for 5 minutes"
        what = f"the clock of {name} is {age(abs(skew))} {way} ours"
        yield Problem(Severity.WARN, "clock", what, cause, "set the clocks (NTP)", Kind.CLOCK_OFF)


def of_target(seen: Condition) -> Iterator[Problem]:
    target = seen.target
    if target is None:
        return
    if target.mixed:
        cause = short("; ".join(one.told(target.profile) for one in target.mixed))
        what = "the target is mixed: nothing may be changed"
        yield Problem(Severity.WARN, "target", what, cause, target.way_out, Kind.TARGET_MIXED)
    if target.foreign:
        cause = f"an emulator proves nobody: {named(target.foreign)}"
        what = "the emulator is here and the system elsewhere: nothing may be changed"
        yield Problem(Severity.WARN, "target", what, cause, "sign in to the real project", Kind.TARGET_EMULATED)
