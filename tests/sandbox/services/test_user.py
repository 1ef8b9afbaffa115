from __future__ import annotations

from typing import Any

import pytest
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


def found(call: CallService, query: str, **more: str) -> list[str]:
    answer = call("user", "GET", "/api/users", params={"query": query, **more})
    return [user["id"] for user in answer.json()["users"]]


def test_users_are_listed_by_their_ids(call: CallService) -> None:
    listed = call("user", "GET", "/api/users", params={"ids": "stu-0002,nobody,stu-0001,stu-0002"}).json()["users"]
    assert [user["id"] for user in listed] == ["stu-0002", "stu-0001"]
    too_many = ",".join(f"stu-{number:04d}" for number in range(101))
    assert call("user", "GET", "/api/users", params={"ids": too_many}).status_code == 400
    assert call("user", "GET", "/api/users").status_code == 400


@pytest.mark.parametrize(
    ("query", "id"),
    [
        ("anggun handa", "stu-0001"),
        ("ZOE nguyen", "stu-0217"),
        ("\u5c71\u7530", "stu-0236"),
        ("muhammad.alhabsyi", "stu-0263"),
        ("shm-2026-0301", "stu-0217"),
    ],
)
def test_a_user_is_found_by_name_email_or_registration(call: CallService, query: str, id: str) -> None:
    assert found(call, query) == [id]


def test_a_user_is_found_by_phone(call: CallService, sandbox_system: System) -> None:
    phone = sandbox_system.school.users["stu-0007"]["phone"]
    assert found(call, f"0{phone.removeprefix('+62')}") == ["stu-0007"]
    assert found(call, f"+62 {phone[3:6]}-{phone[6:]}") == ["stu-0007"]
    assert found(call, "nobody at all") == []


def test_two_have_one_name_and_a_page_has_a_limit(call: CallService) -> None:
    assert found(call, "budi santoso") == ["stu-0090", "stu-0212"]
    assert found(call, "budi santoso", limit="1") == ["stu-0090"]
    assert call("user", "GET", "/api/users", params={"query": "a", "limit": "0"}).status_code == 400


def test_a_service_without_lists_still_knows_each_one(call: CallService, sandbox_system: System) -> None:
    for service in ("user", "course"):
        sandbox_system.call(sandbox_system.set_fault(service, {"no_lists": True}), 10)
    assert call("user", "GET", "/api/users", params={"ids": "stu-0001"}).status_code == 404
    assert call("user", "GET", "/api/users/stu-0001").json()["id"] == "stu-0001"
    assert call("course", "GET", "/api/courses").status_code == 404
    assert call("course", "GET", "/api/courses/crs-01").json()["title"] == "Piano Dasar"
