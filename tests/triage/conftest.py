from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dlq.support import Service
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity
from tests.support.valkey import Valkey
from tests.triage.place import Place, open_place


@pytest.fixture
def place(valkey: Valkey, base_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Every service at one address, which knows people; an admin is signed in; no dead letters yet."""
    monkeypatch.chdir(tmp_path)
    with HttpServer() as server:
        serve_identity(server)
        yield open_place(server, valkey, base_env, tmp_path)


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Service]:
    """Hears approvals."""
    with Service(valkey.port) as listening:
        yield listening
