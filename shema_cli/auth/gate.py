"""The gate before every command that needs an admin (contract 2.4). Nothing else is spoken to before it opens."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from shema_cli.admin import Admin
from shema_cli.auth.project import ID_TOKEN_VARIABLE, Realm
from shema_cli.auth.session import ENDED, NO_FOLDER, RENEW_BEFORE_S, Session, SessionStore, current_session, ended
from shema_cli.auth.token import IdToken, require_admin, verify
from shema_cli.clock import Clock
from shema_cli.errors import AccessDenied, NotConfigured, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.settings.target import Target
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir

if TYPE_CHECKING:
    from shema_cli.auth.identity_toolkit import FirebaseAccount

EMULATOR_NOTE = "EMULATOR: signed in at {host}, not at Firebase"
EMULATOR_AT_SIGN_IN = "EMULATOR: signing in at {host}, not at Firebase"
ASKED_AGAIN_S = 30.0
TAKEN_FOR_NOW_S = 2.0
SHARE_OF_ASKING = 10
SESSION = "session"
SERVICE_ACCOUNT = "service-account"


@dataclass(frozen=True, eq=False)
class Identity:
    """A verified ID token and where it came from. `storage`: where it is kept, for `auth status`."""

    token: IdToken
    email: str
    source: str
    storage: str
    store: SessionStore | None = None


@dataclass(frozen=True)
class Gate:
    """What the gate takes of a command. `note` says a line to the person."""

    settings: Settings
    state: StateDir
    clock: Clock
    note: Callable[[str], None]

    def authorize(self, *, changes: bool) -> Admin:
        """The verified admin of this command; for one that changes something, Firebase is asked at this moment.

        An emulator is told here where what only reads looks at another machine in its name: what changes something
        names its target, the emulator with it, in its question or in the line that stands for it. Raises AccessDenied,
        or Unreachable when Firebase must be asked and does not answer.
        """
        began = self.clock.monotonic()
        realm = Realm.from_settings(self.settings, self.state, self.clock)
        identity = self._identity(realm)
        if not changes and Target.of(self.settings).foreign:
            note_emulator(realm, self.note)
        require_admin(identity.token)
        return self._confirmed(realm, identity, began) if changes else _admin(realm, identity)

    def renew(self, admin: Admin, *, now: bool = False) -> Admin:
        """The admin again, in the middle of a long run: before each batch of changes, and after an answered question.

        Costs a comparison of times for as long as Firebase's last word counts: two seconds, or ten times what the
        asking took, so that it takes no more than a tenth of a run; 30 s at most (contract 2.4). Raises as `authorize`
        does; keeps nothing back when the session was ended meanwhile.
        """
        if not now and self.clock.monotonic() < admin.confirmed_until and not self._about_to_end(admin):
            return admin
        began = self.clock.monotonic()
        return self._confirmed(*self._same(admin), began)

    def look_on(self, admin: Admin) -> Admin:
        """The admin again, for what only looks on: costs a comparison until the ID token is about to end.

        A Firebase out of reach matters only once it has ended.
        """
        if not self._about_to_end(admin):
            return admin
        try:
            return _admin(*self._same(admin))
        except Unreachable:
            if admin.expires_at <= self.clock.now():
                raise
            return admin

    def _about_to_end(self, admin: Admin) -> bool:
        return (admin.expires_at - self.clock.now()).total_seconds() <= RENEW_BEFORE_S

    def _same(self, admin: Admin) -> tuple[Realm, Identity]:
        """Who is signed in now. Raises AccessDenied where it is somebody else than the command began with."""
        realm = Realm.from_settings(self.settings, self.state, self.clock)
        identity = self._identity(realm)
        require_admin(identity.token)
        if identity.token.uid != admin.uid:
            raise AccessDenied(
                "other_account",
                f"{identity.email or identity.token.uid} has signed in meanwhile; this command is "
                f"{admin.email or admin.uid}'s",
                "run the command again",
            )
        return realm, identity

    def _confirmed(self, realm: Realm, identity: Identity, began: float) -> Admin:
        """The admin, once Firebase has said so; `began`: when asking began, the renewal of the session included."""
        confirm_now(realm, identity)
        took = self.clock.monotonic() - began
        counts = min(ASKED_AGAIN_S, max(TAKEN_FOR_NOW_S, SHARE_OF_ASKING * took))
        return replace(_admin(realm, identity), confirmed_until=began + counts)

    def _identity(self, realm: Realm) -> Identity:
        identity = identify(realm, self.settings.get(ID_TOKEN_VARIABLE))
        if identity is None:
            raise AccessDenied(
                "not_signed_in",
                f"nobody is signed in to {realm.project.id} (profile {realm.profile})",
                "shema auth login",
            )
        return identity


def identify(realm: Realm, id_token: str | None) -> Identity | None:
    """The identity in force, verified: `SHEMA_ID_TOKEN`, else the stored session, else a service account's key.

    Admin or not is not looked at. None when there is none. Raises AccessDenied for one that does not hold, and
    Unreachable.
    """
    if id_token is not None:
        return _of_variable(realm, id_token)
    store = SessionStore(realm)
    try:
        session = current_session(realm, store)
    except AccessDenied as error:
        if error.code != NO_FOLDER or not realm.project.credentials_file:
            raise
        session = None
    if session is not None and not session.service_account:
        sealed = store.sealed(session)
        token = verify(session.id_token, realm.project, realm.now(), realm.state, verified=sealed)
        if not sealed and not realm.project.emulator:
            _seal_again(store, session)
        return Identity(token, token.email, SESSION, session.storage, store)
    key_file = session.service_account if session is not None else realm.project.credentials_file
    return _of_service_account(realm, key_file) if key_file else None


def _seal_again(store: SessionStore, session: Session) -> None:
    """So that the next command need not check the signature; unless another process is at work on the session."""
    with contextlib.suppress(Unreachable, NotConfigured, OSError), store.lock(0.0):
        kept = store.load()
        if kept is not None and kept.id_token == session.id_token:
            store.seal(kept)


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


def confirm_now(realm: Realm, identity: Identity) -> None:
    """Have Firebase confirm, at this moment, that the identity still is an admin's.

    A service account's token was issued by Firebase a moment ago, for this command: it is not asked about again. Raises
    AccessDenied when revoked, disabled, deleted or no longer an admin, and Unreachable without an answer. A session
    that Firebase has ended is wiped.
    """
    if identity.source == SERVICE_ACCOUNT:
        return
    from shema_cli.auth.identity_toolkit import FirebaseRejected

    token, store = identity.token, identity.store
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
    from shema_cli.auth.identity_toolkit import IdentityToolkit, account_of

    return account_of(IdentityToolkit(realm.project).lookup(token.raw))


def _forget_id_token(store: SessionStore, token: IdToken) -> None:
    """Make the next command renew the ID token, which then says what Firebase says."""
    with contextlib.suppress(Unreachable), store.lock():
        session = store.load()
        if session is not None and session.id_token == token.raw:
            store.expire(session)


def note_emulator(realm: Realm, note: Callable[[str], None], said: str = EMULATOR_NOTE) -> None:
    """One line on stderr wherever an emulator's identity is used, or is about to be."""
    if realm.project.emulator:
        note(said.format(host=realm.project.emulator_host))


def _admin(realm: Realm, identity: Identity) -> Admin:
    return Admin(
        uid=identity.token.uid,
        email=identity.email,
        id_token=identity.token.raw,
        expires_at=identity.token.expires_at,
        emulator=realm.project.emulator,
        source=identity.source,
    )
