from __future__ import annotations

import json

import redis

from shema_cli.sandbox.system.assembly import System
from tests.support.sandbox import CallService


def test_the_auth_service_remembers_users_for_five_minutes(
    call: CallService, client: redis.Redis, sandbox_system: System
) -> None:
    someone = dict(sandbox_system.school.users["stu-0007"])
    ask = lambda: call("auth", "GET", "/api/auth/users/by-email", params={"email": someone["email"]})  # noqa: E731
    assert ask().json() == someone
    key = f"user:email:{someone['email']}"
    assert json.loads(client.get(key) or b"") == someone
    assert 290 < int(client.ttl(key)) <= 300
    sandbox_system.call(sandbox_system.set_fault("user", {"down": True}), 10)
    assert ask().json() == someone
    client.delete(key)
    assert (ask().status_code, ask().json()) == (503, {"error": "USER_SERVICE_UNAVAILABLE"})
