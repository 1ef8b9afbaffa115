"""Documents of `status`, `runbook`, `check`, `doctor`, `services`, `api` and `tokens`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shema_cli.cases.book import NAMED
from shema_cli.cases.model import PLACEHOLDERS
from shema_cli.condition.problems import AREAS
from shema_cli.documents.base import May, Number, Object, OneOf, OpenObject, Whole, Yes
from shema_cli.documents.school import Circuit

Area = Annotated[str, OneOf(*AREAS)]
CaseName = Annotated[str, OneOf(*NAMED), Field(title="name of a case")]
Level = Literal["ok", "warning", "critical", "unknown"]
From = Literal["config", "registry"]


class Wrong(Object):
    """A problem, with its cause and what to do."""

    severity: Literal["fail", "warn"]
    area: Area
    what: str
    cause: str
    next: str


class WrongNow(Wrong):
    case: CaseName


class LookedAt(Object):
    area: Annotated[str, OneOf(*AREAS[:-1], "circuits")]
    told: str


class NotLookedAt(Object):
    area: Area
    why: str
    next: str


class Status(Object):
    ok: bool
    problems: list[WrongNow]
    looked_at: list[LookedAt]
    unknown: list[NotLookedAt]


class Case(Object):
    name: CaseName
    title: str
    looks_like: str
    fits: list[str]


class Cases(Object):
    cases: list[Case]


class Step(Object, title="step"):
    says: str
    command: str | None
    missing: list[Annotated[str, OneOf(*PLACEHOLDERS)]]
    look_for: str | None
    only_if: str | None


class CaseShown(Case):
    steps: list[Step]
    meanwhile: str | None
    never: list[str]
    practise: str | None
    pages: list[str]


class CheckedArea(Object):
    area: Literal["services", "redis", "dlq", "listeners", "history", "audit", "session"]
    status: Level
    told: str
    problems: list[Wrong]


class Figure(Object):
    name: str
    labels: dict[Annotated[str, Field(description="label")], str]
    value: Number


class Checked(Object):
    status: Level
    areas: list[CheckedArea]
    figures: list[Figure]


class Summary(Object):
    ok: int
    warn: int
    fail: int


class Diagnosed(Object):
    area: str
    check: str
    state: Literal["ok", "warn", "fail"]
    message: str
    advice: str | None


class Diagnosis(Object):
    ok: bool
    summary: Summary
    checks: list[Diagnosed]


class ListedInstance(Object):
    url: str
    source: From
    expires_in_s: Number | None


class Service(Object):
    name: str
    configured: bool
    variable: str
    instances: list[ListedInstance]


class Services(Object):
    services: list[Service]


class Instance(Object, title="instance"):
    url: str
    state: Literal["healthy", "unhealthy", "expired", "unknown"]
    status: int | None
    latency_ms: Number | None
    circuit: Circuit
    source: From
    error: str | None
    open_for_s: Number | None


class ServiceHealth(Object):
    name: str
    state: Literal["healthy", "degraded", "unhealthy", "unknown"]
    instances: list[Instance]


class Health(Object):
    healthy: bool
    services: list[ServiceHealth]


class CircuitReset(Object):
    url: str
    was: Circuit


class Reset(Object):
    name: str
    instances: list[CircuitReset]


class Resolved(Object):
    name: str
    url: str
    source: From


class Registered(Object):
    name: str
    url: str
    outcome: Literal["registered", "renewed", "planned"]
    health_check: str = Field(alias="healthCheck")
    ttl: Number | None


class Deregistered(Object):
    name: str
    url: str
    outcome: Literal["deregistered", "planned"]


class Request(Object):
    service: str
    method: str
    path: str
    headers: dict[Annotated[str, Field(description="header")], str]
    body: str | None


class CallPlanned(Object):
    dry_run: Yes
    request: Request


class ActsFor(Object):
    sub: str
    email: str | None


class Claims(OpenObject):
    service: str
    scope: Literal["internal"]
    iat: int
    exp: int
    act: May[ActsFor] = None


class Issued(Object):
    token: str
    claims: Claims


class Verified(Object):
    valid: bool
    claims: dict[str, object] | None
    status: Annotated[Literal[200, 401, 403], Whole]
    error: str | None
