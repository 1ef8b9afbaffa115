from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dashboard.school import School, running_school
from tests.support.http import Answer
from tests.support.valkey import Valkey


@pytest.fixture
def school(base_env: dict[str, str], valkey: Valkey) -> Iterator[School]:
    """Five services that are well, Redis, and nobody who listens."""
    with running_school({**base_env, "REDIS_URL": valkey.url}) as school:
        for server in school.servers.values():
            server.on("GET", "/health", Answer(json={"ok": True}))
        yield school


def goes_down(school: School, service: str) -> None:
    school.servers[service].on("GET", "/health", Answer(500))
    school.answers(service, Answer(500))


def comes_back(school: School, service: str) -> None:
    school.servers[service].on("GET", "/health", Answer(json={"ok": True}))
    school.recovers()
