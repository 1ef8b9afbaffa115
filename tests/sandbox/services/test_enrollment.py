from __future__ import annotations

from typing import Any

import redis

from shema_cli.sandbox.system.assembly import System
from tests.support.sandbox import CallService, event
from tests.support.waiting import eventually


def test_enrollments_come_in_pages_that_add_up(call: CallService, sandbox_system: System) -> None:
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


def test_enrollments_are_filtered_by_course(call: CallService) -> None:
    found = call("enrollment", "GET", "/api/enrollments", params={"status": "pending", "course_id": "crs-02"}).json()
    assert {enrollment["course_id"] for enrollment in found["enrollments"]} == {"crs-02"}
    assert len(found["enrollments"]) == 5


def test_an_approval_is_planned_and_takes_a_seat(call: CallService, client: redis.Redis, heard: Any) -> None:
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
    call: CallService, client: redis.Redis, sandbox_system: System
) -> None:
    found = call("enrollment", "GET", "/api/enrollments", params={"status": "pending", "course_id": "crs-02"}).json()
    chosen = found["enrollments"][0]
    message = event("enrollment.approved", {"enrollmentId": chosen["id"], "studentId": chosen["student_id"]})
    for count in (1, 2):
        client.publish("enrollment.approved", message)
        for service in ("schedule", "course"):
            eventually(lambda: sandbox_system.logbook.of(service).get("handled") == count)  # noqa: B023
    assert call("course", "GET", "/api/courses/crs-02/capacity").json()["current_students"] == 11
    assert call("schedule", "GET", "/api/schedules/stats").json() == {"upcoming_count": 43}


def test_a_rejection_keeps_its_reason(call: CallService, client: redis.Redis) -> None:
    chosen = call("enrollment", "GET", "/api/enrollments", params={"status": "pending"}).json()["enrollments"][0]
    data = {"enrollmentId": chosen["id"], "studentId": chosen["student_id"], "reason": "kelas penuh"}
    client.publish("enrollment.rejected", event("enrollment.rejected", data))
    path = f"/api/enrollments/{chosen['id']}"
    eventually(lambda: call("enrollment", "GET", path).json()["status"] == "rejected")
    assert call("enrollment", "GET", path).json()["reason"] == "kelas penuh"


def test_version_1_1_has_a_handler_of_its_own_and_2_0_none(
    call: CallService, client: redis.Redis, sandbox_system: System
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
    assert "enrollment: Unsupported event version: 2.0" in sandbox_system.logbook.problems


def test_a_student_applies(call: CallService, heard: Any) -> None:
    body = {"student_id": "stu-0001", "course_id": "crs-01", "preferred_days": ["monday"]}
    made = call("enrollment", "POST", "/api/enrollments", json=body)
    assert made.status_code == 201
    created = heard("enrollment.created")
    assert created["eventType"] == "ENROLLMENT_CREATED"
    assert created["data"]["enrollmentId"] == made.json()["id"]
    assert created["data"]["preferredDays"] == ["monday"]
    assert call("enrollment", "GET", "/api/enrollments/stats").json() == {"pending_count": 25}


def test_a_full_course_takes_nobody(call: CallService) -> None:
    full = call("enrollment", "POST", "/api/enrollments", json={"student_id": "stu-0001", "course_id": "crs-05"})
    assert (full.status_code, full.json()) == (409, {"error": "COURSE_FULL"})


def test_without_the_course_service_nobody_can_apply(call: CallService, sandbox_system: System) -> None:
    sandbox_system.call(sandbox_system.set_fault("course", {"down": True}), 10)
    body = {"student_id": "stu-0001", "course_id": "crs-01"}
    away = call("enrollment", "POST", "/api/enrollments", json=body)
    assert (away.status_code, away.json()) == (503, {"error": "COURSE_SERVICE_UNAVAILABLE"})
