"""Services with as much as they are told to have, and the accounts of a project, answered from numbers alone."""

from __future__ import annotations

from bench.scale.fill import accounts
from tests.enrollments.school import enrollment
from tests.support.http import Answer, HttpServer, Request
from tests.support.signed_in import serve_identity

COURSES = 30
STATISTICS = ("student_count", "pending_count", "active_count", "count", "upcoming_count")


class School(HttpServer):
    """`pending` enrollments and `people` with an account; every other path of a service answers too."""

    pending = 0
    people = 0

    def answer(self, request: Request) -> Answer:
        first = int(request.query.get("cursor") or request.query.get("nextPageToken") or 0)
        match request.path.strip("/").split("/"):
            case ["api", "enrollments"]:
                last = min(first + int(request.query["limit"]), self.pending)
                shown = [enrollment(n, course=f"c{n % COURSES}") for n in range(first, last)]
                following = str(last) if last < self.pending else None
                return Answer(json={"enrollments": shown, "next_cursor": following})
            case ["api", "users"] if "ids" in request.query:
                return Answer(
                    json={"users": [{"id": id, "name": f"Student {id}"} for id in request.query["ids"].split(",")]}
                )
            case ["api", "users"]:
                return Answer(json={"users": []})
            case ["api", "courses", id, "capacity"]:
                return Answer(json={"has_capacity": True, "current_students": 1, "max_students": 10_000_000})
            case ["api", "courses", id]:
                return Answer(json={"id": id, "title": f"Course {id}"})
            case [*_, "accounts:batchGet"]:
                last = min(first + int(request.query["maxResults"]), self.people)
                more = {"nextPageToken": str(last)} if last < self.people else {}
                return Answer(json={"users": accounts(first, last - first), **more})
            case [*_, "health" | "stats"]:
                return Answer(json=dict.fromkeys(STATISTICS, 7))
        return super().answer(request)


def school() -> School:
    server = School()
    serve_identity(server)
    return server
