"""Ask Firebase, at the moment of a change, whether the admin still is one (contract 2.4)."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from shema_cli.auth.identity_toolkit import FirebaseAccount, FirebaseRejected, IdentityToolkit, account_of
from shema_cli.auth.project import Realm
from shema_cli.auth.session import ENDED, SessionStore, ended
from shema_cli.auth.token import IdToken
from shema_cli.errors import AccessDenied, Unreachable


def confirm(realm: Realm, token: IdToken, store: SessionStore | None) -> None:
    """Raises AccessDenied when revoked, disabled, deleted or no longer an admin, and Unreachable without an answer.

    `store` is where the token is kept, if it is: a session that Firebase has ended is wiped.
    """
    try:
        account = _ask(realm, token)
    except FirebaseRejected as error:
        raise ended(store, error.reason) if error.reason in ENDED else error from None
    if account.disabled:
        raise ended(store, "USER_DISABLED")
    if token.auth_time < account.valid_since:
        raise ended(store, "TOKEN_EXPIRED")
    if not account.is_admin and not token.of_service_account:
        if store is not None:
            _forget_id_token(store, token)
        raise AccessDenied(
            "admin_withdrawn",
            f"{token.email or token.uid} is no longer an admin",
            "ask an admin to run `shema admins grant EMAIL`",
        )


def _ask(realm: Realm, token: IdToken) -> FirebaseAccount:
    if realm.project.credentials_file and not realm.project.emulator:
        from shema_cli.auth.directory import account_of_token

        found = account_of_token(realm, token.raw)
        if found is not None:
            return found
    return account_of(IdentityToolkit(realm.project).lookup(token.raw))


def _forget_id_token(store: SessionStore, token: IdToken) -> None:
    """Make the next command renew the ID token, which then says what Firebase says."""
    with contextlib.suppress(Unreachable), store.lock():
        session = store.load()
        if session is not None and session.id_token == token.raw:
            refresh_token = store.refresh_token(session)
            store.save(replace(session, refresh_token=refresh_token, expires_at=0))
