"""What the services answer and do, all eight of them in this process (contract 1.2, 1.3, 1.4)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shema_cli.calls.tokens import issue
from shema_cli.events.catalogue import schema
from shema_cli.sandbox.services.web import request
from shema_cli.store import keys
from tests.sandbox.services.town import NOW, SECRET, Town, announced


@pytest.fixture
def town() -> Town:
    return Town()


def pending(town: Town, course: str) -> dict[str, Any]:
    rows = town.school.enrollments.values()
    return next(dict(row) for row in rows if (row["status"], row["course_id"]) == ("pending", course))


# -- who is let in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/health", "", 200),
        ("/api/users/stats", "", 401),
        ("/api/users/stats", "nonsense", 401),
        ("/api/users/stats", issue("another-secret-of-thirty-two-bytes!", "x", None, NOW)[0], 401),
        ("/api/users/stats", issue(SECRET, "x", None, NOW - timedelta(hours=1))[0], 401),
        ("/api/users/stats", issue(SECRET, "x", None, NOW)[0], 200),
        ("/api/nothing", issue(SECRET, "x", None, NOW)[0], 404),
    ],
)
async def test_only_health_is_open(town: Town, path: str, token: str, status: int) -> None:
    answer = await town.ask("user", "GET", path, token=token)
    assert answer.status == status
    if status >= 400:
        assert isinstance(answer.body, dict)
        assert set(answer.body) == {"error"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (None, "The body is not JSON"),
        ({}, "Missing: student_id, course_id"),
        ({"student_id": "s", "course_id": ""}, "Missing: course_id"),
        ({"student_id": 5, "course_id": "c"}, "Missing: student_id"),
    ],
)
async def test_a_body_that_makes_no_sense_is_a_400(town: Town, body: dict[str, object] | None, error: str) -> None:
    answer = await town.ask("enrollment", "POST", "/api/enrollments", body)
    assert (answer.status, answer.body) == (400, {"error": error})


async def test_an_answer_from_inside_tells_what_was_made(town: Town) -> None:
    made = await town.ask("chat", "POST", "/api/chat/sessions", {"student_id": "stu-0001"})
    assert (made.status, made.made) == (201, "chat-0015")
    assert (await town.ask("chat", "GET", "/api/chat/sessions/none")).made is None

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"<html>"})

    garbage = await request(broken, "GET", "/", "")
    assert (garbage.status, garbage.body, garbage.made) == (200, None, None)


# -- enrollments -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["1", "7", "200"])
async def test_pages_add_up_to_everything_newest_first(town: Town, limit: str) -> None:
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await town.ask(
            "enrollment", "GET", "/api/enrollments", query={"status": "pending", "limit": limit, "cursor": cursor}
        )
        page: Any = answer.body
        seen += page["enrollments"]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert len({one["id"] for one in seen}) == len(seen) == 24
    assert [one["created_at"] for one in seen] == sorted((one["created_at"] for one in seen), reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"limit": "²"},
        {"cursor": "?!"},
        {"cursor": "YQ=="},
    ],
)
async def test_a_query_that_makes_no_sense_is_a_400(town: Town, query: dict[str, str]) -> None:
    assert (await town.ask("enrollment", "GET", "/api/enrollments", query=query)).status == 400


async def test_an_approval_takes_a_seat_and_plans_a_lesson_once_however_often_it_is_told(town: Town) -> None:
    chosen = pending(town, "crs-02")
    before: Any = (await town.ask("course", "GET", "/api/courses/crs-02/capacity")).body
    event = announced("enrollment.approved", {"enrollmentId": chosen["id"], "studentId": chosen["student_id"]})
    for _ in range(2):
        await town.hear("enrollment.approved", event)
    after: Any = (await town.ask("course", "GET", "/api/courses/crs-02/capacity")).body
    assert after["current_students"] == before["current_students"] + 1
    assert town.school.enrollments[chosen["id"]]["status"] == "approved"
    (planned,) = town.data_on("schedule.created")
    assert (planned["enrollmentId"], planned["courseId"]) == (chosen["id"], "crs-02")
    assert (await town.ask("schedule", "GET", f"/api/schedules/{planned['scheduleId']}")).status == 200
    rejected = announced("enrollment.rejected", {**event["data"], "reason": "full"})  # type: ignore[dict-item]
    await town.hear("enrollment.rejected", rejected)
    assert town.school.enrollments[chosen["id"]].get("reason") == "full"
    assert (await town.ask("course", "GET", "/api/courses/crs-02/capacity")).body == before


@pytest.mark.parametrize(
    ("version", "status", "by"),
    [("1.0", "approved", None), ("1.1", "approved", "ana"), (None, "approved", None), ("2.0", "pending", None)],
)
async def test_each_version_has_its_handler(town: Town, version: str | None, status: str, by: str | None) -> None:
    chosen = pending(town, "crs-02")
    data = {"enrollmentId": chosen["id"], "studentId": chosen["student_id"], "approvedBy": "ana"}
    await town.hear("enrollment.approved", announced("enrollment.approved", data, version))
    row = town.school.enrollments[chosen["id"]]
    assert (row["status"], row.get("approved_by")) == (status, by)
    unsupported = [problem for problem in town.logbook.problems if "Unsupported event version: 2.0" in problem]
    assert bool(unsupported) is (version == "2.0")


@pytest.mark.parametrize(
    ("course", "away", "status", "error"),
    [
        ("crs-01", False, 201, None),
        ("crs-05", False, 409, "COURSE_FULL"),
        ("crs-99", False, 404, "Course not found"),
        ("crs-01", True, 503, "COURSE_SERVICE_UNAVAILABLE"),
    ],
)
async def test_who_applies_is_taken_where_there_is_a_seat(
    town: Town, course: str, away: bool, status: int, error: str | None
) -> None:
    town.away = {"course"} if away else set()
    answer = await town.ask("enrollment", "POST", "/api/enrollments", {"student_id": "stu-0001", "course_id": course})
    assert answer.status == status
    if error:
        assert (answer.body, town.published) == ({"error": error}, [])
    else:
        (created,) = town.data_on("enrollment.created")
        assert created["enrollmentId"] == answer.made
        assert town.school.enrollments[str(answer.made)]["status"] == "pending"


# -- bookings --------------------------------------------------------------------------------------------------------


async def booked(town: Town, **more: object) -> tuple[str, str, str]:
    """A booking and its two slots, which were free."""
    first, second = [s["id"] for s in town.school.slots.values() if s["status"] == "available"][:2]
    body = {
        "user_id": "stu-0001",
        "course_id": "crs-01",
        "first_choice_slot_id": first,
        "second_choice_slot_id": second,
    }
    made = await town.ask("booking", "POST", "/api/bookings", {**body, **more})
    assert made.status == 201, made.body
    return str(made.made), first, second


def slots(town: Town, *ids: str) -> list[str]:
    return [town.school.slots[id]["status"] for id in ids]


async def test_a_booking_holds_two_slots_and_keeps_the_one_that_is_confirmed(town: Town) -> None:
    id, first, second = await booked(town)
    assert slots(town, first, second) == ["reserved", "reserved"]
    wrong = await town.ask("booking", "POST", f"/api/bookings/{id}/confirm", {"slot_id": "slot-9999"})
    assert wrong.status == 400
    done = await town.ask("booking", "POST", f"/api/bookings/{id}/confirm", {"slot_id": second})
    assert done.status == 200
    assert slots(town, first, second) == ["available", "booked"]
    again = await town.ask("booking", "POST", f"/api/bookings/{id}/confirm", {"slot_id": second})
    assert (again.status, again.body) == (409, {"error": "The booking is confirmed"})
    assert all("version" not in document for channel, document in town.published if channel.startswith("booking."))


async def test_a_booking_that_nobody_confirms_in_time_gives_both_slots_back(town: Town) -> None:
    id, first, second = await booked(town, hold_s=60)
    town.clock.advance(59)
    await town.services["booking"].tick()
    assert slots(town, first, second) == ["reserved", "reserved"]
    town.clock.advance(1)
    for _ in range(2):
        await town.services["booking"].tick()
    assert slots(town, first, second) == ["available", "available"]
    assert [one["bookingId"] for one in town.data_on("booking.expired")] == [id]


@pytest.mark.parametrize("hold_s", [0, -1, True, "60", 86_401, None])
async def test_slots_are_held_for_a_day_at_most(town: Town, hold_s: object) -> None:
    body = dict.fromkeys(("user_id", "first_choice_slot_id", "second_choice_slot_id"), "x")
    answer = await town.ask("booking", "POST", "/api/bookings", {**body, "course_id": "crs-01", "hold_s": hold_s})
    assert (answer.status, town.data_on("booking.created")) == (400, [])


async def test_a_course_that_was_seen_is_remembered_while_its_service_is_away(town: Town) -> None:
    await booked(town)
    town.away = {"course"}
    await booked(town)
    assert any("using cached data" in problem for problem in town.logbook.problems)
    unseen = {"user_id": "u", "course_id": "crs-02", "first_choice_slot_id": "a", "second_choice_slot_id": "b"}
    assert (await town.ask("booking", "POST", "/api/bookings", unseen)).status == 503
    town.away = set()
    assert (await town.ask("booking", "POST", "/api/bookings", {**unseen, "course_id": "crs-99"})).status == 404


# -- lessons, people, conversations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code", "attended"), [("present", 201, 1), ("absent", 201, 0), ("late", 400, 0)])
async def test_attendance_is_counted_by_whoever_keeps_the_people(
    town: Town, status: str, code: int, attended: int
) -> None:
    lesson = next(iter(town.school.schedules.values()))
    body = {"student_id": lesson["student_id"], "status": status}
    answer = await town.ask("schedule", "POST", f"/api/schedules/{lesson['id']}/attendance", body)
    assert answer.status == code
    assert town.school.users[lesson["student_id"]].get("lessons_attended", 0) == attended


async def test_only_what_may_be_edited_of_a_person_is(town: Town) -> None:
    body = {"city": "Bandung", "role": "admin", "id": "x"}
    answer: Any = await town.ask("user", "PATCH", "/api/users/stu-0001", body)
    assert (answer.body["city"], answer.body["role"], answer.body["id"]) == ("Bandung", "student", "stu-0001")
    assert town.data_on("user.updated") == [{"userId": "stu-0001", "changes": {"city": "Bandung"}}]


async def test_an_email_is_one_person_s_whatever_its_case(town: Town) -> None:
    body = {"name": "Sari", "email": "SARI@new.test"}
    made = await town.ask("user", "POST", "/internal/users", body)
    assert made.status == 201
    assert (await town.ask("user", "POST", "/internal/users", {**body, "email": "sari@NEW.test"})).status == 409
    found: Any = await town.ask("user", "GET", "/api/users/by-email", query={"email": "Sari@New.test"})
    assert found.body["id"] == made.made
    assert (await town.ask("user", "GET", "/api/users/by-email", query={"email": "nobody@x.test"})).status == 404


async def test_who_asks_for_people_remembers_them_until_they_change(town: Town) -> None:
    email = town.school.users["stu-0001"]["email"]
    first: Any = await town.ask("auth", "GET", "/api/auth/users/by-email", query={"email": email})
    assert first.body["id"] == "stu-0001"
    town.away = {"user"}
    again = await town.ask("auth", "GET", "/api/auth/users/by-email", query={"email": email})
    assert again.body == first.body
    unknown = await town.ask("auth", "GET", "/api/auth/users/by-email", query={"email": "other@x.test"})
    assert (unknown.status, unknown.body) == (503, {"error": "USER_SERVICE_UNAVAILABLE"})
    town.away = set()
    await town.ask("user", "PATCH", "/api/users/stu-0001", {"city": "Solo"})
    fresh: Any = await town.ask("auth", "GET", "/api/auth/users/by-email", query={"email": email})
    assert fresh.body["city"] == "Solo"


async def test_a_conversation_is_archived_by_its_channel_until_it_is_closed(town: Town) -> None:
    id = str((await town.ask("chat", "POST", "/api/chat/sessions", {"student_id": "stu-0003"})).made)
    said = {"sender_id": "stu-0003", "sender_role": "student", "sender_name": "S", "message": "hai"}
    for _ in range(3):
        assert (await town.ask("chat", "POST", f"/api/chat/sessions/{id}/messages", said)).status == 201
    shown: Any = (await town.ask("chat", "GET", f"/api/chat/sessions/{id}")).body
    assert [one["message"] for one in shown["messages"]] == ["hai"] * 3
    for _ in range(2):
        assert (await town.ask("chat", "POST", f"/api/chat/sessions/{id}/close", {"closed_by": "ana"})).status == 200
    assert len(town.data_on("chat.session.closed")) == 1
    assert town.school.users["stu-0003"]["last_chat_at"] == "2026-03-01T08:00:00.000Z"
    late = await town.ask("chat", "POST", f"/api/chat/sessions/{id}/messages", said)
    assert (late.status, late.body) == (409, {"error": "The session is closed"})
    listed: Any = (await town.ask("chat", "GET", "/api/chat/sessions")).body
    assert all("messages" not in session for session in listed["sessions"])


async def test_what_is_asked_for_most_is_recommended(town: Town) -> None:
    for _ in range(9):
        await town.hear("enrollment.created", announced("enrollment.created", {"courseId": "crs-07"}))
    answer: Any = (await town.ask("recommendation", "GET", "/api/recommendations/stu-0001")).body
    assert [course["id"] for course in answer["courses"]] == ["crs-07", "crs-01", "crs-03"]
    await town.hear("enrollment.moved", announced("enrollment.moved", {}))
    assert any("Unknown enrollment event: ENROLLMENT_MOVED" in problem for problem in town.logbook.problems)


async def test_everything_that_the_services_publish_is_in_the_catalogue(town: Town) -> None:
    await booked(town)
    id = (await town.ask("chat", "POST", "/api/chat/sessions", {"student_id": "stu-0003"})).made
    said = {"sender_id": "stu-0003", "sender_role": "student", "sender_name": "S", "message": "hai"}
    await town.ask("chat", "POST", f"/api/chat/sessions/{id}/messages", said)
    await town.ask("chat", "POST", f"/api/chat/sessions/{id}/close", {"closed_by": "ana"})
    await town.ask("enrollment", "POST", "/api/enrollments", {"student_id": "stu-0001", "course_id": "crs-01"})
    chosen = pending(town, "crs-02")
    data = {"enrollmentId": chosen["id"], "studentId": chosen["student_id"]}
    await town.hear("enrollment.approved", announced("enrollment.approved", data))
    await town.ask("user", "PATCH", "/api/users/stu-0001", {"city": "Solo"})
    published = {channel for channel, _ in town.published}
    expected = {"booking.created", "enrollment.created", "schedule.created", "user.updated", "chat.session.closed"}
    assert published == expected | {f"chat:session:{id}"}
    for channel, document in town.published:
        Draft202012Validator(schema(channel)).validate(document)


# -- what cannot be handled ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        b'{"eventType":"ENROLLMENT_APPROVED",  "big":9007199254740993, "data":{"enrollmentId":"no-such"}}',
        b'{"eventType":"ENROLLMENT_APPROVED"}',
        b"[1,2]",
        b'{"data":[]}',
    ],
)
async def test_what_cannot_be_handled_is_tried_three_times_and_buried_as_it_came(town: Town, payload: bytes) -> None:
    bus = town.services["enrollment"].bus
    handler = town.services["enrollment"].subscriptions()["enrollment.rejected"]
    await bus._attempt("enrollment.rejected", payload, handler)
    stored: Any = await bus.client.lrange(keys.DEAD_LETTERS, 0, -1)
    assert [raw.startswith(b'{"event":' + payload + b',"error":') for raw in stored] == [True]
    assert set(json.loads(stored[0])) == {"event", "error", "failedAt"}
    assert town.logbook.of("enrollment") == {"problems": 3, "dead_letters": 1}
    assert [problem.split("(")[1][:11] for problem in town.logbook.problems] == [f"attempt {n}/3" for n in (1, 2, 3)]


async def test_what_is_not_json_is_not_even_buried(town: Town) -> None:
    await town.services["user"].bus._attempt(
        "user.updated", b"{", town.services["user"].subscriptions()["schedule.created"]
    )
    assert town.logbook.of("user") == {"problems": 1}


@pytest.mark.parametrize("poison", ["SCHEDULE_CREATED", "schedule.created"])
async def test_a_poisoned_event_cannot_be_handled_until_the_poison_is_gone(town: Town, poison: str) -> None:
    bus = town.services["user"].bus
    bus.poisoned.add(poison)
    event = announced("schedule.created", {"scheduleId": "s"})
    await town.hear("schedule.created", event)
    assert town.logbook.of("user")["dead_letters"] == 1
    bus.poisoned.clear()
    await town.hear("schedule.created", event)
    assert town.logbook.of("user")["handled"] == 1
