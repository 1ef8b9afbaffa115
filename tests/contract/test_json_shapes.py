"""Every JSON shape of contract 2.3, to the key, as the commands print them in a live sandbox."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.app import tree
from shema_cli.documents.catalogue import AS_IT_COMES, DOCUMENTS
from shema_cli.documents.schema import documents_of, schema_of
from shema_cli.errors import ExitCode
from shema_cli.sandbox.system.assembly import System
from shema_cli.store import keys
from tests.contract.holding import BY_NAME, assert_document
from tests.events.history.writing import History
from tests.resend.support import payload, record
from tests.support.cli import Run, shema
from tests.support.history import Written
from tests.support.streaming import streaming
from tests.support.traces import Traces
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

DRILLS = ("sandbox drill", *(f"sandbox drill {more}" for more in ("NAME", "--check", "--hint", "--stop")))
HELD_ELSEWHERE = {"sandbox tour", *DRILLS}  # what takes long is played once for all, in tests/sandbox
STUDENT = "student@shema.test"
EVENT = json.dumps({"enrollmentId": "e1", "studentId": "s1"})
EVENT_OF_AN_UNKNOWN_VERSION = json.dumps({"eventType": "USER_UPDATED", "eventId": "evt_1", "version": "7", "data": {}})
PACKS, A_PACK, LONG = 44, 500, b"x" * 4000  # 88 MB, more than a tail keeps


def holds(found: Any, name: str) -> Any:
    """`found` is the document that the contract gives the command `name`; it is handed on."""
    assert_document(found, name)
    return found


@pytest.fixture
def run(sandbox: Mapping[str, str]) -> Any:
    def run_json(*argv: str, code: int = 0, stdin: bytes = b"") -> Any:
        done = shema(*argv, "-o", "json", env=sandbox, stdin=stdin)
        assert done.code == code, f"{argv}: {done.code}\n{done.out}\n{done.err}"
        return done.json

    return run_json


def first_pending(run: Any) -> str:
    return str(run("enrollments", "list", "--status", "pending", "--limit", "1")["enrollments"][0]["id"])


def until_it_is_planned(story: Any) -> Any:
    """A trace in which the class that an approval brings about stands already: nothing comes to it any more."""
    return holds(story, "trace") if any(event["summary"].startswith("class ") for event in story["events"]) else None


def test_every_command_has_a_document_and_every_document_is_held() -> None:
    commands = {node.path for node in tree().walk() if node.path and not node.children}
    named = {command for command in commands for name in BY_NAME if f"{name} ".startswith(f"{command} ")}
    assert commands <= named | set(AS_IT_COMES)
    calls = [node for node in ast.walk(ast.parse(Path(__file__).read_text())) if isinstance(node, ast.Call)]
    held = {c.args[1].value for c in calls if ast.unparse(c.func) == "holds" and isinstance(c.args[1], ast.Constant)}
    assert set(BY_NAME) == held | HELD_ELSEWHERE
    assert len(BY_NAME) == sum(len(document.names) for document in DOCUMENTS)


def test_dashboard(run: Any) -> None:
    holds(run("dashboard"), "dashboard")


def test_dashboard_watched(sandbox: Mapping[str, str], tmp_path: Path) -> None:
    with streaming("dashboard", "--watch", "0.2", env=sandbox, cwd=tmp_path) as watch:
        first, second = (holds(watch.line(), "dashboard --watch") for _ in range(2))
        assert first["timestamp"] < second["timestamp"]
        assert watch.interrupt() == ExitCode.INTERRUPTED


def test_enrollments(run: Any) -> None:
    listed = holds(run("enrollments", "list", "--status", "pending", "--limit", "2"), "enrollments list")
    assert len(listed["enrollments"]) == 2
    one = listed["enrollments"][0]["id"]
    assert "decision" not in holds(run("enrollments", "show", one), "enrollments show")
    planned = holds(run("enrollments", "approve", one, "--dry-run"), "enrollments approve")
    assert planned["summary"] == {"planned": 1}
    decided = holds(run("enrollments", "approve", one, "--yes"), "enrollments approve")
    assert decided["results"][0]["receivers"] >= 1
    assert decided["results"][0]["event_id"]
    shown = holds(run("enrollments", "show", one), "enrollments show")
    assert shown["decision"]["eventId"] == decided["results"][0]["event_id"]
    assert holds(run("enrollments", "list"), "enrollments list")
    assert run("enrollments", "approve", one, "--yes")["summary"] == {"already": 1}
    refused = run("enrollments", "reject", one, "--reason", "full", "--yes", code=ExitCode.REFUSED)
    assert holds(refused, "enrollments reject")["summary"] == {"conflict": 1}
    assert run("enrollments", "approve", "enr_nobody", "--yes", code=1)["summary"] == {"not_found": 1}


def test_enrollments_show_of_nothing(run: Any) -> None:
    holds(run("enrollments", "show", "enr_nobody", code=1), "any error")


def test_courses(run: Any, sandbox_system: System) -> None:
    assert holds(run("courses", "list"), "courses list")["courses"][4]["capacity"]["has_capacity"] is False
    assert holds(run("courses", "show", "crs-02"), "courses show")["pending"] == 5
    sandbox_system.call(sandbox_system.set_fault("course", {"down": True}), 10)
    unknown = holds(run("courses", "list", code=1), "courses list")
    assert unknown["sources"] == {"course": "unavailable", "enrollment": "answered"}


def test_find(run: Any) -> None:
    found = holds(run("find", "budi", "santoso"), "find")
    assert (len(found["people"]), len(found["enrollments"])) == (2, 3)
    assert holds(run("find", "chat-0001"), "find")["others"][0]["kind"] == "chat_session"
    assert holds(run("find", "nobody at all", code=1), "find")["people"] == []


def test_dead_letters(run: Any) -> None:
    listed = holds(run("dlq", "list"), "dlq list")
    assert listed["total"] >= 12
    for entry in listed["entries"]:
        shown = holds(run("dlq", "show", entry["id"]), "dlq show")
        assert ("entry" in shown) != ("raw" in shown)
    assert {entry["valid"] for entry in listed["entries"]} == {True, False}
    holds(run("dlq", "stats"), "dlq stats")


def test_dlq_ack_and_unack(run: Any) -> None:
    family = run("dlq", "stats")["by_error"][0]
    planned = holds(run("dlq", "ack", family["fingerprint"][:6], "--dry-run"), "dlq ack")
    assert (planned["outcome"], planned["entries"]) == ("planned", family["count"])
    words = ("dlq", "ack", family["fingerprint"], "--note", "moved", "--until", "2h", "--yes")
    assert holds(run(*words), "dlq ack")["outcome"] == "acknowledged"
    assert holds(run(*words), "dlq ack")["outcome"] == "renewed"
    assert holds(run("dlq", "ack", family["fingerprint"], "--yes"), "dlq ack")["outcome"] == "already"
    told = holds(run("dlq", "stats"), "dlq stats")
    assert told["acknowledged"]["entries"] == family["count"]
    known = [one for one in holds(run("dlq", "list"), "dlq list")["entries"] if one["acknowledged"]]
    assert {one["acknowledged"]["note"] for one in known} == {"moved"}
    assert holds(run("dlq", "show", known[0]["id"]), "dlq show")["acknowledged"]["state"] == "known"
    assert holds(run("dlq", "unack", family["fingerprint"], "--yes"), "dlq unack")["outcome"] == "unacknowledged"


def test_dlq_replay(run: Any) -> None:
    listed = run("dlq", "list")
    total, one = listed["total"], next(entry["id"] for entry in listed["entries"] if entry["valid"])
    missed = holds(run("dlq", "replay", one, "evt_nobody", "--dry-run"), "dlq replay --dry-run")
    assert missed["problems"][0]["outcome"] == "not_found"
    holds(run("dlq", "replay", "--all", "--dry-run"), "dlq replay --dry-run")
    assert run("dlq", "list")["total"] == total
    holds(run("dlq", "replay", "--all", "--yes", "--allow-unheard"), "dlq replay")
    assert run("dlq", "list")["total"] == run("dlq", "stats")["invalid"] > 0


def test_dlq_export_discard_import_and_recover(
    run: Any, sandbox: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    total = run("dlq", "list")["total"]
    export = tmp_path / "letters.ndjson"
    assert holds(run("dlq", "export", str(export)), "dlq export FILE")["exported"] == total
    lines = shema("dlq", "export", "-", "-o", "json", env=sandbox).lines
    assert [holds(line, "dlq export -") for line in lines] == list(map(json.loads, export.read_bytes().splitlines()))
    invalid = [e["id"] for e in run("dlq", "list", "--invalid")["entries"]]
    assert holds(run("dlq", "discard", *invalid, "--dry-run"), "dlq discard --dry-run")["discarded"] == 0
    discarded = holds(run("dlq", "discard", *invalid, "--yes"), "dlq discard")
    assert discarded["discarded"] == len(invalid)
    imported = holds(run("dlq", "import", str(export), "--yes"), "dlq import")
    assert imported == {"imported": len(invalid), "duplicates": total - len(invalid)}
    assert holds(run("dlq", "recover"), "dlq recover") == {"recovered": 0}


def test_runs(run: Any, sandbox: Mapping[str, str]) -> None:
    assert holds(run("dlq", "runs"), "dlq runs")["runs"] == []
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        names = [f"{keys.RUN_PREFIX}0123456789abcdef", keys.RUNS]
        client.hset(names[0], mapping={"state": "live", "started": 1, "began": 2, "of": 3})
        client.zadd(names[1], {"0123456789abcdef": (time.time() + 60) * 1000})
        try:
            assert holds(run("dlq", "runs"), "dlq runs")["runs"][0]["state"] == "running"
            planned = holds(run("dlq", "runs", "stop", "0123", "--dry-run"), "dlq runs stop")
            assert (planned["outcome"], planned["of"]) == ("planned", 3)
        finally:
            client.delete(*names)


def test_trace(run: Any, sandbox: Mapping[str, str], tmp_path: Path) -> None:
    one = first_pending(run)
    run("enrollments", "approve", one, "--yes")
    events = eventually(lambda: until_it_is_planned(run("trace", one)), what="the class in the history")["events"]
    assert {"enrollment", "decision", "audit", "person", "course"} <= {event["kind"] for event in events}
    letter = next(entry for entry in run("dlq", "list")["entries"] if entry["event_id"])
    assert "dead_letter" in {e["kind"] for e in holds(run("trace", letter["event_id"]), "trace")["events"]}
    assert holds(run("trace", "nobody", code=1), "any error")
    with streaming("trace", one, "--follow", env=sandbox, cwd=tmp_path) as follow:
        assert holds(follow.line(), "trace --follow")["subject"] == one
        assert [holds(follow.line(), "trace --follow") for _ in events] == events
        follow.note("following")
        run("enrollments", "approve", one, "--republish", "--yes")
        assert holds(follow.until("event"), "trace --follow")["source"] == "live"


def test_services(run: Any) -> None:
    health = holds(run("services", "health"), "services health")
    assert len(health["services"]) == 8
    assert health["healthy"] is True
    holds(run("services", "list"), "services list")
    assert holds(run("services", "resolve", "course"), "services resolve")["name"] == "course"
    assert holds(run("services", "reset", "course"), "services reset")["instances"][0]["was"] == "closed"


def test_services_that_are_not_well(run: Any, sandbox_system: System) -> None:
    sandbox_system.call(sandbox_system.set_fault("chat", {"down": True}), 20)
    health = holds(run("services", "health", code=1), "services health")
    assert {s["name"]: s["state"] for s in health["services"]}["chat"] == "unhealthy"
    looked = holds(run("dashboard", code=1), "dashboard")
    assert looked["sources"]["chat"]["error"]


def test_services_watched(sandbox: Mapping[str, str], tmp_path: Path) -> None:
    with streaming("services", "health", "course", "--watch", env=sandbox, cwd=tmp_path) as watch:
        assert holds(watch.line(), "services health --watch")["services"][0]["name"] == "course"
        assert watch.interrupt() == ExitCode.INTERRUPTED


def test_the_registry(run: Any) -> None:
    instance = ("practice", "http://127.0.0.1:4011")
    assert holds(run("services", "register", *instance, "--dry-run"), "services register")["outcome"] == "planned"
    assert holds(run("services", "register", *instance, "--ttl", "60", "--yes"), "services register")["ttl"] == 60
    holds(run("services", "list"), "services list")
    planned = holds(run("services", "deregister", *instance, "--dry-run"), "services deregister")
    assert planned["outcome"] == "planned"
    holds(run("services", "deregister", *instance, "--yes"), "services deregister")


def test_api(run: Any, sandbox: Mapping[str, str]) -> None:
    planned = run("api", "course", "/api/courses", "-d", "{}", "-H", "X-Why: because", "--dry-run")
    assert holds(planned, "api --dry-run")["request"]["headers"]
    assert shema("api", "course", "/api/courses/stats", "-o", "json", env=sandbox).json["count"] > 0


def test_users_and_tokens(run: Any, sandbox_system: System) -> None:
    email = sandbox_system.school.students()[0]["email"]
    assert holds(run("users", "show", email), "users show")["email"] == email
    assert holds(run("users", "show", email), "users show")["_cache"]["hit"] is True
    issued = holds(run("tokens", "issue"), "tokens issue")
    good = holds(run("tokens", "verify", "-", stdin=issued["token"].encode()), "tokens verify")
    assert good == {"valid": True, "claims": issued["claims"], "status": 200, "error": None}
    bad = holds(run("tokens", "verify", "x.y.z", code=1), "tokens verify")
    assert bad == {"valid": False, "claims": None, "status": 401, "error": "Invalid service token"}


def test_events(run: Any) -> None:
    holds(run("events", "types"), "events types")
    holds(run("events", "schema", "enrollment.approved"), "events schema")
    assert len(holds(run("events", "schema", "--asyncapi"), "events schema --asyncapi")["channels"]) == 12
    planned = run("events", "publish", "enrollment.approved", "--data", EVENT, "--dry-run")
    assert holds(planned, "events publish --dry-run")["receivers"] >= 1
    published = run("events", "publish", "enrollment.approved", "--data", EVENT, "--yes")
    assert holds(published, "events publish")["channel"] == "enrollment.approved"


def test_events_listeners(run: Any) -> None:
    heard = holds(run("events", "listeners"), "events listeners")["channels"]
    assert "schedule" in next(one["declared"] for one in heard if one["channel"] == "enrollment.approved")
    asked = holds(run("events", "listeners", "nobody.listens"), "events listeners")["channels"]
    assert [(one["channel"], one["listeners"]) for one in asked] == [("nobody.listens", 0)]


def test_events_missed(unrecorded: Mapping[str, str], run: Any) -> None:
    with redis.Redis.from_url(unrecorded["REDIS_URL"]) as client:
        history = History(client)
        history.begin(0)
        history.counts(0, enrollment_approved=5)
        history.counts(60, enrollment_approved=4)
        history.counts(90, enrollment_approved=5)
        history.names_from_here(200)
        history.event(201, 1)
        history.up(201.4, "schedule")
        history.down(220, "schedule")
        history.event(221, 2)
        found = holds(run("events", "missed", "schedule", code=1), "events missed")
        assert (found["total"], len(found["away"]), len(found["unknown"]), len(found["fewer"])) == (2, 2, 1, 1)
        assert holds(run("events", "missed", "nobody", "--channel", "*", code=1), "events missed")["never_seen"]


def test_events_resend(run: Any, unrecorded: Mapping[str, str]) -> None:
    with redis.Redis.from_url(unrecorded["REDIS_URL"]) as client:
        ids = record(client, [payload(1), ("nobody.listens", payload(2))])
    holds(run("events", "resend", *ids, "evt_nobody", "--dry-run"), "events resend --dry-run")
    resent = holds(run("events", "resend", *ids, "--yes", code=1), "events resend")
    assert (resent["resent"], resent["unheard"]) == (1, 1)


def test_a_chat_message_by_hand(run: Any) -> None:
    said = {"senderId": "adm-1", "senderRole": "admin", "senderName": "Ana", "message": "hello"}
    publish = ("events", "publish", "chat:session:s1", "--data", json.dumps(said), "--yes", "--allow-unheard")
    assert holds(run(*publish), "events publish")["event"]["message"] == "hello"


def test_an_event_that_nobody_hears(sandbox: Mapping[str, str], valkey: Valkey) -> None:
    elsewhere = {**sandbox, "REDIS_URL": valkey.url}
    done = shema("events", "publish", "enrollment.approved", "--data", EVENT, "--yes", "-o", "json", env=elsewhere)
    assert done.code == ExitCode.REFUSED
    holds(done.json, "any error")


def test_each_change_of_a_recorder(sandbox: Mapping[str, str], valkey: Valkey, tmp_path: Path) -> None:
    elsewhere = {**sandbox, "REDIS_URL": valkey.url}
    with streaming("events", "record", env=elsewhere, cwd=tmp_path) as recorder:
        assert holds(recorder.line(), "events record")["state"] == "recording"
        recorder.interrupt()


def test_each_kind_of_line_of_a_tail(sandbox: Mapping[str, str], tmp_path: Path) -> None:
    envelope = {"eventType": "USER_UPDATED", "eventId": f"evt_{'0' * 36}", "timestamp": "", "data": {}}
    strange = {**envelope, "version": "7", "eventId": "evt_1"}
    client = redis.Redis.from_url(sandbox["REDIS_URL"])
    with client, streaming("events", "tail", "contract.*", env=sandbox, cwd=tmp_path) as tail:
        tail.note("following")

        def line(payload: bytes) -> Any:
            client.publish("contract.test", payload)
            return holds(tail.line(), "events tail")

        assert line(json.dumps(envelope).encode())["kind"] == "event"
        assert line(json.dumps(envelope).encode())["duplicate"] is True
        assert line(json.dumps(strange).encode())["supported"] is False
        assert line(b"\xff")["payload"] == "\\xff"
        cut_off_tails(client)
        assert holds(tail.until("gap"), "events tail")["cause"]
        for _ in range(PACKS):
            pack = client.pipeline(transaction=False)
            for _ in range(A_PACK):
                pack.publish("contract.test", LONG)
            pack.execute()
        assert holds(tail.until("skipped"), "events tail")["count"] > 0


def test_each_kind_of_line_of_a_history(unrecorded: Mapping[str, str]) -> None:
    with redis.Redis.from_url(unrecorded["REDIS_URL"]) as client:
        written = Written(client)
        written.state(heard=10_000)
        written.gap(0, 9000)
        said = b'{"type":"new_message","message":"hello"}'
        strange = EVENT_OF_AN_UNKNOWN_VERSION.encode()
        for channel, payload in ((b"user.updated", strange), (b"user.updated", b"\xff"), (b"chat:session:s1", said)):
            written.message(9001, payload, channel)
        lines = shema("events", "history", "--until", "1970-01-02T00:00:00Z", "-o", "json", env=unrecorded).lines
        tail = ("events", "tail", "--since", "1970-01-01T00:00:00Z", "--limit", "3", "-o", "json")
        tailed = shema(*tail, env=unrecorded).lines
    assert [holds(line, "events history")["kind"] for line in lines] == ["gap", "event", "invalid", "chat", "gap"]
    assert [holds(line, "events tail")["kind"] for line in tailed] == ["gap", "event", "invalid", "chat"]


def cut_off_tails(client: redis.Redis) -> None:
    for connected in client.client_list():
        if connected["name"] == "shema-cli:tail":
            client.client_kill_filter(_id=connected["id"])


def test_a_conversation_tailed(run: Any, sandbox: Mapping[str, str], tmp_path: Path) -> None:
    said = {"senderId": "adm-1", "senderRole": "admin", "senderName": "Ana", "message": "hello"}
    with streaming("chat", "tail", "s1", "--limit", "1", env=sandbox, cwd=tmp_path) as tail:
        tail.note("following")
        run("events", "publish", "chat:session:s1", "--data", json.dumps(said), "--yes", "--allow-unheard")
        assert holds(tail.line(), "chat tail")["kind"] == "chat"


def test_audit(run: Any, sandbox: Mapping[str, str], tmp_path: Path) -> None:
    run("enrollments", "approve", first_pending(run), "--yes")
    listed = holds(run("audit", "list"), "audit list")["entries"]
    assert listed
    assert holds(run("audit", "verify"), "audit verify")["ok"] is True
    with streaming("audit", "list", "--follow", env=sandbox, cwd=tmp_path) as follow:
        assert holds(follow.line(), "audit list --follow") == listed[-1]
    client = redis.Redis.from_url(sandbox["REDIS_URL"])
    with client:
        client.xdel("{shema}:audit", listed[-1]["id"])
    assert holds(run("audit", "verify", code=1), "audit verify")["problems"]


def test_auth(run: Any, sandbox: Mapping[str, str], tmp_path: Path) -> None:
    status = holds(run("auth", "status"), "auth status")
    assert status["signed_in"] is True
    assert status["admin"] is True
    holds(run("auth", "token"), "auth token")
    elsewhere = {**sandbox, "SHEMA_STATE_DIR": str(tmp_path / "state")}
    login = ("auth", "login", "--email", "admin@shema.test", "--password-stdin", "-o", "json")
    assert holds(shema("auth", "status", "-o", "json", env=elsewhere).json, "auth status")["signed_in"] is False
    assert holds(shema(*login, env=elsewhere, stdin=b"admin-password\n").json, "auth login")["admin"] is True
    assert holds(shema("auth", "logout", "-o", "json", env=elsewhere).json, "auth logout")["signed_out"] is True


def test_admins(run: Any) -> None:
    assert holds(run("admins", "list"), "admins list")["admins"]
    assert holds(run("admins", "grant", STUDENT, "--dry-run"), "admins grant")["outcome"] == "planned"
    assert holds(run("admins", "grant", STUDENT, "--yes"), "admins grant")["outcome"] == "granted"
    assert holds(run("admins", "revoke", STUDENT, "--yes"), "admins revoke")["outcome"] == "revoked"
    assert holds(run("admins", "revoke", STUDENT, "--yes"), "admins revoke")["outcome"] == "already"


def test_config(base_env: dict[str, str]) -> None:
    def config(*argv: str) -> Any:
        done = shema("config", *argv, "-o", "json", env=base_env)
        assert done.code == 0
        return done.json

    assert holds(config("profiles"), "config profiles") == {"profiles": []}
    changed = config("set", "REDIS_URL", "redis://redis.staging:6379/0", "--profile", "staging")
    assert holds(changed, "config set")["key"] == "profiles.staging.REDIS_URL"
    assert holds(config("use", "staging"), "config use")["value"] == "staging"
    assert holds(config("profiles"), "config profiles")["profiles"][0]["default"] is True
    assert holds(config("show"), "config show")["profile"] == "staging"
    holds(config("path"), "config path")


def test_setup(base_env: dict[str, str]) -> None:
    for content, code in (
        (b"SERVICE_NAME=x\n", 0),
        (b"SERVICE_NAME=x\nSHEMA_OUTPUT=xml\n", 1),
        (b"SERVICE_NAME=x\nREDIS_ULR=x\n", 2),
    ):
        done = shema("setup", "p", "--from", "-", "--yes", "-o", "json", env=base_env, stdin=content)
        assert done.code == code
        assert holds(done.json, "setup")["written"] is (code == 0)


def test_completions_and_help(base_env: dict[str, str], tmp_path: Path) -> None:
    def document(*argv: str) -> Any:
        return shema(*argv, "-o", "json", env=base_env | {"HOME": str(tmp_path)}).json

    assert holds(document("completions", "install", "bash"), "completions install")["written"] is True
    assert holds(document("completions", "install", "bash"), "completions install")["written"] is False
    holds(document("help"), "help")
    holds(document("help", "output"), "help TOPIC")
    listed = holds(document("help", "json"), "help json")["documents"]
    assert [one["command"] for one in listed] == list(BY_NAME)
    for name in BY_NAME:
        assert holds(document("help", "json", *name.split()), "help json COMMAND") == schema_of(
            name, documents_of(name)
        )


def test_status(run: Any) -> None:
    found = holds(run("status", code=1), "status")
    assert [one["area"] for one in found["problems"]] == ["dlq"]
    assert found["unknown"] == []


def test_runbook(run: Any) -> None:
    found = holds(run("runbook"), "runbook")
    assert [one["name"] for one in found["cases"] if one["fits"]] == ["dead-letters"]
    assert holds(run("runbook", "dead-letters"), "runbook CASE")["steps"][0]["command"] == "shema dlq stats"


def test_check(run: Any) -> None:
    assert holds(run("check", code=1), "check")["status"] == "warning"


def test_doctor(sandbox: Mapping[str, str]) -> None:
    found = holds(shema("doctor", "-o", "json", env=sandbox).json, "doctor")
    assert sum(found["summary"].values()) == len(found["checks"])


def test_a_sandbox_of_ones_own(tmp_path: Path) -> None:
    traces = Traces(tmp_path)

    def outside(*argv: str) -> Run:
        ended = traces.shema(*argv, "-o", "json", check=False)
        return Run(ended.returncode, ended.stdout, ended.stderr)

    assert holds(outside("sandbox", "status").json, "sandbox status") == {"running": False}
    try:
        started = holds(outside("sandbox", "start").json, "sandbox start")
        assert holds(outside("sandbox", "env").json, "sandbox env").items() > started["environment"].items()
        faults = ("--latency", "1", "--error-rate", "0.5", "--hang", "--garbage", "--poison", "ENROLLMENT_APPROVED")
        assert len(holds(outside("sandbox", "fault", "course", *faults).json, "sandbox fault")["fault"]) == 5
        assert holds(outside("sandbox", "fault", "chat", "--down").json, "sandbox fault")["fault"] == {"down": True}
        holds(outside("sandbox", "status").json, "sandbox status")
        assert holds(outside("sandbox", "reset").json, "sandbox reset")["fault"] == {}
        lines = [holds(line, "sandbox traffic") for line in outside("sandbox", "traffic", "--for", "1.2").lines]
        assert [line["kind"] for line in lines] == ["second", "total"]
        assert holds(outside("sandbox", "status").json, "sandbox status")["channels"]
    finally:
        assert holds(outside("sandbox", "stop").json, "sandbox stop")["stopped"] is True
    traces.nothing_left()


@pytest.mark.parametrize(
    "argv",
    [
        ("dlq", "list"),
        ("enrollments", "list"),
        ("courses", "list"),
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
