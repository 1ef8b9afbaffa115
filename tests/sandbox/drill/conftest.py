from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.sandbox.drill import play
from shema_cli.sandbox.process.running import write_profile
from shema_cli.sandbox.system.assembly import System
from shema_cli.state import StateDir
from tests.sandbox.drill.practice import Practice
from tests.support.sandbox import RESET_WITHIN_S, sandbox_system

__all__ = ["sandbox_system"]


@pytest.fixture(scope="module", autouse=True)
def left_well(sandbox_system: System) -> Iterator[None]:
    """A drill that is left unsolved is no way to end a sandbox."""
    yield
    sandbox_system.call(sandbox_system.reset(), RESET_WITHIN_S)


@pytest.fixture
def practice(sandbox_system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    """Somebody who joins the sandbox by its profile, as after `shema sandbox start`; no drill was ever staged."""
    monkeypatch.setattr(play, "SETTLES_S", 0.0)
    state, config = StateDir(tmp_path / "state"), tmp_path / "config"
    write_profile(config, sandbox_system.environment())
    sandbox_system.running().write(state)
    sandbox_system.extra_sessions.append(state)
    sandbox_system.sign_in()
    for name in ("drill.json", "drill.lock"):
        (sandbox_system.path / name).unlink(missing_ok=True)
    yield Practice(sandbox_system, tmp_path)
    sandbox_system.extra_sessions.remove(state)
