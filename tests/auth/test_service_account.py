"""Machines: a service account's key, with firebase-admin pointed at loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import firebase_admin._token_gen as token_gen
import firebase_admin._user_mgt as user_mgt
import jwt
import pytest

from shema_cli.auth.service_account import AUDIENCE
from shema_cli.errors import AccessDenied, Failed, NotConfigured, Unreachable
from tests.auth.robot import ROBOT, key_file
from tests.support.cli import shema
from tests.support.firebase import (
    CUSTOM_TOKEN,
    LOOKUP,
    EmulatedProject,
    Production,
    SigningKey,
    account,
    rejection,
    signed_in,
)
from tests.support.gate import EMAIL, NOW, kept, login
from tests.support.http import Answer, HttpServer
from tests.support.world import app_of

ADMIN_LOOKUP = "/v1/projects/shema-music/accounts:lookup"


def of_robot(production: Production, **claims: object) -> str:
    return production.token(None, sub=f"service-account:{ROBOT}", email=None, **claims)


def test_a_login_keeps_the_path_of_the_key_and_nothing_of_it(
    production: Production, production_env: dict[str, str], other_key: SigningKey, tmp_path: Path
) -> None:
    path = key_file(tmp_path, other_key)
    production.answer(CUSTOM_TOKEN, signed_in(of_robot(production)))
    run = shema("auth", "login", "--service-account", path, "--json", env=production_env)
    assert (run.code, run.json["email"], run.json["storage"]) == (0, ROBOT, "service-account")
    (asked,) = production.asked(CUSTOM_TOKEN)
    custom = jwt.decode(asked.json["token"], other_key.private.public_key(), algorithms=["RS256"], audience=AUDIENCE)
    assert (custom["iss"], custom["claims"]) == (ROBOT, {"admin": True})
    for file in (tmp_path / "state").glob("session*"):
        content = file.read_text()
        assert "PRIVATE" not in content
        assert asked.json["token"] not in content
        assert "refresh-token" not in content
        assert of_robot(production).split(".")[0] not in content
    assert shema("auth", "status", env=production_env).code == 0
    assert shema("auth", "logout", env=production_env).code == 0
    assert shema("auth", "status", env=production_env).code == 4


def test_the_variable_alone_is_enough(
    production: Production, production_env: dict[str, str], other_key: SigningKey, tmp_path: Path
) -> None:
    env = production_env | {"GOOGLE_APPLICATION_CREDENTIALS": key_file(tmp_path, other_key)}
    production.answer(CUSTOM_TOKEN, signed_in(of_robot(production)))
    admin = app_of(env).gate.authorize(changes=True)
    assert (admin.email, admin.source) == (ROBOT, "service-account")
    assert list((tmp_path / "state").glob("session*")) == []
    assert shema("auth", "login", env=env).code == 0


def test_a_session_is_preferred_to_the_variable(
    production: Production, production_env: dict[str, str], other_key: SigningKey, tmp_path: Path
) -> None:
    env = production_env | {"GOOGLE_APPLICATION_CREDENTIALS": key_file(tmp_path, other_key)}
    kept(env, production.token(None), time.time())
    assert app_of(env).gate.authorize(changes=False).source == "session"


@pytest.mark.parametrize(
    "answer", [rejection("INVALID_CUSTOM_TOKEN"), rejection("CREDENTIAL_MISMATCH"), rejection("USER_DISABLED")]
)
def test_a_key_that_firebase_does_not_accept(
    production: Production, production_env: dict[str, str], other_key: SigningKey, tmp_path: Path, answer: Answer
) -> None:
    production.answer(CUSTOM_TOKEN, answer)
    env = production_env | {"GOOGLE_APPLICATION_CREDENTIALS": key_file(tmp_path, other_key)}
    with pytest.raises(AccessDenied, match=ROBOT):
        app_of(env).gate.authorize(changes=False)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"type": "service_account"}', '{"type": "service_account", "client_email": "a"}']
)
def test_a_file_that_is_no_key(env: dict[str, str], tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    assert shema("auth", "login", "--service-account", str(path), env=env).code == 2


def test_a_key_that_is_missing_or_cannot_sign(env: dict[str, str], tmp_path: Path) -> None:
    assert shema("auth", "login", "--service-account", str(tmp_path / "none.json"), env=env).code == 2
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"type": "service_account", "client_email": ROBOT, "private_key": "-----secret"}))
    run = shema("auth", "login", "--service-account", str(path), env=env)
    assert (run.code, "secret" in run.err) == (2, False)


def test_a_variable_that_names_no_key_signs_nobody_in(env: dict[str, str], tmp_path: Path) -> None:
    run = shema("auth", "token", env=env | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")})
    assert (run.code, "none.json" in run.err) == (4, True)


def test_other_kinds_of_credentials_are_nobody(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "user.json"
    path.write_text(json.dumps({"type": "authorized_user", "refresh_token": "x"}))
    assert shema("auth", "token", env=env | {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}).code == 4


def test_the_emulator_takes_it_too(
    firebase: EmulatedProject, env: dict[str, str], other_key: SigningKey, tmp_path: Path
) -> None:
    run = shema("auth", "login", "--service-account", key_file(tmp_path, other_key), env=env)
    assert run.code == 0, run.err
    assert shema("auth", "status", "--online", env=env).code == 0
    token = shema("auth", "token", env=env).out.strip()
    shema("auth", "logout", env=env)
    assert shema("auth", "status", "--online", env=env | {"SHEMA_ID_TOKEN": token}).code == 0


# -- a person's change, confirmed with a service account --------------------------------------------------------------


@pytest.fixture
def admin_api(
    production: Production, monkeypatch: pytest.MonkeyPatch, other_key: SigningKey, tmp_path: Path
) -> Iterator[tuple[HttpServer, str]]:
    """Google's administrative side on loopback, and a key file for it."""
    with HttpServer() as server:
        server.on("POST", "/token", Answer(json={"access_token": "robot-token", "expires_in": 3600}))
        monkeypatch.setattr(user_mgt.UserManager, "ID_TOOLKIT_URL", f"{server.url}/v1")
        monkeypatch.setattr(
            token_gen, "ID_TOKEN_CERT_URI", f"{production.certificates.url}{production.certificates.path}"
        )
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server, key_file(tmp_path, other_key, f"{server.url}/token")


def a_user(**fields: object) -> Answer:
    user = {
        "localId": "uid-ani",
        "email": EMAIL,
        "validSince": "1700000000",
        "customAttributes": '{"admin":true}',
        "lastLoginAt": "1700000000000",
        "createdAt": "1700000000000",
        **fields,
    }
    return Answer(json={"users": [user]})


Change = Callable[[], str]


@pytest.fixture
def change(production: Production, production_env: dict[str, str], admin_api: tuple[HttpServer, str]) -> Change:
    env = production_env | {"GOOGLE_APPLICATION_CREDENTIALS": admin_api[1]}
    kept(env, production.token(None), time.time())
    return lambda: app_of(env).gate.authorize(changes=True).uid


def test_firebase_admin_confirms(change: Change, admin_api: tuple[HttpServer, str], production: Production) -> None:
    admin_api[0].on("POST", ADMIN_LOOKUP, a_user())
    assert change() == "uid-ani"
    assert admin_api[0].seen(ADMIN_LOOKUP)[0].headers["authorization"] == "Bearer robot-token"
    assert production.firebase.requests == []


def test_credentials_of_another_kind_leave_the_question_to_the_session(
    production: Production, production_env: dict[str, str], tmp_path: Path
) -> None:
    production.answer(LOOKUP, account())
    kept(production_env, production.token(None), time.time())
    env = production_env | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
    assert app_of(env).gate.authorize(changes=True).uid == "uid-ani"


@pytest.mark.parametrize(
    "answer",
    [
        a_user(disabled=True),
        a_user(validSince="4000000000"),
        a_user(customAttributes='{"role":"teacher"}'),
        a_user(customAttributes=None),
        Answer(json={"users": []}),
    ],
)
def test_firebase_admin_denies(change: Change, admin_api: tuple[HttpServer, str], answer: Answer) -> None:
    admin_api[0].on("POST", ADMIN_LOOKUP, answer)
    with pytest.raises(AccessDenied):
        change()


@pytest.mark.parametrize(
    ("path", "answer", "kind"),
    [
        (ADMIN_LOOKUP, Answer(403, json={"error": {"code": 403, "message": "PERMISSION_DENIED"}}), Failed),
        (ADMIN_LOOKUP, Answer(504), Unreachable),
        ("/token", Answer(400, json={"error": "invalid_grant", "error_description": "Invalid JWT"}), NotConfigured),
    ],
)
def test_firebase_admin_without_an_answer(
    change: Change, admin_api: tuple[HttpServer, str], path: str, answer: Answer, kind: type[Exception]
) -> None:
    admin_api[0].on("POST", ADMIN_LOOKUP, a_user())
    admin_api[0].on("POST", path, answer)
    with pytest.raises(kind) as failure:
        change()
    assert not isinstance(failure.value, AccessDenied)


def test_a_blank_emulator_variable_does_not_make_firebase_admin_credulous(
    change: Change, admin_api: tuple[HttpServer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", " ")
    admin_api[0].on("POST", ADMIN_LOOKUP, a_user())
    assert change() == "uid-ani"


def test_signing_out_everywhere_revokes(
    production: Production, production_env: dict[str, str], admin_api: tuple[HttpServer, str]
) -> None:
    update = "/v1/projects/shema-music/accounts:update"
    env = production_env | {"GOOGLE_APPLICATION_CREDENTIALS": admin_api[1]}
    store = kept(env, production.token(NOW), NOW)
    refused = shema("auth", "logout", "--everywhere", env=production_env)
    assert (refused.code, "GOOGLE_APPLICATION_CREDENTIALS" in refused.err) == (2, True)
    assert store.load() is not None
    admin_api[0].on("POST", update, Answer(json={"localId": "uid-ani"}))
    assert shema("auth", "logout", "--everywhere", env=env).code == 0
    assert admin_api[0].seen(update)[0].json["localId"] == "uid-ani"
    assert int(admin_api[0].seen(update)[0].json["validSince"]) > NOW - 10**9
    assert store.load() is None


def test_signing_out_everywhere_on_the_emulator(firebase: EmulatedProject, env: dict[str, str]) -> None:
    firebase.create(EMAIL, claims={"admin": True})
    assert login(env).code == 0
    assert shema("auth", "logout", "--everywhere", "--json", env=env).json == {"signed_out": True, "everywhere": True}
    assert shema("auth", "logout", "--everywhere", env=env).code == 2
