"""What the `services` commands hand back, and how it looks on a terminal (contract 2.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shema_cli.calls.discovery import Instance
from shema_cli.calls.registry import Registration
from shema_cli.errors import ExitCode, Unreachable
from shema_cli.services import views
from shema_cli.services.results import (
    HealthReport,
    HealthState,
    InstanceHealth,
    RegistryChange,
    RegistryOutcome,
    ServiceHealth,
    ServiceList,
    expires_in_s,
)
from shema_cli.settings.values import CORE_SERVICES
from tests.support.drawing import drawn, flat

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
WIDTHS = [40, 60, 80, 120]
DOWN = Unreachable("redis_unreachable", "Redis does not answer.", "start it")
H, D, U, E = HealthState.HEALTHY, HealthState.DEGRADED, HealthState.UNHEALTHY, HealthState.EXPIRED


def registered(name: str, url: str, *, left_s: float | None = 60, source: str = "registry") -> Instance:
    at = None if left_s is None else NOW - timedelta(seconds=90 - left_s)
    registration = Registration(name, url, "/health", at, None, None if left_s is None else 90, b"", b"")
    return Instance(name, url, source, registration=registration)


def health(state: HealthState, url: str = "http://chat:1", **more: Any) -> InstanceHealth:
    told: dict[str, Any] = {"status": 200, "latency_ms": 12, "circuit": "closed", "source": "config", "error": None}
    return InstanceHealth(url, state, **{**told, **more})


def report(*states: tuple[HealthState, ...], error: Unreachable | None = None) -> HealthReport:
    services = [ServiceHealth(f"s{n}", tuple(map(health, of_one))) for n, of_one in enumerate(states)]
    return HealthReport(services, error)


@pytest.mark.parametrize(
    ("states", "whole"),
    [((H,), H), ((H, H), H), ((H, E), H), ((H, U), D), ((U, U), U), ((U, E), U), ((E,), U), ((), U), ((D,), D)],
)
def test_a_service_is_as_well_as_its_instances(states: tuple[HealthState, ...], whole: HealthState) -> None:
    assert ServiceHealth("chat", tuple(map(health, states))).state == whole


@pytest.mark.parametrize(
    ("states", "error", "code"),
    [
        ([(H,), (H, E)], None, ExitCode.DONE),
        ([(H,), (H, U)], None, ExitCode.FAILED),
        ([(U,)], None, ExitCode.FAILED),
        ([(H,)], DOWN, ExitCode.UNREACHABLE),
        ([(U,)], DOWN, ExitCode.UNREACHABLE),
    ],
)
def test_how_a_look_ends(states: list[tuple[HealthState, ...]], error: Unreachable | None, code: ExitCode) -> None:
    found = report(*states, error=error)
    assert (found.exit_code, found.healthy) == (code, code is ExitCode.DONE)


def test_a_look_in_a_sentence_and_on_a_line() -> None:
    found = report((H,), (H, U), (U,), (H,))
    assert found.summary() == "4 services: 2 healthy, 1 degraded, 1 unhealthy"
    assert report((H,)).summary() == "1 service: 1 healthy"
    assert found.line() == "s0=healthy\ts1=degraded\ts2=unhealthy\ts3=healthy"


def test_what_is_wrong_without_being_a_matter_of_health() -> None:
    clocks = ServiceHealth("a", [health(H, "http://a:1", skew_s=65.0), health(H, "http://a:2", skew_s=-7200.0)])
    warnings = list(HealthReport([clocks, ServiceHealth("b", [health(H)])], DOWN).warnings())
    assert warnings == [
        "Redis does not answer: services that are only registered are not in this answer",
        "the clock of http://a:1 is 1m ahead of ours; tokens are good for 5 minutes",
        "the clock of http://a:2 is 2h behind ours; tokens are good for 5 minutes",
    ]


def test_the_core_services_come_first_and_each_once() -> None:
    listed = ServiceList(
        {"zither": [registered("zither", "http://z:1")], "chat": [Instance("chat", "u", "config")]}, NOW
    )
    assert listed.names == [*CORE_SERVICES, "zither"]
    (note,) = listed.notes()
    assert note.startswith("not configured: 7 of 9 services; set AUTH_SERVICE_URL")
    assert "CHAT_SERVICE_URL" not in note
    assert [row[0] for row in listed.table().rows] == listed.names
    assert listed.exit_code is ExitCode.DONE
    assert ServiceList({}, NOW, DOWN).exit_code is ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("instance", "left"),
    [
        (registered("a", "u", left_s=60.04), 60.0),
        (registered("a", "u", left_s=-5), -5.0),
        (registered("a", "u", left_s=None), None),
        (registered("a", "u", source="config"), None),
        (Instance("a", "u", "config"), None),
    ],
)
def test_only_a_registration_runs_out(instance: Instance, left: float | None) -> None:
    assert expires_in_s(instance, NOW) == left


def test_a_change_says_how_it_registered_only_where_it_did() -> None:
    gone = RegistryChange("a", "u", RegistryOutcome.DEREGISTERED)
    assert gone.document() == {"name": "a", "url": "u", "outcome": "deregistered"}
    here = RegistryChange("a", "u", RegistryOutcome.REGISTERED, "/health", None)
    assert here.document() == {"name": "a", "url": "u", "outcome": "registered", "healthCheck": "/health", "ttl": None}


# -- on a terminal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_every_service_is_listed_at_every_width(width: int) -> None:
    instances = {
        "chat": [Instance("chat", "http://c:3005", "config"), registered("chat", "http://d:3005")],
        "user": [registered("user", "http://user:1", left_s=-3600)],
    }
    shown = flat(views.listing(ServiceList(instances, NOW), width), width)
    for word in (
        "http://c:3005",
        "http://d:3005",
        "in1m",
        "expired1hago",
        "notconfigured:AUTH_SERVICE_URL",
    ):
        assert word in shown, word
    assert shown.count("notconfigured") == 6


@pytest.mark.parametrize("width", WIDTHS)
def test_every_instance_is_there_with_its_problem_at_every_width(width: int) -> None:
    services = [
        ServiceHealth(
            "chat",
            [health(H), health(U, "http://chat:2", status=503, circuit="open", error="answered 503", open_for_s=41.6)],
        ),
        ServiceHealth(
            "user", [health(U, "http://user:1", status=None, latency_ms=None, circuit="half_open", error="no answer")]
        ),
    ]
    shown = flat(views.health(HealthReport(services), width), width)
    for word in (
        "http://chat:1",
        "http://chat:2",
        "http://user:1",
        "answered503",
        "noanswer",
        "half-open",
        "12ms",
        "open,42smore",
    ):
        assert word in shown, word
    assert shown.startswith("○2services:1degraded,1unhealthy")


@pytest.mark.parametrize(
    ("states", "error", "mark"),
    [([(H,)], None, "●"), ([(H,), (H, U)], None, "◐"), ([(U,), (H, U)], None, "○"), ([(H,)], DOWN, "○")],
)
def test_the_verdict_is_that_of_the_worst(
    states: list[tuple[HealthState, ...]], error: Unreachable | None, mark: str
) -> None:
    assert drawn(views.health(report(*states, error=error), 80), 80)[0].startswith(mark)


@pytest.mark.parametrize("width", [60, 120])
def test_a_clock_that_is_off_is_told_where_nothing_worse_is(width: int) -> None:
    assert "clock+65s" in flat(views.health(HealthReport([ServiceHealth("a", [health(H, skew_s=65.0)])]), width), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_foreign_text_stays_text(width: int) -> None:
    hostile = "\x1b[2J\x9b\u202e[b]x[/b]"
    listed = ServiceList({hostile: [Instance(hostile, hostile, "config")]}, NOW)
    looked = HealthReport([ServiceHealth(hostile, [health(U, hostile, error=hostile)])])
    assert "[b]x[/b]" in flat(views.listing(listed, width), width)
    assert "[b]x[/b]" in flat(views.health(looked, width), width)


@pytest.mark.parametrize("width", [60, 80, 99])
def test_no_url_is_broken_where_a_line_of_its_own_would_hold_it(width: int) -> None:
    urls = [f"http://127.0.0.1:3446{n}" for n in range(2)]
    report = HealthReport([ServiceHealth("recommendation", [health(H, url) for url in urls])])
    lines = drawn(views.health(report, width), width)
    assert all(any(url in line for line in lines) for url in urls)
    assert ("circuit" in "".join(lines)) is (width > 60)
