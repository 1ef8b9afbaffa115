"""What a student might learn next; follows everything that happens to enrollments by one pattern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.calls.reply import ServiceError
from shema_cli.sandbox.services.bus import Event, Handler, data_of
from shema_cli.sandbox.services.service import CachedCourses, Service
from shema_cli.sandbox.services.web import HttpProblem, get

SHOWN = 3


class RecommendationService(Service):
    name = "recommendation"

    def begin(self) -> None:
        self._courses = CachedCourses(self.given.others, self.bus.logbook, self.name)
        self._wanted = Counter({"crs-01": 3, "crs-03": 2, "crs-08": 1})

    def routes(self) -> list[Route]:
        return [get("/api/recommendations/{student_id}", self.recommend)]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {"enrollment.*": self.versions(self.enrollment_event)}

    async def recommend(self, request: Request) -> dict[str, object]:
        """The courses that most students ask for, from memory when the course service is away."""
        try:
            courses = [await self._courses.get(course_id) for course_id, _ in self._wanted.most_common(SHOWN)]
        except ServiceError:
            raise HttpProblem(503, "COURSE_SERVICE_UNAVAILABLE") from None
        return {"student_id": request.path_params["student_id"], "courses": courses}

    async def enrollment_event(self, event: Event) -> None:
        match event["eventType"]:
            case "ENROLLMENT_CREATED":
                self._wanted[str(data_of(event)["courseId"])] += 1
            case "ENROLLMENT_APPROVED" | "ENROLLMENT_REJECTED":
                return
            case other:
                self.bus.logbook.problem(self.name, f"Unknown enrollment event: {other}")
