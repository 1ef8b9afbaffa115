from __future__ import annotations

from collections.abc import Iterator

import pytest

from shema_cli.store.connection import Store
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
    return StillClock()
