"""Sign in with Firebase and keep the session, once it is known to be an admin's."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from shema_cli.auth.claims import IdToken, require_admin
from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit, Tokens, tokens_of
from shema_cli.auth.mfa import Answers, complete
from shema_cli.auth.realm import Realm
from shema_cli.auth.session import FILE, KEYRING, Session, SessionStore
from shema_cli.auth.vault import Vault
from shema_cli.auth.verify import verify
from shema_cli.errors import AccessDenied, Unreachable

_UNKNOWN = {"EMAIL_NOT_FOUND", "INVALID_PASSWORD", "INVALID_LOGIN_CREDENTIALS", "INVALID_EMAIL", "MISSING_PASSWORD"}
_REFUSALS = {
    "TOO_MANY_ATTEMPTS_TRY_LATER": (
        "too_many_attempts",
        "Firebase has locked this account for a while after too many attempts",
        "wait a few minutes before the next attempt (each one makes it longer), or reset the password",
    ),
    "USER_DISABLED": ("account_disabled", "this account is disabled", "ask an admin of the project"),
    "OPERATION_NOT_ALLOWED": (
        "sign_in_method_off",
        "this project does not allow this way of signing in",
        "switch it on in the Firebase console, or sign in another way (`shema auth login --help`)",
    ),
    "PASSWORD_LOGIN_DISABLED": (
        "sign_in_method_off",
        "this project does not allow signing in with a password",
        "shema auth login --browser",
    ),
}


def with_password(realm: Realm, email: str, password: str, answers: Answers | None = None) -> Tokens:
    """The tokens of email and password, and of a second factor where the account has one.

    Raises AccessDenied, in the same words for an email that is unknown and a password that is wrong; Unreachable.
    """
    body = {"email": email, "password": password, "returnSecureToken": True}
    return _sign_in(realm, ":signInWithPassword", body, answers)


def with_google(realm: Realm, google_id_token: str, redirect_uri: str, answers: Answers | None = None) -> Tokens:
    """The tokens of the account behind Google's ID token. Raises as `with_password`."""
    from urllib.parse import urlencode

    body = {
        "requestUri": redirect_uri,
        "postBody": urlencode({"id_token": google_id_token, "providerId": "google.com"}),
        "returnSecureToken": True,
        "returnIdpCredential": False,
    }
    return _sign_in(realm, ":signInWithIdp", body, answers)


def keep(realm: Realm, tokens: Tokens) -> Session:
    """Verify the new tokens and keep them as the realm's session.

    Raises AccessDenied for anybody but an admin, and then keeps nothing.
    """
    token = verify(tokens.id_token, realm.project, realm.now(), realm.state)
    require_admin(token)
    session = Session(
        uid=token.uid,
        email=token.email,
        expires_at=int(token.expires_at.timestamp()),
        storage=KEYRING if Vault.available() else FILE,
        id_token=tokens.id_token,
        refresh_token=tokens.refresh_token,
        verified=True,
    )
    _replace(realm, session)
    return session


def keep_service_account(realm: Realm, token: IdToken, email: str, key_file: str) -> Session:
    """Remember which key file to sign in with; no token and no part of the key is kept."""
    require_admin(token)
    session = Session(uid=token.uid, email=email, expires_at=0, storage=FILE, service_account=key_file)
    _replace(realm, session)
    return session


def _replace(realm: Realm, session: Session) -> None:
    store = SessionStore(realm)
    with store.lock():
        before = store.load()
        if before is not None and before.storage == KEYRING != session.storage:
            with contextlib.suppress(Unreachable):
                Vault().delete(realm.name)
        store.save(session)


def _sign_in(realm: Realm, method: str, body: Mapping[str, Any], answers: Answers | None) -> Tokens:
    try:
        answer = IdentityToolkit(realm.project).account(method, body)
        if "mfaPendingCredential" in answer:
            return complete(realm, answer, answers or Answers())
        return tokens_of(answer)
    except FirebaseRejected as error:
        raise refusal(error) from None


def refusal(error: FirebaseRejected) -> AccessDenied:
    """What a rejected sign-in is called for a person."""
    if error.reason in _UNKNOWN:
        return AccessDenied("wrong_credentials", "the email or the password is not right", "shema auth login")
    code, message, hint = _REFUSALS.get(
        error.reason, ("sign_in_refused", f"Firebase refused the sign-in ({error.reason})", "shema auth login")
    )
    return AccessDenied(code, message, hint)
