from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shema_cli.sandbox.process.folder import Folder
from shema_cli.sandbox.process.running import RunningSandbox, write_profile
from shema_cli.settings.sources import load_settings
from shema_cli.state import StateDir


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
