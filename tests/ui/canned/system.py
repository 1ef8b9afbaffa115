"""How the canned system is: its numbers, its services, its trail, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from shema_cli.audit.results import AuditList, Verification
from shema_cli.clock import iso, ms_of
from shema_cli.condition.facts import (
    AuditFacts,
    ChannelFacts,
    Condition,
    Family,
    HistoryFacts,
    InstanceFacts,
    LetterFacts,
    RedisFacts,
    RegistryFacts,
    ServiceFacts,
    SessionFacts,
)
from shema_cli.dashboard.results import Kept, Reading, ReadingState, Snapshot, SourceAnswer, SourceProblem
from shema_cli.dashboard.sources import SOURCES, StatSource
from shema_cli.dashboard.trend import DAY, Trends, minute_of
from shema_cli.events.history.absence import Span
from shema_cli.events.history.missed_events import Missed, MissedEvent
from shema_cli.events.results import Listening
from shema_cli.people.shown import Subject
from shema_cli.services.results import HealthReport, HealthState, InstanceHealth, ServiceHealth
from shema_cli.settings.target import Target
from shema_cli.status.results import Status
from shema_cli.store.chain import FIELDS, GENESIS, AuditEntry, digest
from shema_cli.store.listeners import Listeners
from tests.ui.canned.letters import families
from tests.ui.canned.school import ADMIN, DECISION, NAMES, NOW

TARGET = Target(
    profile="production",
    redis="cache.shema-music.test:6379/0",
    services={},
    project="shema-music-prod",
    emulator=None,
    sources={},
    who=ADMIN,
)
NUMBERS = {
    "total_students": 1324,
    "pending_enrollments": 6,
    "active_chats": 9,
    "total_courses": 4,
    "upcoming_classes": 42,
}
CORE = ("auth", "user", "course", "booking", "chat", "recommendation", "enrollment", "schedule")


def numbers() -> Snapshot:
    return Snapshot(NOW, tuple(map(_reading, SOURCES)), TARGET, trends=Trends(_trends()))


def _trends() -> dict[str, dict[int, int]]:
    last = minute_of(NOW)
    return {
        name: {last - DAY + 30 * step: value - (48 - step) // 6 * (value > 20) for step in range(49)}
        for name, value in NUMBERS.items()
    }


def _reading(source: StatSource) -> Reading:
    value, state, problem, age_s = NUMBERS[source.stat], ReadingState.LIVE, None, 0.0
    if source.service == "schedule":
        state, age_s = ReadingState.STALE, 840.0
        problem = SourceProblem("unreachable", "schedule does not answer: connection refused")
    circuit = "open" if problem else "closed"
    request = "req_1795399800000_k3v9x2m1a"
    answer = SourceAnswer(source, NOW, None if problem else value, problem, 8.4, request, circuit)
    before = Kept(value - 2, NOW - timedelta(hours=1)) if source.service == "enrollment" else None
    return Reading(answer, state, value, NOW - timedelta(seconds=age_s), age_s, before)


def condition() -> Condition:
    services = [
        ServiceFacts(name, [InstanceFacts(f"http://{name}.shema-music.test:3000", "healthy", 0.009)])
        for name in CORE
        if name != "schedule"
    ]
    down = InstanceFacts(
        "http://schedule.shema-music.test:3008",
        "unhealthy",
        error="connection refused",
        circuit="open",
        open_for_s=17.0,
    )
    found = families().by_error
    letters = LetterFacts(
        total=9,
        sample=9,
        oldest_s=51 * 3600.0,
        families=tuple(Family(one.fingerprint, one.example or "", one.count, 3, 1) for one in found[:2]),
        last_hour=3,
        hour_before=1.0,
        acknowledged=1,
        oldest_waiting_s=51 * 3600.0,
    )
    return Condition(
        NOW,
        TARGET,
        RedisFacts(TARGET.redis or "", latency_s=0.0004, skew_s=0.0),
        RegistryFacts(8),
        [*services, ServiceFacts("schedule", [down])],
        [ChannelFacts("enrollment.approved", 2, 2, ("course", "schedule", "user"), ("schedule",))],
        letters,
        HistoryFacts(True, gap_s=190.0, gap_cause="the recorder was started anew", looked_back_s=86400, entries=18244),
        AuditFacts(None, 2187),
        SessionFacts(ADMIN, "session", 2400.0, renewed=True),
    )


def status() -> Status:
    return Status(condition())


def well() -> Status:
    return Status(Condition(NOW, TARGET, RedisFacts(TARGET.redis or "", latency_s=0.0004)))


def health() -> HealthReport:
    services = [
        ServiceHealth(
            name,
            [
                InstanceHealth(
                    f"http://{name}.shema-music.test:{3001 + number}",
                    HealthState.HEALTHY,
                    200,
                    7 + number,
                    "closed",
                    "registry",
                    None,
                )
            ],
        )
        for number, name in enumerate(CORE[:-1])
    ]
    services[4] = ServiceHealth(
        "chat",
        [
            *services[4].instances,
            InstanceHealth(
                "http://chat-2.shema-music.test:3005",
                HealthState.UNHEALTHY,
                503,
                2011,
                "half_open",
                "registry",
                "answered 503 Service Unavailable",
            ),
        ],
    )
    down = InstanceHealth(
        "http://schedule.shema-music.test:3008",
        HealthState.UNHEALTHY,
        None,
        None,
        "open",
        "registry",
        "connection refused",
    )
    return HealthReport([*services, ServiceHealth("schedule", [down])])


def health_of(names: Sequence[str]) -> HealthReport:
    return HealthReport([one for one in health().services if not names or one.name in names])


def listening() -> Listening:
    return Listening(
        {
            "booking.created": Listeners(2, declared=("schedule", "user"), missing=("schedule",)),
            "enrollment.approved": Listeners(2, declared=("course", "schedule", "user"), missing=("schedule",)),
            "enrollment.rejected": Listeners(1, declared=("user",)),
            "user.updated": Listeners(0),
        }
    )


def missed(service: str) -> Missed:
    away = Span(ms_of(NOW - timedelta(minutes=14)), ms_of(NOW))
    events = (
        _missed(13, "enrollment.approved", "enr-0308 approved", Subject("stu-0104", "crs-01"), maybe=True),
        _missed(9, "enrollment.approved", "enr-0305 approved", Subject("stu-0105", "crs-02")),
        _missed(2, "booking.created", "booking bkg-0077 created", Subject("stu-0101")),
    )
    channels = ("booking.created", "enrollment.approved")
    since_ms = ms_of(NOW - timedelta(hours=24))
    return Missed(service, channels, since_ms, False, (away,), (), events, away_still=True, names=NAMES)


def _missed(minutes: int, channel: str, what: str, about: Subject, *, maybe: bool = False) -> MissedEvent:
    at_ms = ms_of(NOW - timedelta(minutes=minutes))
    event_id = f"evt_8c1d2c3b-0000-4000-8000-{minutes:012}"
    return MissedEvent(f"{at_ms}-0", at_ms, channel, event_id, channel.upper().replace(".", "_"), maybe, what, about)


def _entry(number: int, action: str, target: str, minutes: float, **more: object) -> AuditEntry:
    at = NOW - timedelta(minutes=minutes)
    fields = dict.fromkeys(FIELDS, "")
    fields |= {
        "at": iso(at),
        "actor": "uid-dina",
        "actorEmail": ADMIN,
        "profile": "production",
        "command": f"shema {action.replace('.', ' ')}",
        "action": action,
        "target": target,
        "requestId": "req_1795399800000_k3v9x2m1a",
        "project": "shema-music-prod",
        "redis": TARGET.redis or "",
        "prev": GENESIS,
    }
    fields |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in more.items()}
    stored = {name.encode(): value.encode() for name, value in fields.items()}
    stored[b"hash"] = digest(stored).encode()
    return AuditEntry(f"{ms_of(at)}-{number}", stored)


def trail() -> AuditList:
    replayed = {"selection": "--fingerprint 6d1f2a9c03", "selected": 6, "replayed": 5, "skipped": 1}
    entries = (
        _entry(
            5,
            "enrollment.approved",
            "enr-0305",
            60,
            eventId=DECISION.event_id,
            receivers="2",
            missing=["schedule"],
            details={"after": "approved", "studentId": "stu-0105", "courseId": "crs-02"},
        ),
        _entry(4, "dlq.replay", "run-91", 194, details=replayed),
        _entry(3, "dlq.ack", families().by_error[2].fingerprint, 1680, details={"entries": 1}),
        _entry(2, "services.reset", "chat", 2900, actorEmail="", actor="deploy-bot"),
        _entry(1, "admins.grant", "rina@shema-music.test", 60000),
    )
    return AuditList(entries, 2187, NAMES)


def verified() -> Verification:
    return Verification(2187, (), keyed=2187, key_set=True)
