"""Keep the session's ID token good: renewed five minutes before it ends, by one process at a time."""

from __future__ import annotations

from dataclasses import replace

from shema_cli.auth.realm import Realm
from shema_cli.auth.session import LOCK_WAIT_S, Session, SessionStore
from shema_cli.auth.verify import verify
from shema_cli.errors import AccessDenied, Unreachable

RENEW_BEFORE_S = 300
ENDED = frozenset({"TOKEN_EXPIRED", "USER_DISABLED", "USER_NOT_FOUND", "INVALID_REFRESH_TOKEN", "INVALID_ID_TOKEN"})
_WHY = {"USER_DISABLED": "the account is disabled", "USER_NOT_FOUND": "the account no longer exists"}


def current(realm: Realm, store: SessionStore) -> Session | None:
    """The session, renewed when its ID token is about to end; None when nobody is signed in.

    Raises AccessDenied when Firebase has ended the session, which wipes it, and Unreachable when a token that has
    ended cannot be renewed; while it has not ended, a Firebase out of reach is no obstacle.
    """
    session = store.load()
    if session is None or not _due(session, realm):
        return session
    still_holds = session.expires_at > realm.now().timestamp()
    try:
        with store.lock(0.0 if still_holds else LOCK_WAIT_S):  # whoever has the lock is renewing it already
            return _renew(realm, store)
    except Unreachable:
        if not still_holds:
            raise
        return session


def _due(session: Session, realm: Realm) -> bool:
    return not session.service_account and session.expires_at - RENEW_BEFORE_S <= realm.now().timestamp()


def _renew(realm: Realm, store: SessionStore) -> Session | None:
    session = store.load()  # whoever held the lock before may have renewed it, or signed out
    if session is None or not _due(session, realm):
        return session
    from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit

    refresh_token = store.refresh_token(session)
    if not refresh_token:
        store.wipe()
        raise AccessDenied("session_ended", "the keyring has lost the session: nobody is signed in", "shema auth login")
    try:
        tokens = IdentityToolkit(realm.project).refresh(refresh_token)
    except FirebaseRejected as error:
        raise ended(store, error.reason) if error.reason in ENDED else error from None
    token = verify(tokens.id_token, realm.project, realm.now(), realm.state)
    renewed = replace(
        session,
        uid=token.uid,
        email=token.email,
        expires_at=int(token.expires_at.timestamp()),
        id_token=tokens.id_token,
        refresh_token=tokens.refresh_token,
        verified=True,
    )
    store.save(renewed)
    return renewed


def ended(store: SessionStore | None, reason: str) -> AccessDenied:
    """Wipe a session that Firebase has ended, and say so."""
    if store is not None:
        store.wipe()
    why = _WHY.get(reason, "it was revoked, or the password has changed")
    return AccessDenied("session_ended", f"the session has ended: {why}", "shema auth login")
