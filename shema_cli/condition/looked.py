"""What was looked at, and how it is, in a few words for each area (contract 3.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shema_cli.clock import age
from shema_cli.condition.facts import (
    AuditFacts,
    Condition,
    HistoryFacts,
    LetterFacts,
    RedisFacts,
    ServiceFacts,
    SessionFacts,
    Unseen,
)
from shema_cli.condition.this_machine import clocks
from shema_cli.frozen import dataclass
from shema_cli.results import counted


@dataclass(frozen=True)
class Looked:
    """One area, as it was found, and the same in as few words as will do."""

    area: str
    told: str

    @property
    def brief(self) -> str:
        if self.area == "clock":
            return self.told.rpartition(": ")[2]
        if self.area == "target":
            return " · ".join(self.told.split(" · ")[:2])
        return self.told.partition(", ")[0].partition(" (")[0]

    def document(self) -> dict[str, str]:
        return {"area": self.area, "told": self.told}


def looked_at(seen: Condition) -> tuple[Looked, ...]:
    """What could not be looked at is not among them."""
    return tuple(Looked(area, told) for area, told in _all(seen) if told)


def _all(seen: Condition) -> Iterator[tuple[str, str]]:
    yield "redis", _redis(seen)
    if not isinstance(seen.services, Unseen) and seen.services is not None:
        yield "services", _services(seen.services)
        yield "circuits", _circuits(seen.services)
    yield "listeners", _listeners(seen)
    yield "dlq", _letters(seen.letters)
    yield "history", _history(seen.history)
    yield "audit", _audit(seen.audit)
    yield "session", _session(seen.session)
    yield "clock", _clock(seen)
    yield "target", _target(seen)


def _redis(seen: Condition) -> str:
    redis = seen.redis
    if not isinstance(redis, RedisFacts):
        return ""
    if redis.latency_s is None:
        return f"{redis.place} does not answer"
    return f"{redis.place} answers in {redis.latency_s * 1000:.1f} ms"


def _services(services: Sequence[ServiceFacts]) -> str:
    instances = [(one.name, instance) for one in services for instance in one.live]
    answering = [(name, instance) for name, instance in instances if instance.answers]
    several = f" ({counted(len(services), 'service')})" if len(services) != len(instances) else ""
    kind = "instance" if several else "service"
    told = (
        f"{len(answering)} of {counted(len(instances), kind)}{several} {'answers' if len(answering) == 1 else 'answer'}"
    )
    timed = [(instance.latency_s, name) for name, instance in answering if instance.latency_s is not None]
    if timed:
        slowest, name = max(timed)
        told += f", the slowest is {name} ({slowest * 1000:.0f} ms)"
    return told


def _circuits(services: Sequence[ServiceFacts]) -> str:
    circuits = [(one.name, instance) for one in services for instance in one.live if instance.circuit != "closed"]
    if not circuits:
        return "all closed"
    return ", ".join(
        f"{name} {one.circuit.replace('_', '-')}" + (f" for {one.open_for_s:.0f} s more" if one.open_for_s else "")
        for name, one in circuits
    )


def _listeners(seen: Condition) -> str:
    channels = seen.channels
    if channels is None or isinstance(channels, Unseen):
        return ""
    missing = {name for channel in channels for name in channel.missing or ()}
    declared = {name for channel in channels for name in channel.declared}
    told = f"{counted(len(channels), 'channel')}, declared by {counted(len(declared), 'service')}"
    if any(channel.missing is None for channel in channels):
        return f"{told}; who is there may not be asked (CLIENT LIST)"
    return f"{told}, {'all there' if not missing else f'{len(missing)} missing'}"


def _letters(letters: LetterFacts | Unseen | None) -> str:
    if not isinstance(letters, LetterFacts):
        return ""
    if not letters.total:
        return "none"
    told = [f"{letters.total:,}"]
    told += [f"the oldest {age(letters.oldest_s)} old"] if letters.oldest_s is not None else []
    told.append(f"{letters.last_hour:,} in the last hour")
    told += [f"{letters.hour_before:,.0f} in the one before"] if letters.hour_before is not None else []
    told.append(counted(len(letters.families), "family", "families"))
    told += [f"{letters.acknowledged:,} acknowledged"] if letters.acknowledged else []
    told += ["which are acknowledged is not known"] if letters.unread is not None else []
    told += [f"families and times of the newest {letters.sample:,}"] if letters.sampled else []
    return ", ".join(told)


def _history(history: HistoryFacts | Unseen | None) -> str:
    if not isinstance(history, HistoryFacts):
        return ""
    if not history.recorded:
        return "nothing was ever recorded"
    running = f"nobody records since {age(history.silent_s)}" if history.silent_s else "a recorder runs"
    gaps = f"gaps of {age(history.gap_s)}" if history.gap_s else "no gap"
    return f"{running}, {gaps} in the last {age(history.looked_back_s)}"


def _audit(audit: AuditFacts | Unseen | None) -> str:
    if not isinstance(audit, AuditFacts):
        return ""
    return "" if audit.entries is None else counted(audit.entries, "entry", "entries")


def _session(session: SessionFacts | Unseen | None) -> str:
    if not isinstance(session, SessionFacts):
        return ""
    how_long = "renewed by itself" if session.renewed else f"for {age(session.expires_in_s)} more"
    return f"{session.who} ({session.source}), {how_long}"


def _clock(seen: Condition) -> str:
    told = clocks(seen)
    if not told:
        return ""
    worst = max(told, key=lambda name: abs(told[name]))
    return f"{', '.join(told)}: at most {abs(told[worst]):.0f} s off"


def _target(seen: Condition) -> str:
    target = seen.target
    if target is None:
        return ""
    marks = [*(["mixed"] if target.mixed else []), *([f"read-only ({target.read_only})"] if target.read_only else [])]
    return " · ".join((*target.words, *marks))
