"""Enrollments: students apply, an admin decides, and the decision comes as an event."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Literal

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.calls.reply import ServiceError, ServiceNotFound
from shema_cli.clock import iso
from shema_cli.sandbox.school.data import EnrollmentRow, created_data, number
from shema_cli.sandbox.services.bus import Event, Handler, data_of
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.services.web import HttpProblem, body_of, found, get, post, whole_number

STATUSES = ("pending", "approved", "rejected")
LARGEST_PAGE = 200
FILTERS: tuple[Literal["status", "course_id", "student_id"], ...] = ("status", "course_id", "student_id")


class EnrollmentService(Service):
    name = "enrollment"

    def routes(self) -> list[Route]:
        return [
            get("/api/enrollments/stats", self.stats),
            get("/api/enrollments", self.page),
            post("/api/enrollments", self.apply),
            get("/api/enrollments/{id}", self.show),
        ]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {
            "enrollment.approved": self.versions(self.approved, self.approved_v1_1),
            "enrollment.rejected": self.versions(self.rejected),
        }

    async def stats(self, request: Request) -> dict[str, int]:
        return {"pending_count": sum(e["status"] == "pending" for e in self.school.enrollments.values())}

    async def show(self, request: Request) -> EnrollmentRow:
        return found(self.school.enrollments, request.path_params["id"], "Enrollment")

    async def page(self, request: Request) -> dict[str, object]:
        """Newest first. The cursor is the id of the last one of the page before, and opaque to the caller."""
        query = request.query_params
        if query.get("status", "pending") not in STATUSES:
            raise HttpProblem(400, f"status must be one of {', '.join(STATUSES)}")
        limit = whole_number(request, "limit", 50, largest=LARGEST_PAGE)
        chosen = sorted(
            (e for e in self.school.enrollments.values() if _matches(e, query)),
            key=_age,
            reverse=True,
        )
        start = 0
        if cursor := query.get("cursor"):
            last = _decode_cursor(cursor)
            start = next((i for i, e in enumerate(chosen) if _age(e) < last), len(chosen))
        page = chosen[start : start + limit]
        more = start + limit < len(chosen)
        return {"enrollments": page, "next_cursor": _encode_cursor(page[-1]) if more else None}

    async def apply(self, request: Request) -> EnrollmentRow:
        """A student applies. 409 `COURSE_FULL`, 503 `COURSE_SERVICE_UNAVAILABLE`, 404 for a course that is not."""
        body = await body_of(request, "student_id", "course_id")
        await self._check_capacity(body.text("course_id"))
        now = self.given.clock.now()
        enrollment_id = number("enr", self.school.enrollments)
        enrollment: EnrollmentRow = {
            "id": enrollment_id,
            "student_id": body.text("student_id"),
            "course_id": body.text("course_id"),
            "registration_number": f"SHM-{now.year}-{len(self.school.enrollments) + 1:04d}",
            "experience_level": body.get("experience_level", "beginner"),
            "preferred_days": body.get("preferred_days", []),
            "time_preferences": body.get("time_preferences", []),
            "status": "pending",
            "created_at": iso(now),
        }
        self.school.enrollments[enrollment_id] = enrollment
        await self.bus.publish("enrollment.created", created_data(enrollment))
        return enrollment

    async def _check_capacity(self, course_id: str) -> None:
        try:
            capacity = await self.ask("course", f"/api/courses/{course_id}/capacity")
        except ServiceNotFound:
            raise HttpProblem(404, "Course not found") from None
        except ServiceError:
            raise HttpProblem(503, "COURSE_SERVICE_UNAVAILABLE") from None
        if not capacity["has_capacity"]:
            raise HttpProblem(409, "COURSE_FULL")

    async def approved(self, event: Event) -> None:
        self._decide(data_of(event), "approved")

    async def approved_v1_1(self, event: Event) -> None:
        """A 1.1 may say more: who approved it is kept."""
        data = data_of(event)
        enrollment = self._decide(data, "approved")
        if "approvedBy" in data:
            enrollment["approved_by"] = data["approvedBy"]

    async def rejected(self, event: Event) -> None:
        data = data_of(event)
        self._decide(data, "rejected")["reason"] = data.get("reason", "")

    def _decide(self, data: Mapping[str, object], status: str) -> EnrollmentRow:
        enrollment = self.school.enrollments.get(str(data["enrollmentId"]))
        if enrollment is None:
            raise LookupError(f"Enrollment {data['enrollmentId']} not found")
        enrollment["status"] = status
        return enrollment


def _matches(enrollment: EnrollmentRow, query: Mapping[str, str]) -> bool:
    return all(enrollment[name] == query[name] for name in FILTERS if query.get(name))


def _age(enrollment: EnrollmentRow) -> tuple[str, str]:
    return enrollment["created_at"], enrollment["id"]


def _encode_cursor(last: EnrollmentRow) -> str:
    return base64.urlsafe_b64encode(f"{last['created_at']} {last['id']}".encode()).decode()


def _decode_cursor(cursor: str) -> tuple[str, str]:
    try:
        created_at, space, enrollment_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
    except (binascii.Error, ValueError):
        space = ""
    if not space:
        raise HttpProblem(400, "cursor is not one of this service")
    return created_at, enrollment_id
