"""What Firebase says at the moment of a change."""

from __future__ import annotations

import json
import socket
import time

import pytest

from shema_cli.auth import project
from shema_cli.auth.session import SessionStore
from shema_cli.errors import AccessDenied, Failed, NotConfigured, Unreachable
from tests.support.cli import shema
from tests.support.firebase import LOOKUP, EmulatedProject, Production, account, claims_of, rejection, unsigned
from tests.support.gate import EMAIL, NOW, kept, login, realm_of
from tests.support.http import Answer
from tests.support.world import app_of, still


def change(env: dict[str, str], now: float = NOW) -> str:
    return app_of(env, still(now)).gate.authorize(changes=True).uid


def test_an_admin_may_change(production: Production, production_env: dict[str, str]) -> None:
    kept(production_env, production.token(NOW))
    production.answer(LOOKUP, account())
    assert change(production_env) == "uid-ani"
    (asked,) = production.asked(LOOKUP)
    assert asked.json == {"idToken": production.token(NOW)}


@pytest.mark.parametrize(
    ("answer", "wiped"),
    [
        (account(disabled=True), True),
        (account(validSince=str(int(NOW) + 1)), True),
        (rejection("TOKEN_EXPIRED"), True),
        (rejection("USER_DISABLED"), True),
        (rejection("USER_NOT_FOUND"), True),
        (rejection("INVALID_ID_TOKEN"), True),
        (Answer(json={"kind": "identitytoolkit#GetAccountInfoResponse"}), True),
        (account(customAttributes="{}"), False),
        (account(customAttributes='{"role":"teacher"}'), False),
        (account(customAttributes=None), False),
        (account(customAttributes="not json"), False),
        (account(customAttributes="[1]"), False),
    ],
)
def test_who_is_no_longer_an_admin_changes_nothing(
    production: Production, production_env: dict[str, str], answer: Answer, wiped: bool
) -> None:
    store = kept(production_env, production.token(NOW))
    production.answer(LOOKUP, answer)
    with pytest.raises(AccessDenied):
        change(production_env)
    assert (store.load() is None) is wiped


def test_a_revocation_in_the_second_of_the_sign_in_is_not_one(
    production: Production, production_env: dict[str, str]
) -> None:
    kept(production_env, production.token(NOW))
    production.answer(LOOKUP, account(validSince=str(int(NOW))))
    assert change(production_env, NOW + 1) == "uid-ani"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(503), Unreachable),
        (Answer(200, body=b"<html>"), Failed),
        (rejection("API key not valid. Please pass a valid API key."), NotConfigured),
        (rejection("QUOTA_EXCEEDED"), Failed),
    ],
)
def test_no_answer_is_no_permission(
    production: Production, production_env: dict[str, str], answer: Answer, kind: type[Exception]
) -> None:
    store = kept(production_env, production.token(NOW))
    production.answer(LOOKUP, answer)
    with pytest.raises(kind):
        change(production_env)
    assert store.load() is not None


def test_why_firebase_did_not_answer_is_told(
    production: Production, production_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One explanation for every call: refused, not known, busy and sent elsewhere are told apart."""
    kept(production_env, production.token(NOW))
    told = {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    for base in (nobody, "http://no-such-host.invalid"):
        with monkeypatch.context() as patch:
            patch.setattr(project, "GOOGLE", project.Endpoints(base, base, project.GOOGLE.certificates))
            with pytest.raises(Unreachable) as failure:
                change(production_env)
        told[base] = failure.value.message
    production.answer(LOOKUP, Answer(503))
    with pytest.raises(Unreachable, match=r"^Firebase answered 503$"):
        change(production_env)
    production.answer(LOOKUP, Answer(302, headers={"Location": "http://elsewhere.invalid"}))
    with pytest.raises(Failed, match="not Firebase's: answered 302, a redirect to http://elsewhere"):
        change(production_env)
    at = nobody.removeprefix("http://")
    assert told[nobody] == f"Firebase could not be reached: the connection to {at} was refused: nothing listens there"
    assert "the name no-such-host.invalid is not known" in told["http://no-such-host.invalid"]


def test_reading_asks_nobody(production: Production, production_env: dict[str, str]) -> None:
    kept(production_env, production.token(NOW))
    app_of(production_env, still(NOW)).gate.authorize(changes=False)
    assert production.firebase.requests == []


def test_withdrawn_rights_are_withdrawn_for_reading_too(production: Production, production_env: dict[str, str]) -> None:
    """The cached ID token still says admin: it is renewed before it is believed again."""
    kept(production_env, production.token(NOW))
    production.answer(LOOKUP, account(customAttributes="{}"))
    with pytest.raises(AccessDenied):
        change(production_env)
    session = SessionStore(realm_of(production_env)).load()
    assert session is not None
    assert (session.expires_at, session.refresh_token) == (0, "refresh-token-1")


def test_a_token_from_the_environment_wipes_no_session(production: Production, production_env: dict[str, str]) -> None:
    store = kept(production_env, production.token(NOW))
    production.answer(LOOKUP, rejection("USER_DISABLED"))
    with pytest.raises(AccessDenied):
        change(production_env | {"SHEMA_ID_TOKEN": production.token(NOW, sub="uid-budi")})
    assert store.load() is not None


@pytest.fixture
def ani(firebase: EmulatedProject, env: dict[str, str]) -> str:
    uid = firebase.create(EMAIL, claims={"admin": True})
    assert login(env).code == 0
    assert shema("auth", "status", "--online", env=env).code == 0
    return uid


def test_the_emulator_on_a_disabled_account(firebase: EmulatedProject, env: dict[str, str], ani: str) -> None:
    firebase.update(ani, disableUser=True)
    assert shema("auth", "status", env=env).code == 0
    run = shema("auth", "status", "--online", env=env)
    assert (run.code, "disabled" in run.err) == (4, True)
    assert shema("auth", "status", env=env).code == 4


def test_the_emulator_on_a_deleted_account(firebase: EmulatedProject, env: dict[str, str], ani: str) -> None:
    firebase.delete(ani)
    run = shema("auth", "status", "--online", "--json", env=env)
    assert (run.code, run.json["signed_in"]) == (4, False)


def test_the_emulator_on_withdrawn_rights(firebase: EmulatedProject, env: dict[str, str], ani: str) -> None:
    firebase.update(ani, customAttributes=json.dumps({"role": "teacher"}))
    run = shema("auth", "status", "--online", "--json", env=env)
    assert (run.code, run.json["signed_in"], run.json["admin"]) == (4, True, False)
    run = shema("auth", "status", "--json", env=env)
    assert (run.code, run.json["admin"]) == (4, False)


def test_the_emulator_on_revoked_sessions(firebase: EmulatedProject, env: dict[str, str], ani: str) -> None:
    firebase.update(ani, validSince=str(int(time.time()) + 1))
    run = shema("auth", "status", "--online", env=env)
    assert (run.code, "revoked" in run.err) == (4, True)


def test_a_token_made_by_hand_for_somebody_who_is_not_there(firebase: EmulatedProject, env: dict[str, str]) -> None:
    forged = env | {"SHEMA_ID_TOKEN": unsigned(claims_of("demo-shema"))}
    with pytest.raises(AccessDenied):
        change(forged, time.time())
