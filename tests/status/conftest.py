from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from shema_cli.store.connection import Store
from tests.dashboard.school import School, running_school
from tests.support.http import Answer
from tests.support.store import store_at
from tests.support.valkey import Valkey
from tests.support.world import StillClock


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    store = store_at(valkey.url)
    yield store
    store.close()


@pytest.fixture
def clock() -> StillClock:
    """Now, and it stays so."""
    return StillClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def school(base_env: dict[str, str], valkey: Valkey) -> Iterator[School]:
    """Five services that are well, one that listens to nothing, and Redis."""
    with running_school({**base_env, "REDIS_URL": valkey.url}) as school:
        for server in school.servers.values():
            server.on("GET", "/health", Answer(json={"ok": True}))
        yield school
