"""Where a command acts, out of its settings alone (contract 3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import ExitCode, Refused
from shema_cli.settings.loopback import is_loopback_host, is_on_this_machine
from shema_cli.settings.sources import load_settings
from shema_cli.settings.target import Target, outranked_by, supplied_by_dotenv
from shema_cli.settings.values import Settings

EMULATED = {"FIREBASE_PROJECT_ID": "demo-x", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def load(folder: Path, profile: str = "", dotenv: str = "", name: str | None = "live", **environ: str) -> Settings:
    (folder / "config" / "config.toml").write_text(f"[profiles.live]\n{profile}\n")
    (folder / ".env").write_text(dotenv)
    environ["SHEMA_CONFIG_DIR"] = str(folder / "config")
    return load_settings(environ=environ, cwd=folder, profile=name)


def test_a_target_is_told_in_one_line_without_a_password(folder: Path) -> None:
    profile = 'REDIS_URL = "rediss://dina:sesame@cache.school.test"\nFIREBASE_PROJECT_ID = "shema-prod"'
    target = Target.of(load(folder, profile)).signed_in("dina@school.test")
    assert target.line == "Target: live · redis cache.school.test:6379/0 · Firebase shema-prod · dina@school.test"
    assert target.sources["REDIS_URL"] == "profile live"


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "Target: default · redis not set · Firebase not set"),
        (EMULATED, "Target: default · redis not set · Firebase demo-x (EMULATOR 127.0.0.1:9099)"),
        ({"REDIS_URL": "redis+cluster://a:1,b:2"}, "Target: default · redis a:1,b:2/0 · Firebase not set"),
        ({"REDIS_URL": "redis+sentinel://a,b/main/3"}, "redis a:26379,b:26379/main/3"),
        ({"REDIS_URL": "redis://[::1]:7/4"}, "redis [::1]:7/4"),
        ({"REDIS_URL": "nonsense"}, "redis (REDIS_URL cannot be read)"),
    ],
)
def test_whatever_is_set_has_a_line(folder: Path, environ: dict[str, str], told: str) -> None:
    assert told in Target.of(load(folder, name=None, **environ)).line


# -- mixed ----------------------------------------------------------------------------------------------------------

SET_BY_PROFILE = {
    "REDIS_URL": "redis://cache:6379/0",
    "COURSE_SERVICE_URL": "http://course:80,https://two",
    "FIREBASE_PROJECT_ID": "shema-prod",
    "FIREBASE_AUTH_EMULATOR_HOST": "localhost:9099",
}
PROFILE = "\n".join(f'{name} = "{value}"' for name, value in SET_BY_PROFILE.items())
ANOTHER = {
    "REDIS_URL": "redis://cache:6379/1",
    "COURSE_SERVICE_URL": "http://course",
    "FIREBASE_PROJECT_ID": "Shema-Prod",
    "FIREBASE_AUTH_EMULATOR_HOST": "localhost:9098",
}


@pytest.mark.parametrize("name", ANOTHER)
@pytest.mark.parametrize("source", ["environment", ".env"])
def test_another_value_from_elsewhere_than_the_profile_is_mixed(folder: Path, name: str, source: str) -> None:
    if source == ".env":
        settings = load(folder, PROFILE, f"{name}={ANOTHER[name]}\n")
    else:
        settings = load(folder, PROFILE, **{name: ANOTHER[name]})
    (found,) = Target.of(settings).mixed
    assert (found.name, found.source) == (name, source)
    assert ANOTHER[name] in found.told("live")
    assert SET_BY_PROFILE[name] in found.told("live")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *SET_BY_PROFILE.items(),
        ("REDIS_URL", "redis://CACHE"),
        ("REDIS_URL", "redis://cache:6379/"),
        ("REDIS_URL", "redis://ana:sesame@cache/0"),
        ("COURSE_SERVICE_URL", "https://TWO:443/, http://course/"),
        ("FIREBASE_AUTH_EMULATOR_HOST", "LOCALHOST:9099"),
        ("USER_SERVICE_URL", "http://somewhere"),
        ("SERVICE_JWT_SECRET", "x"),
    ],
)
def test_the_same_written_otherwise_and_what_the_profile_does_not_set_are_not_mixed(
    folder: Path, name: str, value: str
) -> None:
    assert Target.of(load(folder, PROFILE, **{name: value})).mixed == ()


@pytest.mark.parametrize(
    "value", ["rediss://cache", "redis://cache2", "redis://cache:6380", "redis+cluster://cache:6379", "redis://cache/x"]
)
def test_another_place_is_another_value(folder: Path, value: str) -> None:
    assert [one.name for one in Target.of(load(folder, PROFILE, REDIS_URL=value)).mixed] == ["REDIS_URL"]


@pytest.mark.parametrize(
    ("options", "mixed"),
    [
        ("ssl_cert_reqs=none", True),
        ("ssl_check_hostname=no", True),
        ("ssl_ca_certs=/tmp/theirs.pem", True),
        ("ssl_cert_reqs=required&ssl_check_hostname=yes", False),
        ("ssl_certfile=/etc/mine.pem&ssl_keyfile=/etc/mine.key", False),
    ],
)
def test_a_place_whose_certificate_is_checked_less_is_another(folder: Path, options: str, mixed: bool) -> None:
    settings = load(folder, 'REDIS_URL = "rediss://cache/0"', f"REDIS_URL=rediss://cache/0?{options}\n")
    assert bool(Target.of(settings).mixed) is mixed


def test_without_a_profile_nothing_is_mixed(folder: Path) -> None:
    assert Target.of(load(folder, PROFILE, "REDIS_URL=redis://a\n", name=None, REDIS_URL="redis://b")).mixed == ()


def test_a_profile_key_in_lower_case_counts(folder: Path) -> None:
    (found,) = Target.of(load(folder, 'redis_url = "redis://a"', REDIS_URL="redis://b")).mixed
    assert found.name == "REDIS_URL"


def test_no_password_of_a_mixture_is_shown(folder: Path) -> None:
    settings = load(folder, 'REDIS_URL = "redis://:sesame@a"', REDIS_URL="redis://:sesame@b\n/0")
    target = Target.of(settings)
    assert "sesame" not in target.mixture + str(target.document())
    assert "\n" not in target.mixture


def test_what_would_outrank_values_that_are_not_a_profile_yet(folder: Path) -> None:
    settings = load(folder, "", REDIS_URL="redis://b", SHEMA_PROFILE="live")
    wanted = {"REDIS_URL": "redis://a", "SERVICE_JWT_SECRET": "s", "SERVICE_NAME": "not the default"}
    assert [entry.name for entry in outranked_by(settings, wanted)] == ["REDIS_URL"]
    assert list(outranked_by(settings, {"REDIS_URL": "redis://b:6379"})) == []


# -- this machine ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost.evil.test", False),
        ("x.localhost", False),
        ("127.0.0.1.evil.test", False),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_what_is_on_this_machine(host: str, here: bool) -> None:
    assert is_loopback_host(host) is here


@pytest.mark.parametrize("url", ["http://127.0.0.1@evil.test", "http://evil.test#127.0.0.1", "http://[::1", "nonsense"])
def test_an_address_that_only_looks_like_this_machine_is_elsewhere(url: str) -> None:
    assert not is_on_this_machine(url)


@given(st.text())
def test_any_text_may_be_asked_about(text: str) -> None:
    assert is_loopback_host(text) in (True, False)
    assert is_on_this_machine(text) in (True, False)


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("REDIS_URL", "redis://cache.school.test", "cache.school.test:6379/0"),
        ("REDIS_URL", "redis+sentinel://127.0.0.1,sentinel.test/m", "sentinel.test"),
        ("REDIS_URL", "redis+cluster://localhost:1,node.test:2", "node.test:2"),
        ("CHAT_SERVICE_URL", "http://localhost:1,http://chat.test", "CHAT_SERVICE_URL (http://chat.test)"),
    ],
)
def test_an_emulators_admin_changes_nothing_elsewhere(folder: Path, name: str, value: str, place: str) -> None:
    elsewhere = Target.of(load(folder, name=None, **EMULATED, **{name: value}))
    with pytest.raises(Refused, match="an emulator proves nobody") as told:
        elsewhere.refuse_change(allow_mixed=True)
    assert (told.value.code, told.value.exit_code) == ("emulator_target", ExitCode.REFUSED)
    assert place in told.value.message
    Target.of(load(folder, name=None, **{name: value})).refuse_change(allow_mixed=False)


def test_on_this_machine_an_emulators_admin_may(folder: Path) -> None:
    here = {"REDIS_URL": "redis://:p@[::1]:7000/2", "USER_SERVICE_URL": "http://localhost:1,http://127.0.0.2/x"}
    here["CHAT_SERVICE_URL"] = "localhost:3005"  # no base URL: whoever is to call it says so
    Target.of(load(folder, name=None, **EMULATED, **here)).refuse_change(allow_mixed=False)


@pytest.mark.parametrize("wrong", [{"FIREBASE_PROJECT_ID": "shema-prod"}, {"FIREBASE_AUTH_EMULATOR_HOST": "e.test:1"}])
def test_an_emulator_whose_tokens_do_not_count_is_left_to_the_gate(folder: Path, wrong: dict[str, str]) -> None:
    environ = {**EMULATED, "REDIS_URL": "redis://cache.test", **wrong}
    Target.of(load(folder, name=None, **environ)).refuse_change(allow_mixed=False)


# -- read-only -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "environ", "said_by"),
    [
        ("read_only = true", {}, "profile live"),
        ('READ_ONLY = "yes"', {}, "profile live"),
        ("", {"SHEMA_READ_ONLY": "1"}, "SHEMA_READ_ONLY, environment"),
        ("read_only = true", {"SHEMA_READ_ONLY": "0"}, "profile live"),
        ('SHEMA_READ_ONLY = "1"', {"SHEMA_READ_ONLY": "0"}, "profile live"),
        ("", {"SHEMA_READ_ONLY": "mayhap"}, "SHEMA_READ_ONLY, environment"),
        ("read_only = false", {"SHEMA_READ_ONLY": "no"}, None),
        ("", {}, None),
    ],
)
def test_whoever_says_read_only_is_believed(
    folder: Path, profile: str, environ: dict[str, str], said_by: str | None
) -> None:
    target = Target.of(load(folder, profile, **environ))
    assert target.read_only == said_by
    if said_by:
        with pytest.raises(Refused, match="nothing was changed") as told:
            target.refuse_change(allow_mixed=True)
        assert told.value.code == "read_only"


# -- the .env of the working directory -------------------------------------------------------------------------------


def test_what_a_dotenv_says_of_the_target_is_told_in_one_order(folder: Path) -> None:
    dotenv = (
        "GOOGLE_APPLICATION_CREDENTIALS=k\nSHEMA_AUDIT_KEY=k\nSERVICE_JWT_SECRET=s\nSHEMA_PROFILE=live\nFIREBASE_PROJECT_ID=p\nUSER_SERVICE_URL=http://u\nSERVICE_NAME=n\nREDIS_URL=redis://r\n"
        "CHAT_SERVICE_URL=http://c\nAUTH_SERVICE_URL=\n"
    )
    proofs = ("SERVICE_JWT_SECRET", "SHEMA_AUDIT_KEY", "GOOGLE_APPLICATION_CREDENTIALS")
    told = ("REDIS_URL", "USER_SERVICE_URL", "FIREBASE_PROJECT_ID", "SHEMA_PROFILE", *proofs)
    assert supplied_by_dotenv(load(folder, "", dotenv, name=None, CHAT_SERVICE_URL="http://mine")) == told


def test_a_file_that_was_asked_for_is_not_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    Path(".env").write_text("REDIS_URL=redis://r\nSHEMA_STATE_DIR=there\n")
    settings = load_settings(environ={"SHEMA_CONFIG_DIR": "config"}, env_file=Path(".env"))
    assert supplied_by_dotenv(settings) == ()
    assert settings.state_path == Path("there")
    assert settings.remarks == ()


def test_where_secrets_are_kept_is_not_said_by_the_folder_that_one_is_in(folder: Path) -> None:
    dotenv = "SHEMA_STATE_DIR=./state\nSHEMA_CONFIG_DIR=./config2\nSHEMA_ID_TOKEN=t\nSHEMA_CA_FILE=ca.pem\n"
    settings = load(folder, "", dotenv, SHEMA_STATE_DIR="mine")
    assert settings.state_path == Path("mine")
    assert settings.get("SHEMA_ID_TOKEN") is None
    assert settings.get("SHEMA_CA_FILE") is None
    assert settings.config_path.parent == folder / "config"
    (remark,) = settings.remarks
    assert remark.startswith(".env: SHEMA_STATE_DIR, SHEMA_CONFIG_DIR, SHEMA_ID_TOKEN, SHEMA_CA_FILE ignored")
    assert "--env-file .env" in remark


# -- what a profile holds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("REDIS_ULR", "; did you mean REDIS_URL?"),
        ("colour", "; did you mean color?"),
        ("readonly", "; did you mean read_only?"),
        ("USER_SERVICE_ULR", "; did you mean USER_SERVICE_URL?"),
        ("zzz", ""),
    ],
)
def test_a_key_that_is_no_setting_is_told_with_what_was_meant(folder: Path, key: str, meant: str) -> None:
    assert load(folder, f'{key} = "x"').remarks == (f"profile live: {key!r} is not a setting{meant}",)


@pytest.mark.parametrize(
    ("key", "meant"), [("default_profle", "; did you mean default_profile?"), ("profile", "; did you mean"), ("x", "")]
)
def test_nor_is_a_misspelt_key_beside_the_profiles_taken_without_a_word(folder: Path, key: str, meant: str) -> None:
    (folder / "config" / "config.toml").write_text(f"{key} = 'live'\n[profiles.live]\n")
    settings = load_settings(environ={"SHEMA_CONFIG_DIR": str(folder / "config")}, cwd=folder)
    (remark,) = settings.remarks
    assert f"config.toml: {key!r} means nothing there{meant}" in remark


def test_known_keys_in_either_case_are_not_told(folder: Path) -> None:
    assert load(folder, 'Confirm = "type-name"\nredis_url = "x"\nZITHER_SERVICE_URL = "x"').remarks == ()
