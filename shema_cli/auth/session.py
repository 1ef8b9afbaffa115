"""The session that outlives a command: kept, locked, renewed, ended.

The ID token is in a 0600 file, the refresh token in the keyring or beside it. The ID token is renewed five minutes
before it ends, by one process at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, field, fields, replace

from shema_cli.auth.project import Realm
from shema_cli.auth.seal import Seal
from shema_cli.auth.token import verify
from shema_cli.errors import AccessDenied, NotConfigured, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.locks import try_lock
from shema_cli.state import StateUnusable

FILE = "file"
KEYRING = "keyring"
NO_FOLDER = "no_session_folder"
LOCK_WAIT_S = 20.0
LOCK_POLL_S = 0.05
RENEW_BEFORE_S = 300
ENDED = frozenset({"TOKEN_EXPIRED", "USER_DISABLED", "USER_NOT_FOUND", "INVALID_REFRESH_TOKEN", "INVALID_ID_TOKEN"})
_WHY = {"USER_DISABLED": "the account is disabled", "USER_NOT_FOUND": "the account no longer exists"}


@dataclass(frozen=True, eq=False)
class Session:
    """`expires_at`: when the ID token ends, epoch seconds. `seal` says that its signature was checked on this machine
    before (`seal.py`).

    A session of a service account keeps no token at all, only the key file's path.
    """

    uid: str
    email: str
    expires_at: int
    storage: str
    id_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    seal: str = field(default="", repr=False)
    service_account: str = ""


_KEPT = frozenset(field.name for field in fields(Session))
"""What a session file holds of one; what another version wrote besides counts for nothing."""


@dataclass(frozen=True)
class Wiped:
    """`existed`: there was a session. `left_behind`: the entry of a keyring that has its refresh token, and that this
    process does not see; empty where there is none."""

    existed: bool
    left_behind: str = ""


class SessionStore:
    """One session per realm. A reader sees a whole session or none."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._state = realm.state
        self._file = f"session-{realm.name}.json"
        self._lock_file = f"session-{realm.name}.lock"
        self._seal = Seal(realm.state)

    def load(self) -> Session | None:
        """The session, without the refresh token when the keyring has it (`refresh_token`).

        Raises AccessDenied for a file that is not ours alone: whoever can write it could sign us in as somebody else.
        """
        try:
            kept = self._state.read_object(self._file)
            if tuple(kept.pop("key")) != self._realm.key:
                return None
            session = Session(**{name: value for name, value in kept.items() if name in _KEPT})
            return session if _well_formed(session) else None
        except NotConfigured as error:
            if isinstance(error, StateUnusable):
                raise AccessDenied(NO_FOLDER, f"nobody is signed in: {error.message}", error.hint) from None
            hint = f"{error.hint}; then sign in again: shema auth login"
            raise AccessDenied("session_refused", f"the stored session is refused: {error.message}", hint) from None
        except (TypeError, KeyError):
            return None

    def sealed(self, session: Session) -> bool:
        """Whether the signature of its ID token was checked on this machine before."""
        return self._seal.fits(session.seal, *self._realm.key, session.id_token)

    def refresh_token(self, session: Session) -> str:
        """Empty where the keyring that this process sees has none. Raises Unreachable when it does not answer."""
        if session.storage != KEYRING:
            return session.refresh_token
        from shema_cli.auth.keyring import Vault

        return Vault().read(self._realm.secret_name)

    def save(self, session: Session, *, verified: bool = False) -> Session:
        """Replace the session, and return it as it is kept: in the file what the keyring refuses to store.

        Where its storage is the keyring, the file gets no refresh token. `verified`: its signature was just checked.
        """
        session = kept = replace(session, seal=self._seal_of(session) if verified else "")
        if session.storage == KEYRING:
            from shema_cli.auth.keyring import Vault

            if Vault().keep(self._realm.secret_name, session.refresh_token):
                kept = replace(session, refresh_token="")
            else:
                session = kept = replace(session, storage=FILE)
        self._write(kept)
        return session

    def seal(self, session: Session) -> None:
        """Remember that the signature of a loaded session's ID token was checked."""
        self._write(replace(session, seal=self._seal_of(session)))

    def expire(self, session: Session) -> None:
        """Have a loaded session renewed before its ID token is believed again."""
        self._write(replace(session, expires_at=0))

    def _seal_of(self, session: Session) -> str:
        """An emulator's tokens have no signature, and a service account's session no token."""
        if self._realm.project.emulator or not session.id_token:
            return ""
        return self._seal.of(*self._realm.key, session.id_token)

    def _write(self, session: Session) -> None:
        document: dict[str, object] = {"key": self._realm.key, **asdict(session)}
        self._state.write(self._file, json.dumps(document).encode())

    def wipe(self) -> Wiped:
        """Remove every trace.

        Raises Unreachable, and removes nothing, when the keyring that has the refresh token does not answer.
        """
        session = self.peek()
        existed = self._state.file(self._file).exists()
        left_behind = ""
        if session is not None and session.storage == KEYRING:
            from shema_cli.auth.keyring import SERVICE, Vault

            name = self._realm.secret_name
            left_behind = "" if Vault().delete(name) else f"{SERVICE}/{name}"
        self._state.delete(self._file)
        self._state.delete_lock(self._lock_file)
        return Wiped(existed, left_behind)

    def forget(self) -> None:
        """Remove a session that Firebase has ended; a keyring that does not answer is left with a token that is no more
        good."""
        with contextlib.suppress(Unreachable):
            self.wipe()
        self._state.delete(self._file)
        self._state.delete_lock(self._lock_file)

    def peek(self) -> Session | None:
        """As `load`, but a file that is refused is none."""
        try:
            return self.load()
        except AccessDenied:
            return None

    @contextlib.contextmanager
    def lock(self, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
        """Only one process at a time. Raises Unreachable when another one holds it for longer than `wait_s`."""
        self._state.ensure()
        deadline = self._realm.clock.monotonic() + wait_s
        handle = self._take()
        while handle is None:
            if self._realm.clock.monotonic() >= deadline:
                raise Unreachable("session_locked", "another shema process is renewing the session and does not end")
            self._realm.clock.sleep(LOCK_POLL_S)
            handle = self._take()
        try:
            yield
        finally:
            os.close(handle)

    def _take(self) -> int | None:
        path = self._state.file(self._lock_file)
        handle = self._state.open_lock(self._lock_file)
        with contextlib.suppress(OSError):
            # A sign-out may have removed the file while it was being locked: a lock on a removed file guards nothing.
            if try_lock(handle) and os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        os.close(handle)
        return None


def _well_formed(session: Session) -> bool:
    texts = (session.uid, session.email, session.storage, session.id_token, session.refresh_token, session.seal)
    return type(session.expires_at) is int and all(isinstance(t, str) for t in (*texts, session.service_account))


def current_session(realm: Realm, store: SessionStore) -> Session | None:
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
    except (Unreachable, StateUnusable):
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
        raise _not_in_this_keyring()
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
    )
    return store.save(renewed, verified=True)


def _not_in_this_keyring() -> AccessDenied:
    """Nothing found is not nothing there: another process may see the keyring that has it, so the session stays."""
    from shema_cli.auth.keyring import Vault

    return AccessDenied(
        "session_not_readable",
        f"the session cannot be renewed here: {Vault.described()} has no refresh token of it",
        "run the command where the keyring of your desktop is open, or sign in again: shema auth login",
    )


def ended(store: SessionStore | None, reason: str) -> AccessDenied:
    """Wipe a session that Firebase has ended, and say so."""
    if store is not None:
        store.forget()
    why = _WHY.get(reason, "it was revoked, or the password has changed")
    return AccessDenied("session_ended", f"the session has ended: {why}", "shema auth login")
