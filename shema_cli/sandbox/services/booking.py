"""Bookings of a trial lesson: two slots are reserved, one is confirmed, or both are given back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.calls.reply import ServiceError, ServiceNotFound
from shema_cli.clock import iso
from shema_cli.sandbox.school.data import BookingRow, number
from shema_cli.sandbox.services.service import CachedCourses, Service
from shema_cli.sandbox.services.web import HttpProblem, body_of, found, get, post

HOLD_S = 900.0


class BookingService(Service):
    """Its events have no version, as in the seed."""

    name = "booking"

    def begin(self) -> None:
        self._courses = CachedCourses(self.given.others, self.bus.logbook, self.name)

    def routes(self) -> list[Route]:
        return [
            get("/api/bookings/stats", self.stats),
            get("/api/bookings", self.bookings),
            post("/api/bookings", self.create),
            get("/api/bookings/{id}", self.show),
            post("/api/bookings/{id}/confirm", self.confirm, status=200),
        ]

    async def stats(self, request: Request) -> dict[str, int]:
        return {"pending_count": sum(b["status"] == "pending" for b in self.school.bookings.values())}

    async def bookings(self, request: Request) -> dict[str, list[BookingRow]]:
        status = request.query_params.get("status")
        return {"bookings": [b for b in self.school.bookings.values() if status in (None, "", b["status"])]}

    async def show(self, request: Request) -> BookingRow:
        return found(self.school.bookings, request.path_params["id"], "Booking")

    async def create(self, request: Request) -> BookingRow:
        """`hold_s` is how long both slots are kept. The course may come from memory when its service is away."""
        body = await body_of(request, "user_id", "course_id", "first_choice_slot_id", "second_choice_slot_id")
        hold_s = body.get("hold_s", HOLD_S)
        if isinstance(hold_s, bool) or not isinstance(hold_s, (int, float)) or not 0 < hold_s <= 86_400:
            raise HttpProblem(400, "hold_s must be a number of seconds up to a day")
        course = await self._course(body.text("course_id"))
        booking_id = number("bkg", self.school.bookings)
        booking: BookingRow = {
            "id": booking_id,
            "user_id": body.text("user_id"),
            "course_id": str(course["id"]),
            "first_choice_slot_id": body.text("first_choice_slot_id"),
            "second_choice_slot_id": body.text("second_choice_slot_id"),
            "status": "pending",
            "expires_at": iso(self.given.clock.now() + timedelta(seconds=hold_s)),
        }
        self.school.bookings[booking_id] = booking
        await self.bus.publish("booking.created", _created_data(booking), version=None)
        return booking

    async def confirm(self, request: Request) -> BookingRow:
        booking = await self.show(request)
        slot_id = (await body_of(request, "slot_id")).text("slot_id")
        if slot_id not in (booking["first_choice_slot_id"], booking["second_choice_slot_id"]):
            raise HttpProblem(400, "slot_id is neither of the two choices")
        if booking["status"] != "pending":
            raise HttpProblem(409, f"The booking is {booking['status']}")
        booking["status"] = "confirmed"
        await self.bus.publish("booking.confirmed", {"bookingId": booking["id"], "slotId": slot_id}, version=None)
        return booking

    async def tick(self) -> None:
        """Bookings that nobody confirmed in time expire."""
        now = iso(self.given.clock.now())
        for booking in list(self.school.bookings.values()):
            if booking["status"] == "pending" and booking["expires_at"] <= now:
                booking["status"] = "expired"
                await self.bus.publish("booking.expired", _expired_data(booking), version=None)

    async def _course(self, course_id: str) -> Mapping[str, object]:
        try:
            return await self._courses.get(course_id)
        except ServiceNotFound:
            raise HttpProblem(404, "Course not found") from None
        except ServiceError:
            raise HttpProblem(503, "COURSE_SERVICE_UNAVAILABLE") from None


def _created_data(booking: BookingRow) -> dict[str, object]:
    return {
        "bookingId": booking["id"],
        "userId": booking["user_id"],
        "courseId": booking["course_id"],
        "firstChoiceSlotId": booking["first_choice_slot_id"],
        "secondChoiceSlotId": booking["second_choice_slot_id"],
        "expiresAt": booking["expires_at"],
    }


def _expired_data(booking: BookingRow) -> dict[str, object]:
    created = _created_data(booking)
    return {name: created[name] for name in ("bookingId", "firstChoiceSlotId", "secondChoiceSlotId")}
