from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import InvalidUsage, NotConfigured
from shema_cli.masking import MASK, without_credentials
from shema_cli.settings.sources import load_settings
from shema_cli.settings.target import Target
from shema_cli.settings.values import (
    EXAMPLES,
    PATHS,
    SECRETS,
    SETTINGS,
    Setting,
    Settings,
    mask,
    service_variable,
)

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


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_value_that_is_no_text_is_told_unless_it_is_a_path(folder: Path, name: str) -> None:
    settings = Settings({name: Setting(name, "\udce9", "environment")}, None, {}, folder, folder)
    if name in PATHS:
        assert settings.get(name) == "\udce9"
        return
    assert Target.of(settings).line.startswith("Target: default")
    with pytest.raises(NotConfigured, match=rf"^{name} \(environment\) is not UTF-8$"):
        settings.get(name)


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
    with pytest.raises(InvalidUsage, match=r"no profile 'stagin' .*\(SHEMA_PROFILE, environment\)"):
        load(folder, {"SHEMA_PROFILE": "stagin"})


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


def test_env_example_suggests_what_setup_does() -> None:
    given = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if line[:1].isupper())
    assert {name: value for name, value in given.items() if value} == EXAMPLES


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


# -- nothing secret is shown ---------------------------------------------------------------------------------------

PASSWORDS = st.text(st.characters(exclude_characters="&"), max_size=10).map(lambda text: f"sesame{text}sesame")


@given(PASSWORDS, st.sampled_from(["redis", "rediss+sentinel", "http", ""]), st.sampled_from(["", "?x=1", "/0"]))
def test_whatever_a_password_is_made_of_it_is_not_shown(password: str, scheme: str, rest: str) -> None:
    """Unquoted, with spaces, without a scheme before it: what is written by hand may be written wrongly."""
    prefix = f"{scheme}://" if scheme else ""
    assert "sesame" not in without_credentials(f"{prefix}ana:{password}@h:1{rest}")
    assert "sesame" not in mask("REDIS_URL", f"{prefix}:{password}@h:1{rest}")


@given(PASSWORDS, st.sampled_from(["password", "sentinel_password", "api_token", "client_secret", "TOKEN"]))
def test_a_secret_parameter_of_a_url_is_not_shown(password: str, name: str) -> None:
    shown = without_credentials(f"redis://h:1/0?a=1&{name}={password}&b=2")
    assert "sesame" not in shown
    assert shown.startswith("redis://h:1/0?a=1&" if "@" not in password else "redis://")
    assert shown.endswith("&b=2")


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_setting_is_not_shown_at_all(name: str) -> None:
    assert mask(name, "x") == MASK


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHEMA_CONFIG_DIR", "/home/ana@school/config"),
        ("SERVICE_NAME", "shema-cli"),
        ("REDIS_URL", "redis://h:1/0"),
        ("REDIS_URL", "localhost:6379"),
        ("CHAT_SERVICE_URL", "http://a:1, http://b:2"),
        ("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099"),
    ],
)
def test_what_has_no_secret_is_shown_as_it_is(name: str, value: str) -> None:
    assert mask(name, value) == value


# -- which source wins ---------------------------------------------------------------------------------------------

LAYERS = ("flag", "environment", ".env", "profile p", "default")


@pytest.mark.parametrize("present", [set(c) for n in range(5) for c in combinations(LAYERS[:-1], n)], ids=sorted)
@pytest.mark.parametrize("blank", [None, *LAYERS[:-1]])
def test_of_every_combination_of_sources_the_highest_that_is_not_empty_wins(
    folder: Path, present: set[str], blank: str | None
) -> None:
    def value(layer: str) -> str:
        return "  " if layer == blank else f"from {layer}"

    set_in = {layer: {"SERVICE_NAME": value(layer)} if layer in present else {} for layer in LAYERS}
    write_config(
        folder, "[profiles.p]\n" + "".join(f'{name} = "{text}"\n' for name, text in set_in["profile p"].items())
    )
    (folder / ".env").write_text("".join(f"{name}='{text}'\n" for name, text in set_in[".env"].items()))
    found = load(folder, set_in["environment"], profile="p", overrides=set_in["flag"]).entries["SERVICE_NAME"]
    winner = next((layer for layer in LAYERS if layer in present and layer != blank), "default")
    assert found.source == winner
    assert found.value == ("shema-cli" if winner == "default" else f"from {winner}")


@pytest.mark.parametrize(
    ("flag", "variable", "default", "chosen"),
    [
        ("a", "b", "c", "a"),
        (None, "b", "c", "b"),
        (None, None, "c", "c"),
        (None, None, None, None),
        (None, " ", "c", "c"),
    ],
)
def test_which_profile_is_used(
    folder: Path, flag: str | None, variable: str | None, default: str | None, chosen: str | None
) -> None:
    write_config(
        folder, (f'default_profile = "{default}"\n' if default else "") + "[profiles.a]\n[profiles.b]\n[profiles.c]\n"
    )
    settings = load(folder, {"SHEMA_PROFILE": variable} if variable else {}, profile=flag)
    assert settings.profile == chosen
    assert settings.profile_label == (chosen or "default")
    assert (settings.profiles, settings.default_profile) == (("a", "b", "c"), default)


def test_the_options_of_a_profile_are_no_settings_and_its_settings_no_options(folder: Path) -> None:
    write_config(folder, '[profiles.p]\nconfirm = "type-name"\ncolor = "red"\nservice_name = "x"\nunknown = 1\n')
    settings = load(folder, profile="p")
    assert settings.profile_options == {"confirm": "type-name", "color": "red"}
    assert set(settings.entries) == {"SHEMA_CONFIG_DIR", "SHEMA_PROFILE", "SERVICE_NAME", "SHEMA_OUTPUT"}
    assert load(folder).profile_options == {}


def test_a_profile_beside_the_config_file_is_one_and_the_config_file_wins(folder: Path) -> None:
    beside = folder / "config" / "profiles.d"
    beside.mkdir()
    (beside / "sandbox.toml").write_text('REDIS_URL = "redis://beside"\nSERVICE_NAME = "beside"\n')
    assert load(folder, profile="sandbox").get("REDIS_URL") == "redis://beside"
    write_config(folder, '[profiles.sandbox]\nredis_url = "redis://config"\n[profiles.other]\n')
    settings = load(folder, profile="sandbox")
    assert settings.profiles == ("sandbox", "other")
    assert (settings.get("REDIS_URL"), settings.get("SERVICE_NAME")) == ("redis://config", "beside")


def test_a_broken_file_beside_the_config_file_is_told_by_its_name(folder: Path) -> None:
    (folder / "config" / "profiles.d").mkdir()
    (folder / "config" / "profiles.d" / "x.toml").write_text("[")
    with pytest.raises(NotConfigured, match=r"x\.toml"):
        load(folder)


def test_another_env_file_is_read_instead_and_named(folder: Path) -> None:
    (folder / ".env").write_text("SERVICE_NAME=usual\nREDIS_URL=redis://usual\n")
    (folder / "other").write_text("SERVICE_NAME=other\n")
    settings = load(folder, env_file=folder / "other")
    assert settings.entries["SERVICE_NAME"].source == str(folder / "other")
    assert settings.get("REDIS_URL") is None


def test_an_env_file_is_taken_word_by_word_and_nothing_in_it_is_expanded(folder: Path) -> None:
    (folder / ".env").write_text("# comment\nexport SERVICE_NAME='a $HOME b'\nREDIS_URL=redis://:p${x}@h\nUNKNOWN=1\n")
    settings = load(folder)
    assert settings.get("SERVICE_NAME") == "a $HOME b"
    assert settings.get("REDIS_URL") == "redis://:p${x}@h"
    assert "UNKNOWN" not in settings.entries


def test_an_env_file_that_is_no_text_is_told(folder: Path) -> None:
    (folder / ".env").write_bytes("REDIS_URL=redis://h".encode("utf-16"))
    with pytest.raises(NotConfigured) as told:
        load(folder)
    assert told.value.code == "env_file_unreadable"


def test_the_folders_are_the_users_own_unless_they_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "xc"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "xs"))
    settings = load_settings(environ={}, cwd=folder)
    assert settings.config_path == folder / "xc" / "shema" / "config.toml"
    assert settings.state_path == folder / "xs" / "shema"
    named = load_settings(environ={"SHEMA_CONFIG_DIR": "~/c", "SHEMA_STATE_DIR": "~/s"}, cwd=folder)
    assert (named.config_path, named.state_path) == (folder / "c" / "config.toml", folder / "s")


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}", fullmatch=True), unique=True, max_size=5))
def test_a_service_and_its_variable_name_each_other(names: list[str]) -> None:
    entries = {service_variable(name): Setting("", f"http://{name}:1/", "test") for name in names}
    settings = Settings(entries, None, {}, config_path=Path("/n"), state_path=Path("/n"))
    assert settings.service_urls() == {name: (f"http://{name}:1",) for name in names}
