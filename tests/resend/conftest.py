from __future__ import annotations

import pytest

from tests.dlq.fixtures import dlq_env, identity, service, spawn
from tests.resend.support import Resend

__all__ = ["dlq_env", "env", "identity", "resend", "service", "spawn"]


@pytest.fixture
def env(dlq_env: dict[str, str]) -> dict[str, str]:
    return dlq_env


@pytest.fixture
def resend(env: dict[str, str]) -> Resend:
    return Resend(env)
