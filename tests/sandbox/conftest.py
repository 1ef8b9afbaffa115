from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.traces import Traces


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[Traces]:
    found = Traces(tmp_path)
    yield found
    found.clean_up()
