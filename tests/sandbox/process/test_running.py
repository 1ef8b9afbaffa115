from __future__ import annotations

from pathlib import Path

from shema_cli.sandbox.process.running import write_profile
from shema_cli.settings.sources import load_settings


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
