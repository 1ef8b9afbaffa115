"""What is wrong, in one line each: what, why, and what to do (contract 3.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from shema_cli.frozen import dataclass


class Severity(StrEnum):
    """`fail`: something does not work now; `warn`: something will not, or may not."""

    FAIL = "fail"
    WARN = "warn"


WORST_FIRST = (Severity.FAIL, Severity.WARN)
AREAS = ("redis", "services", "listeners", "dlq", "history", "audit", "session", "clock", "target", "registry")
"""What is looked at, in the order in which problems of one severity are told."""


class Kind(StrEnum):
    """What sort of problem it is: what a case of the runbook answers."""

    NOTHING_ANSWERS = "nothing_answers"
    REDIS_NOT_SET = "redis_not_set"
    REDIS_AWAY = "redis_away"
    REDIS_REFUSES = "redis_refuses"
    REDIS_REPLICA = "redis_replica"
    REDIS_SLOW = "redis_slow"
    NOT_SEEN = "not_seen"  # something that stands in Redis
    REGISTRATION_EXPIRED = "registration_expired"
    REGISTRATION_BAD = "registration_bad"
    SERVICES_NOT_SEEN = "services_not_seen"
    CANNOT_CALL = "cannot_call"
    NO_SERVICE = "no_service"
    REFUSES_US = "refuses_us"
    NOT_ASKED = "not_asked"  # for a reason on this machine
    NOT_CONFIGURED = "not_configured"
    NO_INSTANCE = "no_instance"
    SERVICE_DOWN = "service_down"
    PARTLY_DOWN = "partly_down"
    ANSWERS_WRONGLY = "answers_wrongly"
    CIRCUIT_OPEN = "circuit_open"
    SERVICE_SLOW = "service_slow"
    HEARS_NOT = "hears_not"  # one service, something that it has declared
    NOBODY_HEARS = "nobody_hears"
    DEAD_LETTERS = "dead_letters"
    FAMILY_RETURNED = "family_returned"
    RUN_ABANDONED = "run_abandoned"
    NOT_RECORDED = "not_recorded"
    HISTORY_GAP = "history_gap"
    MISSED = "missed"
    TRAIL_DIFFERS = "trail_differs"
    SESSION_UNKNOWN = "session_unknown"
    SESSION_ENDS = "session_ends"
    FIREBASE_AWAY = "firebase_away"
    OUR_CLOCK_OFF = "our_clock_off"
    CLOCK_OFF = "clock_off"
    TARGET_MIXED = "target_mixed"
    TARGET_EMULATED = "target_emulated"


@dataclass(frozen=True)
class Problem:
    """`what` is wrong and its `cause`, without a full stop; `next` is a command, or what to do.

    `about` names the part of the area that is meant, where it has parts; `known` is what a case of the runbook is
    filled in with: `{"SERVICE": "course"}`.
    """

    severity: Severity
    area: str
    what: str
    cause: str
    next: str
    kind: Kind
    about: str = ""
    known: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, str]:
        return {
            "severity": self.severity.value,
            "area": self.area,
            "what": self.what,
            "cause": self.cause,
            "next": self.next,
        }


@dataclass(frozen=True)
class Headline:
    """The first line: the worst problem, and how many more there are. `severity` None: nothing is wrong."""

    severity: Severity | None
    said: str


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Worst first."""
    return tuple(sorted(problems, key=lambda one: (WORST_FIRST.index(one.severity), AREAS.index(one.area))))


def headline(problems: Sequence[Problem], well: str) -> Headline:
    """`well` is what stands there when nothing is wrong."""
    if not problems:
        return Headline(None, well)
    first, more = problems[0], len(problems) - 1
    return Headline(first.severity, first.what + (f", and {more} more" if more else ""))
