"""The services' own examples, run by Node with their own libraries, against the sandbox and the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import shema
from tests.support.node import Node, need_node
from tests.support.waiting import eventually

PROGRAM = Path(__file__).with_name("seed_examples.cjs")


@pytest.fixture
def node(sandbox: dict[str, str]) -> Iterator[Node]:
    need_node("redis", "jsonwebtoken")
    program = Node(PROGRAM, environment=sandbox)
    yield program
    program.close()


def pending(sandbox: dict[str, str], count: int = 1) -> list[dict[str, Any]]:
    argv = ("enrollments", "list", "--status", "pending", "--course", "crs-02", "--limit", str(count), "--json")
    found: list[dict[str, Any]] = shema(*argv, env=sandbox).json["enrollments"]
    return found


def test_service_tokens_hold_in_both_directions(node: Node, sandbox: dict[str, str]) -> None:
    verdict = shema("tokens", "verify", node.ask("token"), "--json", env=sandbox)
    assert (verdict.code, verdict.json["claims"]["service"]) == (0, "node")
    token = shema("tokens", "issue", "--json", env=sandbox).json["token"]
    status, claims = node.ask("validate", authorization=f"Bearer {token}")
    assert (status, claims["service"], claims["act"]["email"]) == (200, "shema-cli", "admin@shema.test")
    assert node.ask("validate", authorization=f"Bearer {token}x") == [401, {"error": "Invalid service token"}]
    assert node.ask("validate") == [401, {"error": "Service token required"}]


def test_capacity_is_answered_to_node(node: Node) -> None:
    assert node.ask("capacity", courseId="crs-02") == {"current_students": 10, "max_students": 12}
    assert node.ask("capacity", courseId="crs-05") == {"error": "COURSE_FULL"}
    assert node.ask("capacity", courseId="no-such") == {"error": "COURSE_SERVICE_UNAVAILABLE"}


def test_what_node_approves_the_sandbox_carries_out(node: Node, sandbox: dict[str, str]) -> None:
    chosen = pending(sandbox)[0]
    event = node.ask("approve", enrollmentId=chosen["id"], studentId=chosen["student_id"])
    created = node.hears(eventType="SCHEDULE_CREATED")["heard"]
    assert created["data"]["enrollmentId"] == event["data"]["enrollmentId"]
    shown = shema("enrollments", "show", chosen["id"], "--json", env=sandbox).json
    assert shown["status"] == "approved"


def test_what_the_command_line_approves_node_hears(node: Node, sandbox: dict[str, str]) -> None:
    chosen = pending(sandbox)[0]
    result = shema("enrollments", "approve", chosen["id"], "--yes", "--json", env=sandbox).json["results"][0]
    heard = node.hears(eventType="ENROLLMENT_APPROVED")["heard"]
    assert heard["eventId"] == result["event_id"]
    assert heard["data"] == {"enrollmentId": chosen["id"], "studentId": chosen["student_id"]}
    assert result["receivers"] == 5  # four services and Node


def test_chat_goes_both_ways(node: Node, sandbox: dict[str, str]) -> None:
    message = {"sender_id": "a", "sender_role": "admin", "sender_name": "Ayu", "message": "halo 🎻", "sent_at": "now"}
    node.ask("chat", sessionId="chat-0001", message=message)
    heard = node.hears(type="new_message", sessionId="chat-0001")["heard"]
    assert heard["message"] == "halo 🎻"
    path = "/api/chat/sessions/chat-0001"
    archive = lambda: shema("api", "chat", path, env=sandbox).json["messages"]  # noqa: E731
    eventually(lambda: archive()[-1]["senderName"] == "Ayu")
    body = {name: message[name] for name in ("sender_id", "sender_role", "sender_name", "message")}
    said = shema("api", "chat", f"{path}/messages", "-X", "POST", "-d", json.dumps(body), "--yes", env=sandbox)
    assert said.code == 0
    node.hears(senderName="Ayu", sessionId="chat-0001", timestamp=said.json["timestamp"])


def test_a_dead_letter_that_node_pushed_is_replayed_to_node_as_it_was(
    node: Node, sandbox: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the export of what is discarded goes there
    assert shema("dlq", "discard", "--all", "--yes", env=sandbox).code == 0
    chosen = pending(sandbox)[0]
    node.ask("break", on=True)
    published = node.ask("approve", enrollmentId=chosen["id"], studentId=chosen["student_id"])
    listing = lambda: shema("dlq", "list", "--json", env=sandbox).json["entries"]  # noqa: E731
    eventually(listing)
    entry = listing()[0]
    assert (entry["event_id"], entry["error"]) == (published["eventId"], "Timeout after 5000ms")
    node.ask("break", on=False)
    assert shema("dlq", "replay", entry["id"], "--yes", env=sandbox).code == 0
    assert json.loads(node.hears(eventId=published["eventId"])["raw"]) == published
    assert listing() == []
