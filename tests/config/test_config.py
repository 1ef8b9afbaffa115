from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import shema
from tests.support.terminal import Terminal

SECRET = "a-secret-that-nobody-may-see-0123456789"


def config_file(env: dict[str, str]) -> Path:
    return Path(env["SHEMA_CONFIG_DIR"]) / "config.toml"


def test_show_masks_secrets_and_names_sources(base_env: dict[str, str]) -> None:
    env = {**base_env, "SERVICE_JWT_SECRET": SECRET, "REDIS_URL": f"redis://user:{SECRET}@host:6379/0"}
    for format in ("table", "json", "csv"):
        run = shema("config", "show", "-o", format, env=env)
        assert SECRET not in run.out + run.err
    shown = {s["name"]: s for s in shema("config", "show", "--json", env=env).json["settings"]}
    assert shown["REDIS_URL"]["value"] == "redis://********@host:6379/0"
    assert shown["SERVICE_JWT_SECRET"]["source"] == "environment"
    assert shown["SERVICE_NAME"] == {
        "name": "SERVICE_NAME",
        "value": "shema-cli",
        "source": "default",
        "about": shown["SERVICE_NAME"]["about"],
    }
    assert shown["CHAT_SERVICE_URL"]["value"] is None


def test_set_makes_a_profile_and_use_makes_it_the_default(base_env: dict[str, str]) -> None:
    assert shema("config", "set", "REDIS_URL", "redis://a", "--profile", "staging", env=base_env).code == 0
    assert shema("config", "use", "staging", env=base_env).code == 0
    assert shema("config", "profiles", "--json", env=base_env).json == {
        "profiles": [{"name": "staging", "active": True, "default": True}]
    }
    shown = {s["name"]: s for s in shema("config", "show", "--json", env=base_env).json["settings"]}
    assert (shown["REDIS_URL"]["value"], shown["REDIS_URL"]["source"]) == ("redis://a", "profile staging")


def test_comments_and_order_are_kept(base_env: dict[str, str]) -> None:
    config_file(base_env).parent.mkdir()
    config_file(base_env).write_text('# ours\n[profiles.b] # the real one\nREDIS_URL = "redis://b"\n\n[profiles.a]\n')
    assert shema("config", "set", "SERVICE_NAME", "x", "--profile", "a", env=base_env).code == 0
    text = config_file(base_env).read_text()
    assert "# ours" in text
    assert "[profiles.b] # the real one" in text
    assert text.index("profiles.b") < text.index("profiles.a")


def test_a_secret_is_never_taken_from_the_arguments(base_env: dict[str, str]) -> None:
    for name, value in (("SERVICE_JWT_SECRET", SECRET), ("REDIS_URL", f"redis://:{SECRET}@h")):
        refused = shema("config", "set", name, value, "--profile", "p", env=base_env)
        assert refused.code == 2
        assert SECRET not in refused.err
    taken = shema("config", "set", "SERVICE_JWT_SECRET", "-", "--profile", "p", env=base_env, stdin=SECRET.encode())
    assert taken.code == 0
    assert SECRET not in taken.out + taken.err
    assert SECRET in config_file(base_env).read_text()


def test_a_dry_run_writes_nothing(base_env: dict[str, str]) -> None:
    assert shema("config", "set", "SERVICE_NAME", "x", "--profile", "p", "--dry-run", env=base_env).code == 0
    assert not config_file(base_env).exists()


def test_a_default_profile_that_is_gone_can_be_mended(base_env: dict[str, str]) -> None:
    config_file(base_env).parent.mkdir()
    config_file(base_env).write_text('default_profile = "gone"\n[profiles.here]\n')
    assert shema("config", "show", env=base_env).code == 2
    assert shema("config", "use", "hare", env=base_env).code == 1
    assert shema("config", "use", "here", env=base_env).code == 0
    assert shema("config", "show", env=base_env).code == 0


def test_an_unknown_setting_is_suggested(base_env: dict[str, str]) -> None:
    run = shema("config", "set", "REDIS_ULR", "x", "--profile", "p", env=base_env)
    assert run.code == 2
    assert "REDIS_URL" in run.err


@pytest.mark.parametrize("piped", [b"", b"\n", b"  \n", b"\xef\xbb\xbf\n"])
def test_an_empty_secret_is_refused(base_env: dict[str, str], piped: bytes) -> None:
    """`false | shema config set …`: what should have made the secret has failed."""
    words = ("config", "set", "SERVICE_JWT_SECRET", "-", "--profile", "p")
    assert shema(*words, env=base_env, stdin=SECRET.encode()).code == 0
    run = shema(*words, "--json", env=base_env, stdin=piped)
    assert (run.code, run.json["error"]["code"]) == (2, "empty_value")
    assert SECRET in config_file(base_env).read_text()


def test_a_secret_that_is_typed_is_not_shown(base_env: dict[str, str]) -> None:
    with Terminal("config", "set", "SERVICE_JWT_SECRET", "-", "--profile", "p", env=base_env) as terminal:
        terminal.wait("SERVICE_JWT_SECRET:")
        terminal.keys(f"{SECRET}\r")
        terminal.wait("config.toml")
        assert SECRET not in terminal.text
        assert terminal.end() == 0
    assert SECRET in config_file(base_env).read_text()
