"""Courses, their seats, and the slots that bookings reserve."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.sandbox.school.data import CourseRow, SlotRow
from shema_cli.sandbox.services.bus import Event, Handler, data_of
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.services.web import found, get


class CourseService(Service):
    name = "course"

    def begin(self) -> None:
        self._seats: dict[str, set[str]] = {course_id: set() for course_id in self.school.courses}
        for enrollment in self.school.enrollments.values():
            if enrollment["status"] == "approved":
                self._seats[enrollment["course_id"]].add(enrollment["id"])

    def routes(self) -> list[Route]:
        return [
            get("/api/courses/stats", self.stats),
            get("/api/courses", self.courses),
            get("/api/courses/{id}", self.show),
            get("/api/courses/{id}/capacity", self.capacity),
            get("/api/courses/{id}/slots", self.slots),
        ]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {
            "enrollment.approved": self.versions(self.enrollment_approved),
            "enrollment.rejected": self.versions(self.enrollment_rejected),
            "booking.created": self.versions(self.booking_created),
            "booking.confirmed": self.versions(self.booking_confirmed),
            "booking.expired": self.versions(self.booking_expired),
        }

    async def stats(self, request: Request) -> dict[str, int]:
        return {"count": len(self.school.courses)}

    async def courses(self, request: Request) -> dict[str, list[CourseRow]]:
        return {"courses": list(self.school.courses.values())}

    async def show(self, request: Request) -> CourseRow:
        return found(self.school.courses, request.path_params["id"], "Course")

    async def capacity(self, request: Request) -> dict[str, object]:
        course = await self.show(request)
        taken = len(self._seats[course["id"]])
        seats = course["max_students"]
        return {"has_capacity": taken < seats, "current_students": taken, "max_students": seats}

    async def slots(self, request: Request) -> dict[str, list[SlotRow]]:
        course = await self.show(request)
        return {"slots": [slot for slot in self.school.slots.values() if slot["course_id"] == course["id"]]}

    async def enrollment_approved(self, event: Event) -> None:
        """The event does not say which course: the enrollment does. A seat is taken once, however often it is told."""
        enrollment_id = str(data_of(event)["enrollmentId"])
        enrollment = await self.ask("enrollment", f"/api/enrollments/{enrollment_id}")
        self._seats[str(enrollment["course_id"])].add(enrollment_id)

    async def enrollment_rejected(self, event: Event) -> None:
        for seats in self._seats.values():
            seats.discard(str(data_of(event)["enrollmentId"]))

    async def booking_created(self, event: Event) -> None:
        self._mark("reserved", *_choices(event))

    async def booking_confirmed(self, event: Event) -> None:
        """The chosen slot is booked, and the other choice, which the event does not name, is free again."""
        booking = await self.ask("booking", f"/api/bookings/{data_of(event)['bookingId']}")
        self._mark("available", str(booking["first_choice_slot_id"]), str(booking["second_choice_slot_id"]))
        self._mark("booked", str(data_of(event)["slotId"]))

    async def booking_expired(self, event: Event) -> None:
        """Both choices are rolled back."""
        self._mark("available", *_choices(event))

    def _mark(self, status: str, *slot_ids: str) -> None:
        for slot_id in slot_ids:
            if slot_id in self.school.slots:
                self.school.slots[slot_id]["status"] = status


def _choices(event: Event) -> tuple[str, str]:
    data = data_of(event)
    return str(data["firstChoiceSlotId"]), str(data["secondChoiceSlotId"])
