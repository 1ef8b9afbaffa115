from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.errors import InvalidUsage, NotConfigured
from shema_cli.settings.sources import load_settings
from shema_cli.settings.values import SETTINGS, Settings, service_variable, without_credentials

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def load(folder: Path, environ: dict[str, str] | None = None, **options: object) -> Settings:
    environ = {"SHEMA_CONFIG_DIR": str(folder / "config"), **(environ or {})}
    return load_settings(environ=environ, cwd=folder, **options)  # type: ignore[arg-type]


def write_config(folder: Path, text: str) -> None:
    (folder / "config" / "config.toml").write_text(text)


def test_precedence_is_flag_environment_dotenv_profile_default(folder: Path) -> None:
    write_config(folder, '[profiles.p]\nSERVICE_NAME = "from-profile"\nREDIS_URL = "redis://profile"\n')
    everywhere = {"SERVICE_NAME": "from-environment", "SHEMA_PROFILE": "p"}

    def name(environ: dict[str, str], **options: object) -> tuple[str | None, str]:
        settings = load(folder, environ, **options)
        return settings.get("SERVICE_NAME"), settings.entries["SERVICE_NAME"].source

    assert name({}) == ("shema-cli", "default")
    assert name({"SHEMA_PROFILE": "p"}) == ("from-profile", "profile p")
    (folder / ".env").write_text("SERVICE_NAME=from-dotenv\n")
    assert name({"SHEMA_PROFILE": "p"}) == ("from-dotenv", ".env")
    assert name(everywhere) == ("from-environment", "environment")
    assert name(everywhere, overrides={"SERVICE_NAME": "from-flag"}) == ("from-flag", "flag")


def test_an_empty_value_counts_as_not_set(folder: Path) -> None:
    (folder / ".env").write_text("REDIS_URL=redis://dotenv\n")
    assert load(folder, {"REDIS_URL": " "}).get("REDIS_URL") == "redis://dotenv"


def test_a_missing_setting_names_its_variable(folder: Path) -> None:
    with pytest.raises(NotConfigured, match="SERVICE_JWT_SECRET is not set"):
        load(folder).require("SERVICE_JWT_SECRET", "service tokens")


def test_instances_are_comma_separated_and_any_name_adds_a_service(folder: Path) -> None:
    urls = load(
        folder,
        {"CHAT_SERVICE_URL": "http://a:1/, http://b:2", "LESSON_PLAN_SERVICE_URL": "http://c", "USER_SERVICE_URL": ","},
    ).service_urls()
    assert urls == {"chat": ("http://a:1", "http://b:2"), "lesson-plan": ("http://c",)}
    assert service_variable("lesson-plan") == "LESSON_PLAN_SERVICE_URL"


def test_profile_keys_are_variables_in_either_case_and_lists_are_joined(folder: Path) -> None:
    write_config(
        folder,
        'default_profile = "p"\n[profiles.p]\nredis_url = "redis://x"\nCHAT_SERVICE_URL = ["http://a", "http://b"]\n',
    )
    settings = load(folder)
    assert settings.profile == "p"
    assert settings.get("REDIS_URL") == "redis://x"
    assert settings.service_urls()["chat"] == ("http://a", "http://b")


def test_an_unknown_profile_is_a_usage_error_with_a_suggestion(folder: Path) -> None:
    write_config(folder, "[profiles.staging]\n")
    with pytest.raises(InvalidUsage, match="no profile 'stagin'") as caught:
        load(folder, profile="stagin")
    assert "staging" in (caught.value.hint or "")
    assert load(folder, profile="stagin", any_profile=True).profile is None


def test_the_profile_of_a_sandbox_that_ended_says_how_to_start_one(folder: Path) -> None:
    with pytest.raises(InvalidUsage) as caught:
        load(folder, profile="sandbox")
    assert "`shema sandbox start` makes one" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["[profiles", "profiles = 3", "[profiles]\nx = 1", "\udcff"])
def test_a_broken_config_file_is_one_clear_error(folder: Path, text: str) -> None:
    (folder / "config" / "config.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(NotConfigured, match=r"config\.toml"):
        load(folder)


def test_a_missing_env_file_is_told(folder: Path) -> None:
    with pytest.raises(InvalidUsage, match="--env-file"):
        load(folder, env_file=folder / "nowhere")


def test_env_example_lists_every_setting_with_a_line_that_explains_it() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = [line.split("=")[0] for line in lines if "=" in line and not line.startswith("#")]
    assert set(SETTINGS) <= set(names)
    for name in SETTINGS:
        above = lines[: lines.index(next(line for line in lines if line.startswith(f"{name}=")))]
        block = [line for line in reversed(above) if line][:2]
        assert any(line.startswith("#") for line in block), f"{name} is not explained"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pa@ss/word@h:1/0", "redis://********@h:1/0"),
        ("http://u:p@h:1,http://u:q@i:1", "http://********@i:1"),
        (
            "redis+sentinel://h:1/m?sentinel_password=hunter2&x=1",
            "redis+sentinel://h:1/m?sentinel_password=********&x=1",
        ),
        ("rediss://h:1/0?ssl_ca_certs=/ca.pem", "rediss://h:1/0?ssl_ca_certs=/ca.pem"),
        ("http://course-service:3003", "http://course-service:3003"),
    ],
)
def test_nothing_secret_of_a_url_is_shown(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
