from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.sandbox.drill import play
from shema_cli.sandbox.process.running import write_profile
from shema_cli.sandbox.system.assembly import System
from shema_cli.state import StateDir
from tests.site.reader import Reader
from tests.support.sandbox import RESET_WITHIN_S, sandbox, sandbox_system

__all__ = ["sandbox", "sandbox_system"]


@pytest.fixture
def reader(
    sandbox: dict[str, str], sandbox_system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """In a folder with what pages speak of: the profile of a running sandbox, and the values of a system in a file."""
    monkeypatch.setattr(play, "SETTLES_S", 0.0)
    monkeypatch.chdir(tmp_path)
    state, config = StateDir(tmp_path / "state"), tmp_path / "config"
    write_profile(config, sandbox)
    sandbox_system.running().write(state)
    sandbox_system.extra_sessions.append(state)
    sandbox_system.sign_in()
    values = "".join(f"{name}={value}\n" for name, value in sandbox.items() if not name.startswith("SHEMA_"))
    for name in ("values.env", "production.env"):
        (tmp_path / name).write_text(values)
    yield Reader(
        tmp_path,
        {
            "HOME": str(tmp_path),
            "SHELL": "/bin/bash",
            "SHEMA_CONFIG_DIR": str(config),
            "SHEMA_STATE_DIR": str(tmp_path / "state"),
            "SHEMA_PROFILE": "sandbox",
        },
        sandbox["SERVICE_JWT_SECRET"].encode(),
    )
    sandbox_system.extra_sessions.remove(state)
    sandbox_system.call(sandbox_system.reset(), RESET_WITHIN_S)
