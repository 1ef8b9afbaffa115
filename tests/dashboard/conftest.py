from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dashboard.school import School, running_school


@pytest.fixture
def school(base_env: dict[str, str]) -> Iterator[School]:
    with running_school(base_env) as school:
        yield school
