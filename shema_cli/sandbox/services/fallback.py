"""The seed's graceful degradation: the last good course when the course service does not answer."""

from __future__ import annotations

from shema_cli.calls.errors import ServiceError, ServiceNotFound
from shema_cli.sandbox.school.school import Document
from shema_cli.sandbox.services.service import Caller
from shema_cli.sandbox.system.journal import Journal


class CachedCourses:
    """`getCourseWithFallback` of the seed."""

    def __init__(self, call: Caller, journal: Journal, service: str) -> None:
        self._call = call
        self._journal = journal
        self._service = service
        self._last_good: dict[str, Document] = {}

    async def get(self, course_id: str) -> Document:
        """The course, or what it was when it was last seen. Raises ServiceError when it never was."""
        try:
            course: Document = await self._call.get_json("course", f"/api/courses/{course_id}")
        except ServiceNotFound:
            raise
        except ServiceError:
            if course_id not in self._last_good:
                raise
            self._journal.problem(self._service, "Course service unavailable, using cached data")
            return self._last_good[course_id]
        self._last_good[course_id] = course
        return course
