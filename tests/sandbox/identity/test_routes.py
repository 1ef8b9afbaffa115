"""The identity endpoint against Google's own client, and in the emulator's shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import firebase_admin
import httpx2 as httpx
import pytest
from firebase_admin import auth, credentials
from google.auth.credentials import AnonymousCredentials

KEY = {"key": "demo-key"}


class _Nobody(credentials.Base):
    def get_credential(self) -> AnonymousCredentials:
        return AnonymousCredentials()


@pytest.fixture
def toolkit(sandbox: dict[str, str]) -> str:
    return f"http://{sandbox['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com/v1"


@pytest.fixture
def app(sandbox: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", sandbox["FIREBASE_AUTH_EMULATOR_HOST"])
    app = firebase_admin.initialize_app(_Nobody(), {"projectId": "demo-shema"}, name="sandbox-test")
    yield app
    firebase_admin.delete_app(app)


def sign_in(toolkit: str, email: str, password: str) -> httpx.Response:
    body = {"email": email, "password": password, "returnSecureToken": True}
    return httpx.post(f"{toolkit}/accounts:signInWithPassword", params=KEY, json=body)


def message(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["message"])


def test_googles_client_manages_accounts(app: Any, toolkit: str) -> None:
    made = auth.create_user(email="new@shema.test", password="secret-1", app=app)
    auth.set_custom_user_claims(made.uid, {"role": "admin"}, app=app)
    assert auth.get_user_by_email("new@shema.test", app=app).custom_claims == {"role": "admin"}
    listed = [user.email for user in auth.list_users(app=app).iterate_all()]
    assert sorted(listed) == ["admin@shema.test", "former@shema.test", "new@shema.test", "student@shema.test"]
    token = sign_in(toolkit, "new@shema.test", "secret-1").json()["idToken"]
    assert auth.verify_id_token(token, app=app, check_revoked=True)["role"] == "admin"
    auth.update_user(made.uid, disabled=True, app=app)
    with pytest.raises(auth.UserDisabledError):
        auth.verify_id_token(token, app=app, check_revoked=True)
    auth.delete_user(made.uid, app=app)
    with pytest.raises(auth.UserNotFoundError):
        auth.get_user(made.uid, app=app)


def test_a_session_is_refreshed_until_it_is_revoked(toolkit: str, sandbox: dict[str, str]) -> None:
    signed_in = sign_in(toolkit, "admin@shema.test", "admin-password").json()
    assert signed_in["expiresIn"] == "3600"
    url = f"http://{sandbox['FIREBASE_AUTH_EMULATOR_HOST']}/securetoken.googleapis.com/v1/token"
    form = {"grant_type": "refresh_token", "refresh_token": signed_in["refreshToken"]}
    renewed = httpx.post(url, params=KEY, data=form).json()
    assert renewed["user_id"] == signed_in["localId"]
    assert (renewed["token_type"], renewed["project_id"]) == ("Bearer", "demo-shema")
    owner = {"Authorization": "Bearer owner"}
    revoke = {"localId": signed_in["localId"], "validSince": "99999999999"}
    httpx.post(f"{toolkit}/projects/demo-shema/accounts:update", headers=owner, json=revoke)
    assert message(httpx.post(url, params=KEY, data=form)) == "TOKEN_EXPIRED"
    lookup = httpx.post(f"{toolkit}/accounts:lookup", params=KEY, json={"idToken": signed_in["idToken"]})
    assert message(lookup) == "TOKEN_EXPIRED"


def test_errors_have_firebases_names(toolkit: str) -> None:
    assert message(sign_in(toolkit, "nobody@shema.test", "x")) == "EMAIL_NOT_FOUND"
    assert message(sign_in(toolkit, "admin@shema.test", "x")) == "INVALID_PASSWORD"
    assert message(sign_in(toolkit, "", "x")) == "MISSING_EMAIL"
    assert message(httpx.post(f"{toolkit}/accounts:lookup", params=KEY, json={"idToken": "x"})) == "INVALID_ID_TOKEN"
    assert httpx.post(f"{toolkit}/accounts:lookup", json={}).status_code == 403
    taken = httpx.post(
        f"{toolkit}/accounts:signUp", params=KEY, json={"email": "admin@shema.test", "password": "x" * 9}
    )
    assert message(taken) == "EMAIL_EXISTS"
    stranger = httpx.post(f"{toolkit}/projects/demo-shema/accounts:query", params=KEY, json={})
    assert stranger.status_code == 403


def test_custom_tokens_and_google_sign_in(app: Any, toolkit: str) -> None:
    custom = auth.create_custom_token("robot", {"role": "admin"}, app=app).decode()
    answer = httpx.post(f"{toolkit}/accounts:signInWithCustomToken", params=KEY, json={"token": custom}).json()
    assert answer["isNewUser"] is True
    assert auth.verify_id_token(answer["idToken"], app=app)["role"] == "admin"
    posted = 'id_token={"sub":"g-1","email":"admin@shema.test"}&providerId=google.com'
    body = {"postBody": posted, "requestUri": "http://127.0.0.1", "returnSecureToken": True}
    google = httpx.post(f"{toolkit}/accounts:signInWithIdp", params=KEY, json=body).json()
    assert (google["localId"], google["providerId"]) == ("admin-1", "google.com")


def test_no_password_is_ever_shown(toolkit: str) -> None:
    owner = {"Authorization": "Bearer owner"}
    everyone = httpx.post(f"{toolkit}/projects/demo-shema/accounts:query", headers=owner, json={}).text
    assert "admin-password" not in everyone
