"""What a student might learn next; follows everything that happens to enrollments by one pattern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.calls.errors import ServiceError
from shema_cli.sandbox.school.school import Document
from shema_cli.sandbox.services.bus import Handler
from shema_cli.sandbox.services.fallback import CachedCourses
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.system.web import Problem, get

SHOWN = 3


class RecommendationService(Service):
    name = "recommendation"

    def begin(self) -> None:
        self._courses = CachedCourses(self.given.call, self.bus.journal, self.name)
        self._wanted = Counter({"crs-01": 3, "crs-03": 2, "crs-08": 1})

    def routes(self) -> list[Route]:
        return [get("/api/recommendations/{student_id}", self.recommend)]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {"enrollment.*": self.versions(self.enrollment_event)}

    async def recommend(self, request: Request) -> Document:
        """The courses that most students ask for, from memory when the course service is away."""
        try:
            courses = [await self._courses.get(course_id) for course_id, _ in self._wanted.most_common(SHOWN)]
        except ServiceError:
            raise Problem(503, "COURSE_SERVICE_UNAVAILABLE") from None
        return {"student_id": request.path_params["student_id"], "courses": courses}

    async def enrollment_event(self, event: dict[str, Any]) -> None:
        match event["eventType"]:
            case "ENROLLMENT_CREATED":
                self._wanted[event["data"]["courseId"]] += 1
            case "ENROLLMENT_APPROVED" | "ENROLLMENT_REJECTED":
                return
            case other:
                self.bus.journal.problem(self.name, f"Unknown enrollment event: {other}")
