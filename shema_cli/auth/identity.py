"""Whose identity a command has: `SHEMA_ID_TOKEN`, else the stored session, else a service account's key."""

from __future__ import annotations

from dataclasses import dataclass

from shema_cli.auth.admin import ID_TOKEN_VARIABLE, SERVICE_ACCOUNT, SESSION
from shema_cli.auth.claims import IdToken
from shema_cli.auth.realm import Realm
from shema_cli.auth.renew import current
from shema_cli.auth.session import SessionStore
from shema_cli.auth.verify import verify
from shema_cli.errors import AccessDenied, NotConfigured


@dataclass(frozen=True, eq=False)
class Identity:
    """A verified ID token and where it came from. `storage`: where it is kept, for `auth status`."""

    token: IdToken
    email: str
    source: str
    storage: str
    store: SessionStore | None = None


def identify(realm: Realm, id_token: str | None) -> Identity | None:
    """The identity in force, verified (admin or not is not looked at); None when there is none.

    Raises AccessDenied for one that does not hold, and Unreachable.
    """
    if id_token is not None:
        return _of_variable(realm, id_token)
    store = SessionStore(realm)
    session = current(realm, store)
    if session is not None and not session.service_account:
        token = verify(session.id_token, realm.project, realm.now(), realm.state, verified=session.verified)
        return Identity(token, token.email, SESSION, session.storage, store)
    key_file = session.service_account if session is not None else realm.project.credentials_file
    return _of_service_account(realm, key_file) if key_file else None


def _of_variable(realm: Realm, id_token: str) -> Identity:
    try:
        token = verify(id_token, realm.project, realm.now(), realm.state)
    except AccessDenied as error:
        hint = f"set {ID_TOKEN_VARIABLE} anew, or unset it to use the session of `shema auth login`"
        raise AccessDenied(error.code, f"{ID_TOKEN_VARIABLE}: {error.message}", hint) from None
    return Identity(token, token.email, ID_TOKEN_VARIABLE, ID_TOKEN_VARIABLE)


def _of_service_account(realm: Realm, key_file: str) -> Identity | None:
    from shema_cli.auth.service_account import read_key, sign_in

    try:
        key = read_key(key_file, required=False)
    except NotConfigured as error:
        raise AccessDenied("not_signed_in", f"nobody is signed in: {error.message}", error.hint) from None
    if key is None:
        return None
    token = verify(sign_in(realm, key).id_token, realm.project, realm.now(), realm.state)
    return Identity(token, token.email or key.email, SERVICE_ACCOUNT, SERVICE_ACCOUNT)
