"""What the services answer and how they react, over real HTTP and a real Redis."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import redis

from shema_cli.calls.tokens import issue
from shema_cli.sandbox.system.assembly import System
from tests.sandbox.conftest import eventually

Call = Callable[..., httpx.Response]


@pytest.fixture
def call(sandbox: dict[str, str]) -> Iterator[Call]:
    """`call("course", "GET", "/api/…")` with a service token."""
    with httpx.Client() as client:

        def make(service: str, method: str, path: str, **options: Any) -> httpx.Response:
            token, _ = issue(sandbox["SERVICE_JWT_SECRET"], "test", None, datetime.now(UTC))
            headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
            base = sandbox[f"{service.upper()}_SERVICE_URL"]
            return client.request(method, base + path, headers=headers, timeout=10, **options)

        yield make


@pytest.fixture
def client(sandbox: dict[str, str]) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as connection:
        yield connection


@pytest.fixture
def heard(client: redis.Redis) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Wait for a message whose channel begins with the text; the decoded payload."""
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.psubscribe("*")
    while client.pubsub_numpat() < 1:
        time.sleep(0.01)
    got: list[tuple[str, dict[str, Any]]] = []

    def wait(channel: str) -> dict[str, Any]:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            for index, (name, payload) in enumerate(got):
                if name.startswith(channel):
                    del got[index]
                    return payload
            if message := subscription.get_message(timeout=1):
                got.append((message["channel"].decode(), json.loads(message["data"])))
        raise AssertionError(f"nothing on {channel}; heard {[name for name, _ in got]}")

    yield wait
    subscription.close()


def event(channel: str, data: dict[str, Any], version: str | None = "1.0") -> str:
    document = {
        "eventType": channel.upper().replace(".", "_"),
        "eventId": "evt_test",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "version": version,
        "data": data,
    }
    return json.dumps({name: value for name, value in document.items() if value is not None})


# -- the answers of contract 1.2 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "path", "answer"),
    [
        ("user", "/api/users/stats", {"student_count": 320}),
        ("enrollment", "/api/enrollments/stats", {"pending_count": 24}),
        ("chat", "/api/chat/stats", {"active_count": 9}),
        ("course", "/api/courses/stats", {"count": 14}),
        ("schedule", "/api/schedules/stats", {"upcoming_count": 42}),
        ("course", "/api/courses/crs-02/capacity", {"has_capacity": True, "current_students": 10, "max_students": 12}),
        ("course", "/api/courses/crs-05/capacity", {"has_capacity": False, "current_students": 20, "max_students": 20}),
    ],
)
def test_the_calls_of_the_dashboard_and_of_capacity(call: Call, service: str, path: str, answer: object) -> None:
    assert call(service, "GET", path).json() == answer


def test_a_user_is_found_by_email(call: Call, sandbox_system: System) -> None:
    someone = sandbox_system.school.users["stu-0007"]
    assert call("user", "GET", "/api/users/by-email", params={"email": someone["email"]}).json() == someone
    none = call("user", "GET", "/api/users/by-email", params={"email": "nobody@shema.test"})
    assert (none.status_code, none.json()) == (404, {"error": "User not found"})


def test_enrollments_come_in_pages_that_add_up(call: Call, sandbox_system: System) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        params = {"status": "pending", "limit": "7", "cursor": cursor}
        page = call("enrollment", "GET", "/api/enrollments", params=params).json()
        seen += [enrollment["id"] for enrollment in page["enrollments"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    pending = [e["id"] for e in sandbox_system.school.enrollments.values() if e["status"] == "pending"]
    assert len(seen) == 24
    assert sorted(seen) == sorted(pending)


def test_enrollments_are_filtered_by_course(call: Call) -> None:
    found = call("enrollment", "GET", "/api/enrollments", params={"status": "pending", "course_id": "crs-02"}).json()
    assert {enrollment["course_id"] for enrollment in found["enrollments"]} == {"crs-02"}
    assert len(found["enrollments"]) == 5


@pytest.mark.parametrize(
    "params", [{"status": "lost"}, {"limit": "0"}, {"limit": "x"}, {"cursor": "?!"}, {"limit": "²"}]
)
def test_a_query_that_makes_no_sense_is_a_400(call: Call, params: dict[str, str]) -> None:
    assert call("enrollment", "GET", "/api/enrollments", params=params).status_code == 400


# -- service tokens ---------------------------------------------------------------------------------------------------


def test_only_health_is_open(sandbox: dict[str, str]) -> None:
    urls = [url for name, url in sandbox.items() if name.endswith("_SERVICE_URL")]
    assert len(urls) == 8
    with httpx.Client() as client:
        for url in urls:
            assert client.get(f"{url}/health").status_code == 200
            answer = client.get(f"{url}/api/anything")
            assert (answer.status_code, answer.json()) == (401, {"error": "Service token required"})


def test_tokens_are_checked_as_the_seed_checks_them(sandbox: dict[str, str]) -> None:
    import jwt

    secret, now = sandbox["SERVICE_JWT_SECRET"], datetime.now(UTC)

    def answer(token: str) -> tuple[int, object]:
        url = f"{sandbox['USER_SERVICE_URL']}/api/users/stats"
        reply = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, verify=False)
        return reply.status_code, reply.json()

    claims = {"service": "x", "iat": now, "exp": now + timedelta(minutes=5)}
    invalid = (401, {"error": "Invalid service token"})
    assert answer(jwt.encode({**claims, "scope": "public"}, secret)) == (403, {"error": "Invalid token scope"})
    assert answer(jwt.encode({**claims, "scope": "internal"}, "another" * 8)) == invalid
    assert answer(jwt.encode({**claims, "scope": "internal", "exp": now - timedelta(seconds=1)}, secret)) == invalid
    assert answer(jwt.encode({**claims, "scope": "internal"}, "", algorithm="none")) == invalid
    assert answer(jwt.encode({**claims, "scope": "internal"}, secret)) == (200, {"student_count": 320})


# -- enrollments and what follows from a decision ---------------------------------------------------------------------


def test_an_approval_is_planned_and_takes_a_seat(call: Call, client: redis.Redis, heard: Any) -> None:
    enrollment = call("enrollment", "GET", "/api/enrollments", params={"status": "pending", "course_id": "crs-02"})
    chosen = enrollment.json()["enrollments"][0]
    data = {"enrollmentId": chosen["id"], "studentId": chosen["student_id"]}
    client.publish("enrollment.approved", event("enrollment.approved", data))
    created = heard("schedule.created")
    assert created["version"] == "1.0"
    assert set(created["data"]) == {"scheduleId", "enrollmentId", "courseId", "startsAt"}
    assert (created["data"]["enrollmentId"], created["data"]["courseId"]) == (chosen["id"], "crs-02")
    assert call("enrollment", "GET", f"/api/enrollments/{chosen['id']}").json()["status"] == "approved"
    eventually(lambda: call("course", "GET", "/api/courses/crs-02/capacity").json()["current_students"] == 11)
    assert call("schedule", "GET", "/api/schedules/stats").json() == {"upcoming_count": 43}


def test_the_same_approval_twice_is_one_lesson_and_one_seat(
    call: Call, client: redis.Redis, sandbox_system: System
) -> None:
    found = call("enrollment", "GET", "/api/enrollments", params={"status": "pending", "course_id": "crs-02"}).json()
    chosen = found["enrollments"][0]
    message = event("enrollment.approved", {"enrollmentId": chosen["id"], "studentId": chosen["student_id"]})
    for count in (1, 2):
        client.publish("enrollment.approved", message)
        for service in ("schedule", "course"):
            eventually(lambda: sandbox_system.journal.of(service).get("handled") == count)  # noqa: B023
    assert call("course", "GET", "/api/courses/crs-02/capacity").json()["current_students"] == 11
    assert call("schedule", "GET", "/api/schedules/stats").json() == {"upcoming_count": 43}


def test_a_rejection_keeps_its_reason(call: Call, client: redis.Redis) -> None:
    chosen = call("enrollment", "GET", "/api/enrollments", params={"status": "pending"}).json()["enrollments"][0]
    data = {"enrollmentId": chosen["id"], "studentId": chosen["student_id"], "reason": "kelas penuh"}
    client.publish("enrollment.rejected", event("enrollment.rejected", data))
    path = f"/api/enrollments/{chosen['id']}"
    eventually(lambda: call("enrollment", "GET", path).json()["status"] == "rejected")
    assert call("enrollment", "GET", path).json()["reason"] == "kelas penuh"


def test_version_1_1_has_a_handler_of_its_own_and_2_0_none(
    call: Call, client: redis.Redis, sandbox_system: System
) -> None:
    first, second = call("enrollment", "GET", "/api/enrollments", params={"status": "pending"}).json()["enrollments"][
        :2
    ]
    data = {"enrollmentId": second["id"], "studentId": second["student_id"]}
    client.publish("enrollment.approved", event("enrollment.approved", data, "2.0"))
    data = {"enrollmentId": first["id"], "studentId": first["student_id"], "approvedBy": "admin-1"}
    client.publish("enrollment.approved", event("enrollment.approved", data, "1.1"))
    path = f"/api/enrollments/{first['id']}"
    eventually(lambda: call("enrollment", "GET", path).json().get("approved_by") == "admin-1")
    assert call("enrollment", "GET", f"/api/enrollments/{second['id']}").json()["status"] == "pending"
    assert "enrollment: Unsupported event version: 2.0" in sandbox_system.journal.problems


def test_a_student_applies(call: Call, heard: Any) -> None:
    body = {"student_id": "stu-0001", "course_id": "crs-01", "preferred_days": ["monday"]}
    made = call("enrollment", "POST", "/api/enrollments", json=body)
    assert made.status_code == 201
    created = heard("enrollment.created")
    assert created["eventType"] == "ENROLLMENT_CREATED"
    assert created["data"]["enrollmentId"] == made.json()["id"]
    assert created["data"]["preferredDays"] == ["monday"]
    assert call("enrollment", "GET", "/api/enrollments/stats").json() == {"pending_count": 25}


def test_a_full_course_takes_nobody(call: Call) -> None:
    full = call("enrollment", "POST", "/api/enrollments", json={"student_id": "stu-0001", "course_id": "crs-05"})
    assert (full.status_code, full.json()) == (409, {"error": "COURSE_FULL"})


def test_without_the_course_service_nobody_can_apply(call: Call, sandbox_system: System) -> None:
    sandbox_system.call(sandbox_system.set_fault("course", {"down": True}), 10)
    body = {"student_id": "stu-0001", "course_id": "crs-01"}
    away = call("enrollment", "POST", "/api/enrollments", json=body)
    assert (away.status_code, away.json()) == (503, {"error": "COURSE_SERVICE_UNAVAILABLE"})


# -- bookings ---------------------------------------------------------------------------------------------------------


def slot(call: Call, course: str, slot_id: str) -> str:
    slots = call("course", "GET", f"/api/courses/{course}/slots").json()["slots"]
    return str(next(slot["status"] for slot in slots if slot["id"] == slot_id))


def book(call: Call, hold_s: float) -> tuple[dict[str, Any], str, str]:
    slots = call("course", "GET", "/api/courses/crs-01/slots").json()["slots"]
    first, second = [slot["id"] for slot in slots if slot["status"] == "available"][:2]
    body = {"user_id": "stu-0001", "course_id": "crs-01", "hold_s": hold_s}
    choices = {"first_choice_slot_id": first, "second_choice_slot_id": second}
    made = call("booking", "POST", "/api/bookings", json=body | choices)
    assert made.status_code == 201, made.text
    eventually(lambda: slot(call, "crs-01", first) == slot(call, "crs-01", second) == "reserved")
    return made.json(), first, second


def test_a_booking_that_expires_gives_both_slots_back(call: Call, heard: Any) -> None:
    booking, first, second = book(call, 0.5)
    assert "version" not in heard("booking.created")
    expired = heard("booking.expired")
    ids = {"bookingId": booking["id"], "firstChoiceSlotId": first, "secondChoiceSlotId": second}
    assert expired["data"] == ids
    assert "version" not in expired
    eventually(lambda: slot(call, "crs-01", first) == slot(call, "crs-01", second) == "available")


def test_a_booking_that_is_confirmed_keeps_one(call: Call, heard: Any) -> None:
    booking, first, second = book(call, 600)
    call("booking", "POST", f"/api/bookings/{booking['id']}/confirm", json={"slot_id": second})
    assert heard("booking.confirmed")["data"] == {"bookingId": booking["id"], "slotId": second}
    eventually(lambda: slot(call, "crs-01", second) == "booked")
    assert slot(call, "crs-01", first) == "available"
    again = call("booking", "POST", f"/api/bookings/{booking['id']}/confirm", json={"slot_id": first})
    assert again.status_code == 409


def test_a_course_seen_before_stands_in_for_its_service(call: Call, sandbox_system: System) -> None:
    book(call, 600)
    sandbox_system.call(sandbox_system.set_fault("course", {"error_rate": 1.0}), 10)
    body = {"user_id": "stu-0002", "course_id": "crs-01"}
    choices = {"first_choice_slot_id": "slot-0003", "second_choice_slot_id": "slot-0004"}
    assert call("booking", "POST", "/api/bookings", json=body | choices).status_code == 201
    body["course_id"] = "crs-09"  # never seen
    assert call("booking", "POST", "/api/bookings", json=body | choices).status_code == 503


# -- chat, users, the cache -------------------------------------------------------------------------------------------


def test_a_message_goes_to_its_channel_and_into_the_archive(call: Call, heard: Any) -> None:
    who = {"sender_id": "stu-0001", "sender_role": "student", "sender_name": "Ayu"}
    call("chat", "POST", "/api/chat/sessions/chat-0001/messages", json={**who, "message": "halo 🎻"})
    message = heard("chat:session:chat-0001")
    assert set(message) == {"type", "sessionId", "senderId", "senderRole", "senderName", "message", "timestamp"}
    assert (message["type"], message["message"]) == ("new_message", "halo 🎻")
    kept = lambda: call("chat", "GET", "/api/chat/sessions/chat-0001").json()["messages"]  # noqa: E731
    eventually(lambda: kept()[-1]["message"] == "halo 🎻")


def test_closing_a_conversation(call: Call, heard: Any) -> None:
    call("chat", "POST", "/api/chat/sessions/chat-0001/close", json={"closed_by": "admin-1"})
    assert heard("chat.session.closed")["data"] == {"sessionId": "chat-0001", "closedBy": "admin-1"}
    assert call("chat", "GET", "/api/chat/stats").json() == {"active_count": 8}


def test_the_auth_service_remembers_users_for_five_minutes(
    call: Call, client: redis.Redis, sandbox_system: System
) -> None:
    someone = dict(sandbox_system.school.users["stu-0007"])
    ask = lambda: call("auth", "GET", "/api/auth/users/by-email", params={"email": someone["email"]})  # noqa: E731
    assert ask().json() == someone
    key = f"user:email:{someone['email']}"
    assert json.loads(client.get(key) or b"") == someone  # type: ignore[arg-type]
    assert 290 < int(client.ttl(key)) <= 300  # type: ignore[arg-type]
    sandbox_system.call(sandbox_system.set_fault("user", {"down": True}), 10)
    assert ask().json() == someone
    client.delete(key)
    assert (ask().status_code, ask().json()) == (503, {"error": "USER_SERVICE_UNAVAILABLE"})


def test_an_edited_profile_is_told_and_forgotten_by_the_cache(call: Call, client: redis.Redis, heard: Any) -> None:
    email = call("user", "GET", "/api/users/stu-0007").json()["email"]
    call("auth", "GET", "/api/auth/users/by-email", params={"email": email})
    call("user", "PATCH", "/api/users/stu-0007", json={"city": "Solo", "role": "admin"})
    assert heard("user.updated")["data"] == {"userId": "stu-0007", "changes": {"city": "Solo"}}
    eventually(lambda: not client.exists(f"user:email:{email}"))


def test_services_register_themselves_with_a_ttl(sandbox: dict[str, str], client: redis.Redis) -> None:
    entry = json.loads(client.hget("{shema}:registry:course", sandbox["COURSE_SERVICE_URL"]) or b"")  # type: ignore[arg-type]
    assert (entry["healthCheck"], entry["ttl"], entry["lastCheck"]) == ("/health", 30, None)


# -- the consumer's rule ----------------------------------------------------------------------------------------------


def test_an_event_that_cannot_be_handled_is_tried_three_times_and_buried_as_it_came(
    client: redis.Redis, sandbox_system: System
) -> None:
    client.delete("events:dead_letter")
    odd = '{"eventType":"ENROLLMENT_APPROVED",  "big":9007199254740993, "data":{"enrollmentId":"no-such"}}'
    client.publish("enrollment.approved", odd)
    eventually(lambda: client.llen("events:dead_letter") == 3)  # enrollment, course and schedule
    entries: list[bytes] = client.lrange("events:dead_letter", 0, -1)  # type: ignore[assignment]
    for stored in entries:
        assert stored.startswith(b'{"event":' + odd.encode() + b',"error":')
        assert set(json.loads(stored)) == {"event", "error", "failedAt"}
    tried = [problem for problem in sandbox_system.journal.problems if "Enrollment no-such not found" in problem]
    assert [text.split("(")[1][:11] for text in tried if text.startswith("enrollment:")] == [
        "attempt 1/3", "attempt 2/3", "attempt 3/3",
    ]  # fmt: skip


def test_the_pauses_between_attempts_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from shema_cli.clock import SystemClock
    from shema_cli.sandbox.services.bus import Bus
    from shema_cli.sandbox.system.journal import Journal

    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def fails(event: dict[str, Any]) -> None:
        raise ValueError("no")

    async def bury(payload: bytes, error: str) -> None:
        pauses.append(-1)

    # The bus's own name for asyncio, not asyncio's sleep, by which a sandbox on another thread lives.
    monkeypatch.setattr("shema_cli.sandbox.services.bus.asyncio", SimpleNamespace(sleep=sleep))
    bus = Bus("redis://127.0.0.1:1", "test", SystemClock(), Journal())
    monkeypatch.setattr(bus, "_bury", bury)
    asyncio.run(bus._attempt("a.b", b"{}", fails))
    assert pauses == [2.0, 4.0, -1]
