"""What `check` measured, as figures with a name, labels and a unit (contract 3.5).

A figure that is not known is not there: it is never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from shema_cli.condition.facts import (
    EXPIRED,
    UNKNOWN,
    AuditFacts,
    Condition,
    HistoryFacts,
    LetterFacts,
    RedisFacts,
    SessionFacts,
)
from shema_cli.frozen import dataclass

GAUGE = "gauge"
MOST_FAMILIES = 20


@dataclass(frozen=True)
class Measure:
    """A kind of figure, in base units. `area` is the one that it is measured in."""

    name: str
    kind: str
    help: str
    area: str = ""


@dataclass(frozen=True)
class Figure:
    """One value."""

    measure: Measure
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        return {"name": self.measure.name, "labels": dict(self.labels), "value": self.value}


UP = Measure("shema_check_up", GAUGE, "Whether the area could be looked at.")
STATUS = Measure("shema_check_status", GAUGE, "How the area is: 0 ok, 1 warning, 2 critical, 3 unknown.")
ENTRIES = Measure("shema_dlq_entries", GAUGE, "Dead letters, those in flight included.", "dlq")
ACKNOWLEDGED = Measure(
    "shema_dlq_acknowledged_entries", GAUGE, "Dead letters of acknowledged families, among the newest.", "dlq"
)
WAITING = Measure("shema_dlq_waiting_entries", GAUGE, "Dead letters but for those of acknowledged families.", "dlq")
OLDEST = Measure("shema_dlq_oldest_age_seconds", GAUGE, "How long ago the oldest dead letter failed.", "dlq")
OLDEST_WAITING = Measure(
    "shema_dlq_waiting_oldest_age_seconds", GAUGE, "How long ago the oldest of those failed that wait.", "dlq"
)
LAST_HOUR = Measure("shema_dlq_last_hour_entries", GAUGE, "Dead letters that failed in the last hour.", "dlq")
FAMILY = Measure(
    "shema_dlq_family_entries",
    GAUGE,
    "Dead letters with one error, among the newest 2000.",
    "dlq",
)
KNOWN = Measure(
    "shema_dlq_family_acknowledged", GAUGE, "Whether the family is acknowledged, and so counts for no problem.", "dlq"
)
SERVICE = Measure("shema_service_up", GAUGE, "Whether the instance is healthy.", "services")
LATENCY = Measure("shema_service_latency_seconds", GAUGE, "How long the instance took to answer.", "services")
CIRCUIT = Measure("shema_circuit_open", GAUGE, "Whether the circuit of the instance is open here.", "services")
REDIS = Measure("shema_redis_up", GAUGE, "Whether Redis answers.", "redis")
REDIS_LATENCY = Measure("shema_redis_latency_seconds", GAUGE, "How long a round trip to Redis took.", "redis")
LISTENERS = Measure(
    "shema_channel_listeners",
    GAUGE,
    "Services that surely hear the channel.",
    "listeners",
)
MISSING = Measure(
    "shema_channel_missing", GAUGE, "Services that have declared the channel and are not subscribed.", "listeners"
)
RECORDING = Measure("shema_history_recording", GAUGE, "Whether a recorder of the history runs.", "history")
GAP = Measure(
    "shema_history_gap_seconds_total",
    GAUGE,
    "Seconds of the last day that nobody recorded.",
    "history",
)
AUDIT = Measure("shema_audit_entries", GAUGE, "Entries of the audit trail.", "audit")
SESSION = Measure(
    "shema_session_expires_seconds",
    GAUGE,
    "How long the ID token in use is good still.",
    "session",
)
MEASURES = (
    UP,
    STATUS,
    REDIS,
    REDIS_LATENCY,
    SERVICE,
    LATENCY,
    CIRCUIT,
    ENTRIES,
    ACKNOWLEDGED,
    WAITING,
    OLDEST,
    OLDEST_WAITING,
    LAST_HOUR,
    FAMILY,
    KNOWN,
    LISTENERS,
    MISSING,
    RECORDING,
    GAP,
    AUDIT,
    SESSION,
)
"""In the order in which they are told."""


def measured(seen: Condition) -> Iterator[Figure]:
    """What is known of what was looked at."""
    yield from _redis(seen)
    yield from _services(seen)
    yield from _letters(seen)
    yield from _listeners(seen)
    yield from _history(seen)
    if isinstance(seen.audit, AuditFacts) and seen.audit.entries is not None:
        yield Figure(AUDIT, seen.audit.entries)
    if isinstance(seen.session, SessionFacts):
        yield Figure(SESSION, max(0.0, round(seen.session.expires_in_s, 3)))


def _redis(seen: Condition) -> Iterator[Figure]:
    if not isinstance(seen.redis, RedisFacts):
        return
    yield Figure(REDIS, float(seen.redis.problem is None))
    if seen.redis.latency_s is not None:
        yield Figure(REDIS_LATENCY, round(seen.redis.latency_s, 6))


def _services(seen: Condition) -> Iterator[Figure]:
    services = seen.services if isinstance(seen.services, Sequence) else ()
    found = [({"service": service.name, "instance": one.url}, one) for service in services for one in service.instances]
    for labels, one in found:
        if one.state not in (UNKNOWN, EXPIRED):
            yield Figure(SERVICE, float(one.answers), labels)
        if one.answers and one.latency_s is not None:
            yield Figure(LATENCY, round(one.latency_s, 6), labels)
        yield Figure(CIRCUIT, float(one.circuit == "open"), labels)


def _letters(seen: Condition) -> Iterator[Figure]:
    letters = seen.letters
    if not isinstance(letters, LetterFacts):
        return
    told = letters.unread is None
    yield Figure(ENTRIES, letters.total)
    if told:
        yield Figure(ACKNOWLEDGED, letters.acknowledged)
    yield Figure(WAITING, letters.waiting)
    yield Figure(LAST_HOUR, letters.last_hour + letters.known_last_hour)
    if letters.oldest_s is not None:
        yield Figure(OLDEST, round(letters.oldest_s, 3))
    if letters.waiting and letters.waiting_for_s is not None:
        yield Figure(OLDEST_WAITING, round(letters.waiting_for_s, 3))
    families = sorted((*letters.families, *letters.known), key=lambda one: (-one.count, one.fingerprint))
    for family in families[:MOST_FAMILIES]:
        labels = {"fingerprint": family.fingerprint}
        yield Figure(FAMILY, family.count, labels)
        if told:
            yield Figure(KNOWN, float(family in letters.known), labels)


def _listeners(seen: Condition) -> Iterator[Figure]:
    for channel in seen.channels if isinstance(seen.channels, Sequence) else ():
        labels = {"channel": channel.channel}
        yield Figure(LISTENERS, channel.listeners, labels)
        if channel.missing is not None:
            yield Figure(MISSING, len(channel.missing), labels)


def _history(seen: Condition) -> Iterator[Figure]:
    history = seen.history
    if isinstance(history, HistoryFacts) and history.recorded:
        yield Figure(RECORDING, float(not history.silent_s))
        yield Figure(GAP, round(history.gap_s, 3))
