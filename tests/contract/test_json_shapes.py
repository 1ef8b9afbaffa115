"""Every JSON shape of contract 2.3, to the key, as the commands print them in a live sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shema_cli.exit_codes import ExitCode
from shema_cli.sandbox.system.assembly import System
from tests.contract.shapes import ISO, NUMBER, AtLeast, Each, assert_shape, maybe
from tests.support.cli import Run, shema
from tests.support.valkey import Valkey

EVENT_ID = re.compile(r"evt_.+")
CIRCUIT = {"closed", "open", "half_open"}
ERROR = {"error": {"code": str, "message": str, "hint": maybe(str)}}
ENROLLMENT = AtLeast({"id": str, "student_id": str, "course_id": str, "status": {"pending", "approved", "rejected"}})

SOURCE = {
    "state": {"live", "stale", "unavailable"},
    "as_of": maybe(ISO),
    "age_s": maybe(NUMBER),
    "duration_ms": maybe(NUMBER),
    "request_id": maybe(re.compile(r"req_\d{13}_[a-z0-9]{9}")),
    "circuit": CIRCUIT,
    "error": maybe({"code": str, "message": str}),
}
DASHBOARD = {
    "stats": dict.fromkeys(
        ("total_students", "pending_enrollments", "active_chats", "total_courses", "upcoming_classes"), maybe(int)
    ),
    "timestamp": ISO,
    "sources": dict.fromkeys(("user", "enrollment", "chat", "course", "schedule"), SOURCE),
}
DECISIONS = {
    "results": [
        {"enrollment_id": str, "outcome": str, "event_id": maybe(EVENT_ID), "receivers": maybe(int), "message": str}
    ],
    "summary": Each(int),
}
DEAD_LETTER = {
    "id": re.compile(r"[0-9a-f]{12}"),
    "index": int,
    "event_type": maybe(str),
    "event_id": maybe(str),
    "channel": maybe(str),
    "error": maybe(str),
    "failed_at": maybe(str),
    "age_s": maybe(NUMBER),
    "replays": int,
    "valid": bool,
    "reason": maybe(str),
}
DLQ_STATS = {
    "total": int,
    "invalid": int,
    "oldest": maybe(str),
    "newest": maybe(str),
    "by_type": Each(int),
    "by_error": [{"fingerprint": str, "count": int, "example": maybe(str), "first": maybe(str), "last": maybe(str)}],
}
REPLAY = {
    **dict.fromkeys(("replayed", "unheard", "skipped", "invalid", "failed", "bounced", "remaining"), int),
    "problems": [{"id": str, "outcome": str, "message": str}],
}
ENVELOPE = {"eventType": str, "eventId": EVENT_ID, "timestamp": ISO, "version": {"1.0"}, "data": dict}
ENVELOPE_SCHEMA = dict.fromkeys(("eventType", "eventId", "timestamp", "version", "data"), dict)
HEALTH = {
    "healthy": bool,
    "services": [
        {
            "name": str,
            "state": {"healthy", "degraded", "unhealthy"},
            "instances": [
                {
                    "url": str,
                    "state": {"healthy", "unhealthy", "expired"},
                    "status": maybe(int),
                    "latency_ms": maybe(NUMBER),
                    "circuit": CIRCUIT,
                    "source": {"config", "registry"},
                    "error": maybe(str),
                }
            ],
        }
    ],
}
SERVICES = {
    "services": [
        {
            "name": str,
            "configured": bool,
            "variable": str,
            "instances": [{"url": str, "source": {"config", "registry"}, "expires_in_s": maybe(NUMBER)}],
        }
    ]
}
AUTH_STATUS = {
    "signed_in": bool,
    "email": maybe(str),
    "uid": maybe(str),
    "admin": bool,
    "project": maybe(str),
    "emulator": bool,
    "expires_at": maybe(str),
    "storage": maybe(str),
}
AUDIT_ENTRY = AtLeast(
    dict.fromkeys(
        (
            *("at", "actor", "actorEmail", "profile", "command", "action"),
            *("target", "eventId", "reason", "requestId", "prev", "hash"),
        ),
        str,
    )
)


@pytest.fixture
def run(sandbox: Mapping[str, str]) -> Any:
    def run_json(*argv: str, code: int = 0, stdin: bytes = b"") -> Any:
        done = shema(*argv, "-o", "json", env=sandbox, stdin=stdin)
        assert done.code == code, f"{argv}: {done.code}\n{done.out}\n{done.err}"
        return done.json

    return run_json


def first_pending(run: Any) -> str:
    return str(run("enrollments", "list", "--status", "pending", "--limit", "1")["enrollments"][0]["id"])


def test_dashboard(run: Any) -> None:
    assert_shape(run("dashboard"), DASHBOARD)


def test_enrollments(run: Any) -> None:
    listed = run("enrollments", "list", "--status", "pending", "--limit", "2")
    assert_shape(listed, {"enrollments": [ENROLLMENT], "next_cursor": maybe(str)})
    assert len(listed["enrollments"]) == 2
    one = listed["enrollments"][0]["id"]
    assert_shape(run("enrollments", "show", one), ENROLLMENT)
    planned = run("enrollments", "approve", one, "--dry-run")
    assert_shape(planned, DECISIONS)
    assert planned["summary"] == {"planned": 1}
    decided = run("enrollments", "approve", one, "--yes")
    assert_shape(decided, DECISIONS)
    assert decided["results"][0]["receivers"] >= 1
    assert decided["results"][0]["event_id"]
    shown = run("enrollments", "show", one)
    decision = dict.fromkeys(("decision", "eventId", "actor", "actorEmail", "at", "reason"), str)
    assert_shape(shown["decision"], AtLeast(decision))
    assert run("enrollments", "approve", one, "--yes")["summary"] == {"already": 1}
    refused = run("enrollments", "reject", one, "--reason", "full", "--yes", code=ExitCode.REFUSED)
    assert refused["summary"] == {"conflict": 1}
    assert run("enrollments", "approve", "enr_nobody", "--yes", code=1)["summary"] == {"not_found": 1}


def test_enrollments_show_of_nothing(run: Any) -> None:
    assert_shape(run("enrollments", "show", "enr_nobody", code=1), ERROR)


def test_dead_letters(run: Any) -> None:
    listed = run("dlq", "list")
    assert_shape(listed, {"entries": [DEAD_LETTER], "total": int, "shown": int})
    assert listed["total"] >= 12
    valid = next(entry for entry in listed["entries"] if entry["valid"])
    invalid = next(entry for entry in listed["entries"] if not entry["valid"])
    assert_shape(run("dlq", "show", valid["id"]), AtLeast(DEAD_LETTER | {"entry": AtLeast({"event": dict})}))
    assert_shape(run("dlq", "show", invalid["id"]), AtLeast(DEAD_LETTER))
    assert_shape(run("dlq", "stats"), DLQ_STATS)


def test_dlq_replay(run: Any) -> None:
    total = run("dlq", "list")["total"]
    assert_shape(run("dlq", "replay", "--all", "--dry-run"), AtLeast(REPLAY))
    assert run("dlq", "list")["total"] == total
    assert_shape(run("dlq", "replay", "--all", "--yes", "--allow-unheard"), REPLAY)
    assert run("dlq", "list")["total"] == run("dlq", "stats")["invalid"] > 0


def test_dlq_export_discard_import_and_recover(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    total = run("dlq", "list")["total"]
    export = tmp_path / "letters.ndjson"
    assert run("dlq", "export", str(export)) is not None
    invalid = [e["id"] for e in run("dlq", "list", "--invalid")["entries"]]
    discarded = run("dlq", "discard", *invalid, "--yes")
    assert_shape(discarded, {"discarded": int, "export": str})
    assert discarded["discarded"] == len(invalid)
    imported = run("dlq", "import", str(export), "--yes")
    assert imported == {"imported": len(invalid), "duplicates": total - len(invalid)}
    assert run("dlq", "recover") == {"recovered": 0}


def test_services(run: Any) -> None:
    health = run("services", "health")
    assert_shape(health, AtLeast({"healthy": bool}))
    assert len(health["services"]) == 8
    assert health["healthy"] is True
    listed = run("services", "list")
    assert_shape(listed, SERVICES)
    assert_shape(
        run("services", "resolve", "course"), {"name": {"course"}, "url": str, "source": {"config", "registry"}}
    )


def test_health_names_what_the_contract_names(run: Any) -> None:
    instance = run("services", "health")["services"][0]["instances"][0]
    assert_shape(instance, AtLeast(HEALTH["services"][0]["instances"][0]))  # type: ignore[index]


def test_users_and_tokens(run: Any, sandbox_system: System) -> None:
    email = sandbox_system.school.students()[0]["email"]
    shown = run("users", "show", email)
    assert_shape(shown, AtLeast({"email": str, "_cache": {"hit": bool, "expires_in_s": maybe(NUMBER)}}))
    assert run("users", "show", email)["_cache"]["hit"] is True
    issued = run("tokens", "issue")
    assert_shape(
        issued, {"token": str, "claims": AtLeast({"service": str, "scope": {"internal"}, "iat": int, "exp": int})}
    )
    assert_shape(
        run("tokens", "verify", "-", stdin=issued["token"].encode()),
        {"valid": {True}, "claims": dict, "status": {200}, "error": None},
    )
    bad = run("tokens", "verify", "x.y.z", code=1)
    assert bad == {"valid": False, "claims": None, "status": 401, "error": "Invalid service token"}


def test_events(run: Any) -> None:
    types = run("events", "types")
    assert_shape(types, {"events": [{"channel": str, "event_type": str, "versions": [str], "fields": [str]}]})
    assert_shape(
        run("events", "schema", "enrollment.approved"),
        AtLeast({"type": {"object"}, "properties": AtLeast(ENVELOPE_SCHEMA)}),
    )
    data = json.dumps({"enrollmentId": "e1", "studentId": "s1"})
    published = run("events", "publish", "enrollment.approved", "--data", data, "--yes")
    assert_shape(published, {"event": ENVELOPE, "channel": {"enrollment.approved"}, "receivers": int})


def test_an_event_that_nobody_hears(sandbox: Mapping[str, str], valkey: Valkey) -> None:
    data = json.dumps({"enrollmentId": "e1", "studentId": "s1"})
    elsewhere = {**sandbox, "REDIS_URL": valkey.url}
    done = shema("events", "publish", "enrollment.approved", "--data", data, "--yes", "-o", "json", env=elsewhere)
    assert done.code == ExitCode.REFUSED
    assert_shape(done.json, ERROR)


def test_audit(run: Any) -> None:
    run("enrollments", "approve", first_pending(run), "--yes")
    assert_shape(run("audit", "list"), {"entries": [AUDIT_ENTRY]})
    assert_shape(run("audit", "verify"), {"ok": {True}, "checked": int, "problems": [dict]})


def test_auth(run: Any) -> None:
    status = run("auth", "status")
    assert_shape(status, AUTH_STATUS)
    assert status["signed_in"] is True
    assert status["admin"] is True
    admins = run("admins", "list")
    assert_shape(admins, {"admins": [{"uid": str, "email": str, "disabled": bool, "last_sign_in": maybe(str)}]})


@pytest.mark.parametrize(
    "argv",
    [
        ("dlq", "list"),
        ("enrollments", "list"),
        ("services", "list"),
        ("events", "types"),
        ("audit", "list"),
        ("dashboard",),
    ],
)
def test_csv_has_the_columns_of_the_table(sandbox: Mapping[str, str], argv: tuple[str, ...]) -> None:
    as_csv: Run = shema(*argv, "-o", "csv", env=sandbox)
    as_rows: Run = shema(*argv, env=sandbox)
    assert as_csv.code == as_rows.code == 0
    assert len(as_csv.out.splitlines()) == len(as_rows.out.splitlines()) + 1
