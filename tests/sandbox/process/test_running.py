from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shema_cli.errors import Failed, NotConfigured
from shema_cli.sandbox import lifecycle
from shema_cli.sandbox.process import guard
from shema_cli.sandbox.process.folder import Folder
from shema_cli.sandbox.process.running import RunningSandbox, write_profile
from shema_cli.settings.sources import load_settings
from shema_cli.state import StateDir
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]


def test_the_profile_beside_config_toml_is_read_and_the_users_own_words_win(tmp_path: Path) -> None:
    environ = {"SHEMA_CONFIG_DIR": str(tmp_path), "SHEMA_PROFILE": "sandbox"}
    path = write_profile(tmp_path, {"REDIS_URL": "redis://a", "SERVICE_JWT_SECRET": 'quo"te', "SHEMA_PROFILE": "x"})
    settings = load_settings(environ=environ, cwd=tmp_path)
    assert (settings.get("REDIS_URL"), settings.get("SERVICE_JWT_SECRET")) == ("redis://a", 'quo"te')
    assert settings.profile == "sandbox"
    assert settings.profiles == ("sandbox",)
    (tmp_path / "config.toml").write_text('[profiles.sandbox]\nREDIS_URL = "redis://mine"\n')
    settings = load_settings(environ=environ, cwd=tmp_path)
    assert (settings.get("REDIS_URL"), settings.get("SERVICE_JWT_SECRET")) == ("redis://mine", 'quo"te')
    path.unlink()
    assert load_settings(environ=environ, cwd=tmp_path).get("SERVICE_JWT_SECRET") is None


def test_what_was_made_known_is_found_while_its_owner_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    state = StateDir(tmp_path / "state")
    folder = Folder()
    try:
        written = RunningSandbox(folder.path, 7, datetime(2026, 1, 1, tzinfo=UTC), "http://a", "token", {"A": "b"})
        path = written.write(state)
        assert path.stat().st_mode & 0o777 == 0o600
        assert RunningSandbox.find(state) == written
    finally:
        folder.remove()
    assert RunningSandbox.find(state) is None


@pytest.mark.parametrize("kept", [b"", b"[]", b"{}", b"\xff", b'{"started_at": "x", "environment": {}}', b'{"pid": 1}'])
def test_a_file_that_is_something_else_is_no_sandbox(tmp_path: Path, kept: bytes) -> None:
    state = StateDir(tmp_path)
    state.write("sandbox.json", kept)
    assert RunningSandbox.find(state) is None


# -- what is not ours is not ended -------------------------------------------------------------------------------

HOLDS = """
import sys, time
sys.path.insert(0, sys.argv[1])
from shema_cli.sandbox.process.folder import Folder
print(Folder().path, flush=True)
time.sleep(60)
"""


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any sandbox."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process with the folder of a sandbox that answers nobody."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(lifecycle, "STOP_WITHIN_S", 0.05)
    environ = {"TMPDIR": str(tmp_path), "PATH": os.defpath}
    command = [sys.executable, "-c", HOLDS, str(ROOT)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        yield process, folder
        process.kill()
    eventually(lambda: not folder.exists(), what="its guard cleans up")


def made_known(state: StateDir, folder: Path, pid: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    RunningSandbox(folder, pid, moment, "http://127.0.0.1:1", "token", {"A": "b"}).write(state)


def test_stop_kills_who_holds_the_lock_whatever_number_the_file_names(
    holder: tuple[subprocess.Popen[str], Path], bystander: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    process, folder = holder
    made_known(StateDir(tmp_path / "state"), folder, bystander.pid)
    assert lifecycle.stop(StateDir(tmp_path / "state")).was_running
    assert process.wait(10) == -signal.SIGKILL
    assert bystander.poll() is None


@pytest.mark.parametrize("written", ["", "x", "1\n", "-1\n", "0\n"])
def test_stop_kills_nobody_where_no_process_can_be_shown_to_be_its_own(
    holder: tuple[subprocess.Popen[str], Path],
    bystander: subprocess.Popen[bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
) -> None:
    monkeypatch.setattr(lifecycle, "KILL_WITHIN_S", 0.05)
    process, folder = holder
    (folder / "lock").write_text(written)
    made_known(StateDir(tmp_path / "state"), folder, bystander.pid)
    with pytest.raises(Failed, match="no process can be shown to be its own"):
        lifecycle.stop(StateDir(tmp_path / "state"))
    assert (process.poll(), bystander.poll()) == (None, None)


@pytest.mark.parametrize("name", ["dpkg", f"shema-sandbox-{os.getuid() + 1}-x", f"shema-sandbox-{os.getuid()}-x"])
def test_a_lock_of_somebody_else_makes_no_sandbox(
    name: str, bystander: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    there = tmp_path / "elsewhere"
    there.mkdir()
    (tmp_path / name).symlink_to(there)
    with (there / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_known(StateDir(tmp_path / "state"), tmp_path / name, bystander.pid)
        assert not lifecycle.stop(StateDir(tmp_path / "state")).was_running
    assert bystander.poll() is None
    assert there.exists()


def test_a_file_that_others_could_have_written_ends_nothing(
    holder: tuple[subprocess.Popen[str], Path], tmp_path: Path
) -> None:
    process, folder = holder
    state = StateDir(tmp_path / "state")
    made_known(state, folder, process.pid)
    state.file("sandbox.json").chmod(0o666)
    with pytest.raises(NotConfigured, match="others may write to it"):
        lifecycle.stop(state)
    assert process.poll() is None


def test_the_guard_ends_a_process_only_if_it_started_when_its_plan_says(
    bystander: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    for moment, ends in (("1", False), ("", False), (guard.started(bystander.pid), True)):
        folder.mkdir()
        (folder / guard.PLAN).write_text(json.dumps({"pids": [[bystander.pid, moment]]}))
        guard.clean(folder, at_once=True)
        if ends:
            assert bystander.wait(10) == -signal.SIGKILL
        assert bystander.poll() is None or ends
        assert not folder.exists()
