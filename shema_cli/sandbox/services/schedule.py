"""Lessons: one is planned for every enrollment that is approved, and attendance is taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.clock import iso
from shema_cli.sandbox.school.data import AttendanceRow, LessonRow, number
from shema_cli.sandbox.services.bus import Event, Handler, data_of
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.services.web import HttpProblem, body_of, found, get, post

FIRST_LESSON_IN = timedelta(days=7)
ATTENDANCE = ("present", "absent", "excused")


class ScheduleService(Service):
    name = "schedule"

    def routes(self) -> list[Route]:
        return [
            get("/api/schedules/stats", self.stats),
            get("/api/schedules", self.upcoming),
            get("/api/schedules/{id}", self.show),
            post("/api/schedules/{id}/attendance", self.mark),
        ]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {"enrollment.approved": self.versions(self.enrollment_approved)}

    async def stats(self, request: Request) -> dict[str, int]:
        return {"upcoming_count": len(self._upcoming())}

    async def upcoming(self, request: Request) -> dict[str, list[LessonRow]]:
        return {"schedules": self._upcoming()}

    async def show(self, request: Request) -> LessonRow:
        return found(self.school.schedules, request.path_params["id"], "Schedule")

    async def mark(self, request: Request) -> AttendanceRow:
        schedule = await self.show(request)
        body = await body_of(request, "student_id", "status")
        if body["status"] not in ATTENDANCE:
            raise HttpProblem(400, f"status must be one of {', '.join(ATTENDANCE)}")
        attendance_id = number("att", self.school.attendance)
        data: AttendanceRow = {
            "attendanceId": attendance_id,
            "studentId": body.text("student_id"),
            "scheduleId": schedule["id"],
            "status": body.text("status"),
        }
        self.school.attendance[attendance_id] = data
        await self.bus.publish("attendance.marked", data)
        return data

    async def enrollment_approved(self, event: Event) -> None:
        """One lesson for an enrollment, however often the event comes."""
        data = data_of(event)
        enrollment_id = str(data["enrollmentId"])
        if any(schedule["enrollment_id"] == enrollment_id for schedule in self.school.schedules.values()):
            return
        enrollment = await self.ask("enrollment", f"/api/enrollments/{enrollment_id}")
        starts = self.given.clock.now() + FIRST_LESSON_IN
        schedule_id = number("sch", self.school.schedules)
        self.school.schedules[schedule_id] = {
            "id": schedule_id,
            "enrollment_id": enrollment_id,
            "student_id": str(data["studentId"]),
            "course_id": str(enrollment["course_id"]),
            "starts_at": iso(starts.replace(minute=0, second=0, microsecond=0)),
        }
        await self.bus.publish("schedule.created", _created_data(self.school.schedules[schedule_id]))

    def _upcoming(self) -> list[LessonRow]:
        now = iso(self.given.clock.now())
        return [schedule for schedule in self.school.schedules.values() if schedule["starts_at"] > now]


def _created_data(schedule: LessonRow) -> dict[str, object]:
    return {
        "scheduleId": schedule["id"],
        "enrollmentId": schedule["enrollment_id"],
        "courseId": schedule["course_id"],
        "startsAt": schedule["starts_at"],
    }
