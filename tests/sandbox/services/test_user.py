from __future__ import annotations

from typing import Any

import redis

from shema_cli.sandbox.system.assembly import System
from tests.support.sandbox import CallService
from tests.support.waiting import eventually


def test_a_user_is_found_by_email(call: CallService, sandbox_system: System) -> None:
    someone = sandbox_system.school.users["stu-0007"]
    assert call("user", "GET", "/api/users/by-email", params={"email": someone["email"]}).json() == someone
    none = call("user", "GET", "/api/users/by-email", params={"email": "nobody@shema.test"})
    assert (none.status_code, none.json()) == (404, {"error": "User not found"})


def test_an_edited_profile_is_told_and_forgotten_by_the_cache(
    call: CallService, client: redis.Redis, heard: Any
) -> None:
    email = call("user", "GET", "/api/users/stu-0007").json()["email"]
    call("auth", "GET", "/api/auth/users/by-email", params={"email": email})
    call("user", "PATCH", "/api/users/stu-0007", json={"city": "Solo", "role": "admin"})
    assert heard("user.updated")["data"] == {"userId": "stu-0007", "changes": {"city": "Solo"}}
    eventually(lambda: not client.exists(f"user:email:{email}"))
