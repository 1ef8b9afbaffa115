"""A system in which all is well, to be made worse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shema_cli.condition.facts import (
    AuditFacts,
    ChannelFacts,
    Condition,
    FirebaseFacts,
    HistoryFacts,
    InstanceFacts,
    LetterFacts,
    RedisFacts,
    RegistryFacts,
    ServiceFacts,
    SessionFacts,
    Unseen,
)
from tests.support.world import NOW

PLACE = "cache.school.test:6379/0"
AWAY = Unseen("Redis does not answer", "shema doctor", because="redis")


def instance(name: str = "course", **facts: Any) -> InstanceFacts:
    return InstanceFacts(f"http://{name}.test:3003", **{"state": "healthy", "latency_s": 0.01, "skew_s": 0.0, **facts})


def service(name: str, **facts: Any) -> ServiceFacts:
    return ServiceFacts(name, (instance(name, **facts),))


def down(name: str, **facts: Any) -> ServiceFacts:
    return service(name, state="unhealthy", latency_s=None, error="the connection was refused", skew_s=None, **facts)


WELL = Condition(
    NOW,
    redis=RedisFacts(PLACE, latency_s=0.001, skew_s=0.0),
    registry=RegistryFacts(2),
    services=(service("user"), service("course"), service("schedule")),
    channels=(ChannelFacts("enrollment.approved", 1, 1, ("schedule",), ()),),
    letters=LetterFacts(0),
    history=HistoryFacts(recorded=False),
    audit=AuditFacts(None, 3),
    session=SessionFacts("dina@school.test", "session", 3000, renewed=True),
    firebase=FirebaseFacts(skew_s=0.2),
)


def seen(**facts: Any) -> Condition:
    return replace(WELL, **facts)


def redis_away(**facts: Any) -> Condition:
    away = RedisFacts(PLACE, f"Redis at {PLACE} cannot be used now: the connection was refused", hint="start it")
    unseen = dict.fromkeys(("registry", "channels", "letters", "history", "audit"), AWAY)
    return seen(redis=away, **unseen, **facts)
