from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shema_cli.errors import ExitCode
from shema_cli.sandbox.process.running import RunningSandbox
from shema_cli.sandbox.results import (
    Environment,
    PartChanged,
    PlayedStep,
    SandboxStatus,
    Started,
    SystemStatus,
    Toured,
    TrafficReport,
)
from shema_cli.sandbox.system.control_client import SystemDocument, TrafficDocument

RUNNING = RunningSandbox(
    folder=Path("/tmp/x"),
    pid=7,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    control_url="http://127.0.0.1:1",
    control_token="hidden-token",
    environment={"REDIS_URL": "redis://127.0.0.1:2/0", "SERVICE_JWT_SECRET": "hidden secret"},
)
TOLD: SystemDocument = {
    "services": [{"name": "user", "url": "http://a", "up": False, "fault": {"down": True}}],
    "redis": {"url": "redis://b", "up": True, "fault": {}},
    "firebase": {"url": "http://c", "up": True, "fault": {"latency_ms": 300, "error_rate": 0.25}},
    "history": {"url": "redis://b", "up": True, "fault": {}, "state": "standing by", "entries": 3},
    "channels": {},
    "problems": [],
    "begun_at": "2026-01-01T00:00:00.000Z",
}


def test_what_has_started_is_told_without_its_secret() -> None:
    assert Started(RUNNING).document() == {
        "running": True,
        "pid": 7,
        "profile": "sandbox",
        "started_at": "2026-01-01T00:00:00.000Z",
        "environment": {"REDIS_URL": "redis://127.0.0.1:2/0"},
    }
    assert "hidden" not in repr(RUNNING)


def test_the_environment_is_quoted_for_a_shell() -> None:
    assert list(Environment(RUNNING.environment).lines()) == [
        "export REDIS_URL=redis://127.0.0.1:2/0",
        "export SERVICE_JWT_SECRET='hidden secret'",
    ]


def test_the_status_of_all_parts_and_of_none() -> None:
    status = SandboxStatus(SystemStatus(RUNNING, TOLD))
    assert status.exit_code is ExitCode.DONE
    assert list(status.table().rows) == [
        ("user", "down", "down", "http://a"),
        ("redis", "up", "", "redis://b"),
        ("firebase", "up", "latency 300 ms, fails 25%", "http://c"),
        ("history", "standing by", "", "redis://b"),
    ]
    none = SandboxStatus(None)
    assert (none.exit_code, none.document(), list(none.table().rows)) == (ExitCode.FAILED, {"running": False}, [])
    assert list(none.notes()) == ["No sandbox is running: shema sandbox start"]


def test_a_part_without_a_fault_says_none() -> None:
    assert list(PartChanged("chat", {}).table().rows) == [("chat", "none")]
    assert PartChanged("chat", {"hang": True}).document() == {"target": "chat", "fault": {"hang": True}}


@pytest.mark.parametrize(
    ("kind", "failed", "code"),
    [("second", 3, ExitCode.DONE), ("total", 3, ExitCode.FAILED), ("total", 0, ExitCode.DONE)],
)
def test_traffic_fails_by_its_total_alone(kind: str, failed: int, code: ExitCode) -> None:
    told: TrafficDocument = {
        "kind": kind,
        "seconds": 1.5,
        "events": 4,
        "refused": 0,
        "failed": failed,
        "by_kind": {"booking": 1, "chat": 3},
    }
    report = TrafficReport(told)
    assert report.exit_code is code
    problems = ", 0 refused, 3 failed" if failed else ""
    assert report.line() == f"{kind:6}    1.5 s  4 events{problems}  booking 1 · chat 3"


def test_a_tour_fails_when_a_step_ended_otherwise() -> None:
    well, ill = PlayedStep("A", (("true", 0),), True), PlayedStep("B", (("false", 1),), False)
    assert Toured((well,)).exit_code is ExitCode.DONE
    assert Toured((well, ill)).exit_code is ExitCode.FAILED
    assert list(Toured((well, ill)).table().rows) == [("A", "true", 0), ("B", "false", 1)]
