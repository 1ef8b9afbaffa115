"""`shema setup` at a terminal: asked, tried, corrected or kept, signed in, written, and nothing before its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.school import SECRET, config_file, profile_of
from tests.setup.terminal import CTRL_C, CTRL_D, ENTER, Setup, at_the_question, through_services
from tests.support.cli import shema
from tests.support.emulated import firebase, firebase_emulator, shared_folder
from tests.support.firebase import EmulatedProject
from tests.support.http import HttpServer
from tests.support.valkey import Valkey, free_port

__all__ = ["firebase", "firebase_emulator", "shared_folder"]

EMAIL, PASSWORD = "ani@shema.test", "login-pass-9f3a"


@pytest.fixture
def env(base_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return base_env | {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.fixture
def opened(env: dict[str, str]) -> Iterator[Setup]:
    with Setup("setup", "staging", env=env, columns=110, lines=60) as terminal:
        yield terminal


@pytest.mark.slow
def test_from_the_first_question_to_the_status(
    opened: Setup, env: dict[str, str], valkey: Valkey, school: HttpServer, firebase: EmulatedProject
) -> None:
    firebase.create(EMAIL, PASSWORD, {"admin": True})
    opened.asks("REDIS_URL").types(f"redis://127.0.0.1:{free_port()}")
    opened.says("listens there", "k: keep it all the same").types("")
    opened.asks("REDIS_URL").types(valkey.url)
    opened.says("it takes writes")
    through_services(opened, school.url)
    opened.asks("SERVICE_JWT_SECRET").types("wrong" * 10)
    opened.says("user refuse it").types("")
    opened.asks("SERVICE_JWT_SECRET").types(SECRET)
    opened.says("user take it")
    opened.asks("FIREBASE_PROJECT_ID").types(firebase.id)
    opened.asks("FIREBASE_AUTH_EMULATOR_HOST").types(firebase.host)
    opened.says("the emulator answers")
    opened.asks("FIREBASE_API_KEY").types("")
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "SHEMA_OAUTH_CLIENT_ID", "SHEMA_AUDIT_KEY", "confirm", "read_only"):
        opened.asks(name).types("")
    opened.asks("Sign in").types(EMAIL)
    opened.says(f"Password of {EMAIL}").types("wrong")
    opened.says("the email or the password is not right")
    opened.asks("Sign in").types(EMAIL)
    opened.wait(until=lambda: opened.text.count("Password of") == 2)
    opened.types(PASSWORD)
    opened.says(f"{EMAIL} is an admin", "Write profile staging? 12 values are new.", "Go on? [y/N]")
    assert not config_file(env).exists()
    assert not Path(env["SHEMA_STATE_DIR"]).exists()
    opened.types("y")
    assert opened.end() == 0
    assert f"signed in as {EMAIL}" in opened.text
    assert "services: 8 of 8 services answer" in opened.text, "the status stands at the end"
    assert SECRET not in opened.raw
    assert PASSWORD not in opened.raw
    assert profile_of(env)["REDIS_URL"] == valkey.url
    assert config_file(env).stat().st_mode & 0o777 == 0o600
    assert shema("auth", "status", "--json", env=env).json["email"] == EMAIL


@pytest.mark.parametrize(
    ("ending", "at"),
    [(CTRL_C, "first"), (CTRL_D, "first"), (CTRL_C, "secret"), (CTRL_D, "secret"), (CTRL_C, "question")],
)
def test_whatever_breaks_it_off_nothing_was_written(env: dict[str, str], ending: str, at: str) -> None:
    with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        if at == "question":
            at_the_question(opened)
        else:
            opened.asks("REDIS_URL")
        if at == "secret":
            opened.types("-")
            through_services(opened, "-")
            opened.asks("SERVICE_JWT_SECRET")
        opened.keys(ending)
        assert opened.end() == 130
    assert "interrupted; nothing was written" in opened.text
    assert not config_file(env).exists()


def test_a_password_in_a_url_is_never_on_the_screen(opened: Setup, valkey: Valkey) -> None:
    opened.asks("REDIS_URL").keys("redis://ani:")
    for letter in "redis-pass-9f3a":
        opened.keys(letter)
    opened.says("redis://ani:" + "*" * 15).keys(f"@127.0.0.1:{valkey.port}/0")
    opened.says(f"redis://********@127.0.0.1:{valkey.port}/0").keys(ENTER)
    opened.says("p: type its password")
    assert "9f3a" not in opened.raw


def test_a_password_that_is_missing_is_typed_unseen(env: dict[str, str]) -> None:
    server = Valkey(("--requirepass", "redis-pass-9f3a")).start()
    try:
        with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
            opened.asks("REDIS_URL").types(f"redis://127.0.0.1:{server.port}")
            opened.says("p: type its password").types("p")
            opened.says("password of Redis").types("redis-pass-9f3a")
            opened.says("it takes writes")
            assert "redis-pass-9f3a" not in opened.raw
            opened.asks("AUTH_SERVICE_URL").types("b")
            opened.asks("REDIS_URL").says("[redis://********@127.0.0.1:")
    finally:
        server.stop()


def test_one_goes_back_and_what_is_there_is_kept_with_enter(env: dict[str, str], school: HttpServer) -> None:
    given = f"SERVICE_NAME=x\nCHAT_SERVICE_URL={school.url}\nconfirm=type-name\n".encode()
    assert shema("setup", "staging", "--from", "-", env=env, stdin=given).code == 0
    before = profile_of(env)
    with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        opened.asks("REDIS_URL").types("")
        opened.asks("AUTH_SERVICE_URL").types("b")
        opened.asks("REDIS_URL").types("")
        through_services(opened, "")
        opened.asks("SERVICE_JWT_SECRET").types("")
        opened.asks("FIREBASE_PROJECT_ID").types("")
        opened.asks("SHEMA_AUDIT_KEY").types("")
        opened.asks("confirm").says("[yes]").types("")
        opened.asks("read_only").types("y")
        opened.says("Write profile staging? 1 value is new.").types("y")
        opened.end()
    assert profile_of(env) == before | {"read_only": "true"}


def test_where_nothing_changes_nothing_is_asked_or_written(env: dict[str, str]) -> None:
    assert shema("setup", "staging", "--from", "-", env=env, stdin=b"SERVICE_NAME=x\n").code == 0
    before = config_file(env).stat().st_mtime_ns
    with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        opened.asks("REDIS_URL").types("")
        through_services(opened, "")
        for name in ("SERVICE_JWT_SECRET", "FIREBASE_PROJECT_ID", "SHEMA_AUDIT_KEY", "confirm", "read_only"):
            opened.asks(name).types("")
        assert opened.end() == 0
    assert "says all of that already; nothing was written" in opened.text
    assert config_file(env).stat().st_mtime_ns == before


def test_the_name_is_asked_for_and_one_that_cannot_be_is_told(env: dict[str, str]) -> None:
    with Setup("setup", env=env, columns=110, lines=60) as opened:
        opened.says("Name of the profile [production]:").types("sandbox")
        opened.says("it is the sandbox's own").types("")
        opened.asks("REDIS_URL").says("Profile production, which is new")


def test_a_narrow_terminal_shows_all_of_it(env: dict[str, str]) -> None:
    with Setup("setup", "staging", env=env, columns=40, lines=60) as opened:
        opened.asks("REDIS_URL").types(f"redis://127.0.0.1:{free_port()}")
        opened.says("b: back", "  ?").types("k")
        opened.asks("AUTH_SERVICE_URL")
        assert max(map(len, opened.display)) <= 40


def test_a_guard_that_is_misspelt_is_not_kept_without_a_word(env: dict[str, str]) -> None:
    config_file(env).parent.mkdir()
    config_file(env).write_text('[profiles.staging]\nconfirm = "type-nmae"\n')
    with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        while opened.next_question() != "confirm":
            opened.types("")
        opened.says("[type-nmae]").types("")
        opened.says("is not understood").types("")
        opened.asks("confirm").types("y")
        opened.asks("read_only").types("")
        opened.says("Write profile staging? 1 value changes.").types("y")
        assert opened.end() == 0
    assert profile_of(env) == {"confirm": "type-name"}
