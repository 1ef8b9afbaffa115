"""A question may stand for an hour: who may no longer change anything when it is answered changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from shema_cli.store import keys
from tests.support.http import Answer, HttpServer
from tests.support.signed_in import disable, serve_identity, signed_in
from tests.support.subscriber import Listener
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey


@pytest.fixture
def identity() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


@pytest.fixture
def service() -> Iterator[HttpServer]:
    """Every service there is: one whose enrollments are pending, in a course with seats."""
    with HttpServer() as server:
        pending = {"id": "e1", "student_id": "s1", "course_id": "c1", "status": "pending"}
        seats = {"has_capacity": True, "current_students": 0, "max_students": 9}
        server.on("GET", "/api/enrollments/e1", Answer(json=pending))
        server.on("GET", "/api/courses/c1/capacity", Answer(json=seats))
        yield server


@pytest.mark.parametrize(
    "words",
    [
        ("enrollments", "approve", "e1"),
        ("enrollments", "reject", "e1", "--reason", "full"),
        ("events", "publish", "user.updated", "--data", '{"userId":"u1","changes":{}}'),
        ("services", "register", "user", "http://127.0.0.1:9"),
        ("api", "user", "/x", "-X", "POST"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_yes_of_somebody_who_was_disabled_meanwhile_changes_nothing(
    words: tuple[str, ...],
    identity: HttpServer,
    service: HttpServer,
    valkey: Valkey,
    redis_client: redis.Redis,
    base_env: dict[str, str],
    tmp_path: Path,
) -> None:
    env = base_env | signed_in(f"127.0.0.1:{identity.port}") | {
        "HOME": str(tmp_path),
        "REDIS_URL": valkey.url,
        "SERVICE_JWT_SECRET": "s" * 32,
        **{f"{name}_SERVICE_URL": service.url for name in ("USER", "ENROLLMENT", "COURSE")},
    }  # fmt: skip
    with Listener(valkey.port, patterns=("*",)) as heard, Terminal(*words, env=env, columns=120) as screen:
        screen.wait("Go on? [y/N]")
        disable(identity)
        screen.keys("y\r")
        assert screen.end() == 4, screen.text
        assert "the session has ended: the account is disabled; nothing was changed" in screen.text
        assert [message for message in heard.heard if not message.channel.startswith("shema")] == []
    assert redis_client.keys(f"{keys.DECISION_PREFIX}*") == []
    assert redis_client.keys(f"{keys.REGISTRY_PREFIX}*") == []
    assert redis_client.xlen(keys.AUDIT) == 0
    assert not [request for request in service.requests if request.method == "POST"]
