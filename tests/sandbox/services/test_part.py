from __future__ import annotations

import json

import pytest
import redis

from tests.support.sandbox import CallService


@pytest.mark.parametrize(
    ("service", "path", "answer"),
    [
        ("user", "/api/users/stats", {"student_count": 320}),
        ("enrollment", "/api/enrollments/stats", {"pending_count": 24}),
        ("chat", "/api/chat/stats", {"active_count": 9}),
        ("course", "/api/courses/stats", {"count": 14}),
        ("schedule", "/api/schedules/stats", {"upcoming_count": 42}),
        ("course", "/api/courses/crs-02/capacity", {"has_capacity": True, "current_students": 10, "max_students": 12}),
        ("course", "/api/courses/crs-05/capacity", {"has_capacity": False, "current_students": 20, "max_students": 20}),
    ],
)
def test_the_calls_of_the_dashboard_and_of_capacity(call: CallService, service: str, path: str, answer: object) -> None:
    assert call(service, "GET", path).json() == answer


def test_services_register_themselves_with_a_ttl(sandbox: dict[str, str], client: redis.Redis) -> None:
    entry = json.loads(client.hget("{shema}:registry:course", sandbox["COURSE_SERVICE_URL"]) or b"")
    assert (entry["healthCheck"], entry["ttl"], entry["lastCheck"]) == ("/health", 30, None)
