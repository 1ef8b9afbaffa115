"""Signing in with email and password against the official emulator, and against what it cannot do."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import pexpect
import pytest

from shema_cli.calls.transport import fetch
from tests.support.cli import shema
from tests.support.firebase import PASSWORD, EmulatedProject, Production, rejection, signed_in
from tests.support.gate import EMAIL, PASS, login, traces
from tests.support.http import Answer, HttpServer

STATUS_KEYS = ["signed_in", "email", "uid", "admin", "project", "emulator", "expires_at", "storage"]


@pytest.mark.everywhere
def test_an_admin_signs_in_and_out(firebase: EmulatedProject, env: dict[str, str]) -> None:
    uid = firebase.create(EMAIL, claims={"admin": True})
    assert login(env).code == 0
    run = shema("auth", "status", "-o", "json", env=env)
    assert run.code == 0
    assert list(run.json) == STATUS_KEYS
    assert run.json | {"expires_at": None} == {
        "signed_in": True,
        "email": EMAIL,
        "uid": uid,
        "admin": True,
        "project": "demo-shema",
        "emulator": True,
        "expires_at": None,
        "storage": "file",
    }
    assert run.err.startswith("EMULATOR")
    assert run.err.count("\n") == 1
    token = shema("auth", "token", env=env)
    assert token.code == 0
    assert token.out.count(".") == 2
    assert token.out.endswith(".\n")
    assert shema("auth", "token", "--json", env=env).json["token"] == token.out.strip()
    assert shema("auth", "logout", env=env).code == 0
    assert traces(env) == []
    run = shema("auth", "status", "--json", env=env)
    assert (run.code, run.json["signed_in"], list(run.json)) == (4, False, STATUS_KEYS)
    assert shema("auth", "token", env=env).code == 4
    assert shema("auth", "logout", env=env).code == 0


def test_a_role_makes_an_admin_too(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.create(EMAIL, claims={"role": "admin"})
    assert login(env).code == 0


def test_who_is_no_admin_gets_exit_4_and_nothing_is_kept(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.create(EMAIL, claims={"role": "teacher"})
    run = login(env)
    assert (run.code, traces(env)) == (4, [])
    assert "is not an admin" in run.err
    assert login(env, "--json").json["error"]["code"] == "not_admin"


def test_a_failed_login_leaves_the_session_that_there_was(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.create(EMAIL, claims={"admin": True})
    firebase.create("budi@shema.test")
    assert login(env).code == 0
    assert login(env, email="budi@shema.test").code == 4
    assert shema("auth", "status", "--json", env=env).json["email"] == EMAIL


def test_an_unknown_email_and_a_wrong_password_read_the_same(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.create(EMAIL, claims={"admin": True})
    wrong, unknown = login(env, password="guess"), login(env, email="nobody@shema.test")
    assert (wrong.code, wrong.out, wrong.err) == (unknown.code, unknown.out, unknown.err)
    assert wrong.code == 4


@pytest.mark.parametrize("reason", ["EMAIL_NOT_FOUND", "INVALID_PASSWORD", "INVALID_LOGIN_CREDENTIALS"])
def test_google_has_three_words_for_it(production: Production, production_env: dict[str, str], reason: str) -> None:
    production.answer(PASSWORD, rejection(reason))
    run = login(production_env)
    assert (run.code, run.err.splitlines()[0]) == (4, "error: the email or the password is not right")


def test_too_many_attempts_ask_for_patience_and_are_not_repeated(
    production: Production, production_env: dict[str, str]
) -> None:
    message = "TOO_MANY_ATTEMPTS_TRY_LATER : Access to this account has been temporarily disabled"
    production.answer(PASSWORD, rejection(message))
    run = login(production_env)
    assert run.code == 4
    assert "wait" in run.err
    assert len(production.asked(PASSWORD)) == 1


def test_a_disabled_account(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.update(firebase.create(EMAIL, claims={"admin": True}), disableUser=True)
    run = login(env)
    assert run.code == 4
    assert "disabled" in run.err


def test_production_speaks_to_google_with_the_api_key(production: Production, production_env: dict[str, str]) -> None:
    production.answer(PASSWORD, signed_in(production.token()))
    run = login(production_env)
    assert (run.code, run.err) == (0, "")
    (asked,) = production.asked(PASSWORD)
    assert asked.query == {"key": "AIza-test-key"}
    assert asked.json == {"email": EMAIL, "password": PASS, "returnSecureToken": True}
    assert "EMULATOR" not in shema("auth", "status", env=production_env).err


@pytest.mark.parametrize("missing", ["FIREBASE_PROJECT_ID", "FIREBASE_API_KEY"])
def test_what_is_not_configured_is_named(production: Production, production_env: dict[str, str], missing: str) -> None:
    run = login({name: value for name, value in production_env.items() if name != missing})
    assert run.code == 2
    assert missing in run.err
    assert production.firebase.requests == []


def test_a_key_that_google_does_not_know(production: Production, production_env: dict[str, str]) -> None:
    production.answer(PASSWORD, rejection("API key not valid. Please pass a valid API key."))
    run = login(production_env)
    assert run.code == 2
    assert "FIREBASE_API_KEY" in run.err
    assert "AIza" not in run.err


@pytest.mark.parametrize(
    ("host", "project"),
    [
        ("127.0.0.1:{port}", "shema-music"),
        ("0.0.0.0:{port}", "demo-shema"),
        ("127.0.0.1.nip.test:{port}", "demo-shema"),
        ("http://127.0.0.1:{port}", "demo-shema"),
    ],
)
def test_a_false_emulator_is_refused_before_the_password_is_sent(
    base_env: dict[str, str], host: str, project: str
) -> None:
    with HttpServer() as server:
        env = base_env | {
            "FIREBASE_PROJECT_ID": project,
            "FIREBASE_API_KEY": "key",
            "FIREBASE_AUTH_EMULATOR_HOST": host.format(port=server.port),
        }
        run = login(env)
        assert run.code == 4
        assert server.requests == []
        status = shema("auth", "status", "--json", env=env)
        assert (status.code, status.json["signed_in"], status.json["emulator"]) == (4, False, True)


def test_without_a_terminal_the_flags_are_named(env: dict[str, str]) -> None:
    run = shema("auth", "login", env=env)
    assert (run.code, "--email" in run.err) == (2, True)
    run = shema("auth", "login", "--email", EMAIL, env=env)
    assert (run.code, "--password-stdin" in run.err) == (2, True)
    assert shema("auth", "login", "--email", EMAIL, "--password-stdin", env=env).code == 2
    assert shema("auth", "login", "--email", EMAIL, "--browser", env=env).code == 2
    words = ("auth", "login", "--email", EMAIL, "--password-stdin", "--json")
    assert shema(*words, env=env, stdin=b"\xff\xfe\n").json["error"]["code"] == "bad_password"


def test_the_variable_outranks_the_session_and_says_so(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.create(EMAIL, claims={"admin": True})
    firebase.create("citra@shema.test", claims={"admin": True})
    assert login(env).code == 0
    other = env | {"SHEMA_ID_TOKEN": firebase.sign_in("citra@shema.test")["idToken"]}
    run = shema("auth", "status", env=other)
    assert "citra@shema.test" in run.out
    assert "SHEMA_ID_TOKEN is set" in run.err
    assert shema("auth", "status", "--json", env=other).json["storage"] == "SHEMA_ID_TOKEN"
    assert shema("auth", "token", env=other).out.strip() == other["SHEMA_ID_TOKEN"]
    assert "outranks" in login(other).err
    assert "SHEMA_ID_TOKEN" in shema("auth", "logout", env=other).err
    spent = env | {"SHEMA_ID_TOKEN": "forged"}
    assert login(env).code == 0
    run = shema("auth", "status", env=spent)
    assert (run.code, "unset it" in run.err) == (4, True)


def test_out_of_reach_is_exit_3(base_env: dict[str, str]) -> None:
    env = base_env | {"FIREBASE_PROJECT_ID": "demo-shema", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1"}
    assert login(env).code == 3


@pytest.mark.everywhere
def test_a_person_types_the_password_and_it_is_not_shown(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.create(EMAIL, claims={"admin": True})
    child = pexpect.spawn(
        sys.executable,
        ["-m", "shema_cli", "auth", "login"],
        env=env | {"TERM": "xterm", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        encoding="utf-8",
        timeout=20,
        dimensions=(24, 80),
    )
    child.expect("Email: ")
    child.sendline(EMAIL)
    child.expect(f"Password of {EMAIL}: ")
    child.sendline(PASS)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert PASS not in child.before
    assert json.loads(shema("auth", "status", "--json", env=env).out)["email"] == EMAIL


SIGN_IN = "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword"


def endless(sent: list[int], size: int, pause_s: float) -> Iterator[bytes]:
    for _ in range(20_000):
        time.sleep(pause_s)
        sent.append(size)
        yield b"x" * size


@pytest.mark.parametrize(("size", "pause_s", "said"), [(65_536, 0.0, "longer than 10 MiB"), (1, 0.02, "within 0.3 s")])
def test_an_answer_without_end_is_given_up(
    base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, size: int, pause_s: float, said: str
) -> None:
    """A flood by its size, a drip by the time that is given to the whole of an answer."""
    if pause_s:
        monkeypatch.setitem(fetch.__kwdefaults__ or {}, "limit_s", 0.3)
    sent: list[int] = []
    with HttpServer() as server:
        server.on("POST", SIGN_IN, lambda _: Answer(chunks=endless(sent, size, pause_s)))
        host = f"127.0.0.1:{server.port}"
        env = base_env | {"FIREBASE_PROJECT_ID": "demo-shema", "FIREBASE_AUTH_EMULATOR_HOST": host}
        run = login(env)
        assert run.code in (1, 3)
        assert said in run.err
        assert traces(env) == []
    assert sum(sent) < 40 * 2**20
