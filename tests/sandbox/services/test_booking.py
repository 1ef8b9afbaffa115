from __future__ import annotations

from typing import Any

from shema_cli.sandbox.system.assembly import System
from tests.support.sandbox import CallService
from tests.support.waiting import eventually


def slot(call: CallService, course: str, slot_id: str) -> str:
    slots = call("course", "GET", f"/api/courses/{course}/slots").json()["slots"]
    return str(next(slot["status"] for slot in slots if slot["id"] == slot_id))


def book(call: CallService, hold_s: float) -> tuple[dict[str, Any], str, str]:
    slots = call("course", "GET", "/api/courses/crs-01/slots").json()["slots"]
    first, second = [slot["id"] for slot in slots if slot["status"] == "available"][:2]
    body = {"user_id": "stu-0001", "course_id": "crs-01", "hold_s": hold_s}
    choices = {"first_choice_slot_id": first, "second_choice_slot_id": second}
    made = call("booking", "POST", "/api/bookings", json=body | choices)
    assert made.status_code == 201, made.text
    eventually(lambda: slot(call, "crs-01", first) == slot(call, "crs-01", second) == "reserved")
    return made.json(), first, second


def test_a_booking_that_expires_gives_both_slots_back(call: CallService, heard: Any) -> None:
    booking, first, second = book(call, 0.5)
    assert "version" not in heard("booking.created")
    expired = heard("booking.expired")
    ids = {"bookingId": booking["id"], "firstChoiceSlotId": first, "secondChoiceSlotId": second}
    assert expired["data"] == ids
    assert "version" not in expired
    eventually(lambda: slot(call, "crs-01", first) == slot(call, "crs-01", second) == "available")


def test_a_booking_that_is_confirmed_keeps_one(call: CallService, heard: Any) -> None:
    booking, first, second = book(call, 600)
    call("booking", "POST", f"/api/bookings/{booking['id']}/confirm", json={"slot_id": second})
    assert heard("booking.confirmed")["data"] == {"bookingId": booking["id"], "slotId": second}
    eventually(lambda: slot(call, "crs-01", second) == "booked")
    assert slot(call, "crs-01", first) == "available"
    again = call("booking", "POST", f"/api/bookings/{booking['id']}/confirm", json={"slot_id": first})
    assert again.status_code == 409


def test_a_course_seen_before_stands_in_for_its_service(call: CallService, sandbox_system: System) -> None:
    book(call, 600)
    sandbox_system.call(sandbox_system.set_fault("course", {"error_rate": 1.0}), 10)
    body = {"user_id": "stu-0002", "course_id": "crs-01"}
    choices = {"first_choice_slot_id": "slot-0003", "second_choice_slot_id": "slot-0004"}
    assert call("booking", "POST", "/api/bookings", json=body | choices).status_code == 201
    body["course_id"] = "crs-09"  # never seen
    assert call("booking", "POST", "/api/bookings", json=body | choices).status_code == 503
