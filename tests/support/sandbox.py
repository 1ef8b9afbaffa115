"""A whole system for a test: services, Redis and sign-in, started once in this process and reset for each test.

    from tests.support.sandbox import sandbox, sandbox_system

`sandbox` is the environment that leads `shema` (or any program) into it, an admin signed in.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shema_cli.sandbox.system.assembly import Options, System

RETRY_PAUSE_S = 0.01
RESET_WITHIN_S = 20.0


@pytest.fixture(scope="session")
def sandbox_system() -> Iterator[System]:
    """The running system itself: `.school`, `.journal`, `.accounts`, `.set_fault` (by `.call`)."""
    system = System(Options(pause_s=RETRY_PAUSE_S))
    system.start()
    yield system
    system.stop()


@pytest.fixture
def sandbox(sandbox_system: System) -> dict[str, str]:
    """The variables that lead into it; its data, faults and accounts are as at the start."""
    sandbox_system.call(sandbox_system.reset(), RESET_WITHIN_S)
    return sandbox_system.environment()
