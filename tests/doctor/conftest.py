from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.valkey import Valkey


@pytest.fixture
def env(base_env: dict[str, str], valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    """A system of which only Redis is up."""
    return {
        **base_env,
        "HOME": str(tmp_path),
        "REDIS_URL": valkey.url,
        "SERVICE_JWT_SECRET": "s" * 32,
        "FIREBASE_PROJECT_ID": "demo-shema",
        "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",
    }
