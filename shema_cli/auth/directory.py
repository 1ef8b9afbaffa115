"""The accounts of a project: through firebase-admin with a service account's key, or in an emulator.

firebase-admin is imported only when it is used: it is slow to load.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from shema_cli.auth.identity_toolkit import (
    FirebaseAccount,
    FirebaseRejected,
    IdentityToolkit,
    account_of,
    moment,
    users_of,
)
from shema_cli.auth.project import CREDENTIALS_VARIABLE, EMULATOR_VARIABLE, Realm
from shema_cli.auth.service_account import read_key, unusable
from shema_cli.calls.reply import LocalFault
from shema_cli.errors import Failed, NotConfigured, Unreachable

if TYPE_CHECKING:
    from firebase_admin import App
    from firebase_admin.auth import UserRecord
    from firebase_admin.exceptions import FirebaseError
    from google.auth.exceptions import GoogleAuthError

TIMEOUT_S = 15
_NOT_FOUND = "USER_NOT_FOUND"


class Directory(Protocol):
    """What administration needs. Each method raises FirebaseRejected, Failed or Unreachable."""

    def accounts(self) -> Iterator[FirebaseAccount]:
        """Every account of the project."""

    def by_email(self, email: str) -> FirebaseAccount | None:
        """The account of an email, or None."""

    def set_claims(self, uid: str, claims: Mapping[str, object]) -> None:
        """Replace an account's custom claims."""

    def revoke_sessions(self, uid: str) -> None:
        """Make every refresh token issued so far worthless."""


@contextlib.contextmanager
def directory(realm: Realm) -> Iterator[Directory]:
    """The project's accounts. Raises NotConfigured without a service account, except on an emulator."""
    if realm.project.emulator:
        yield EmulatorDirectory(realm)
        return
    path = realm.project.credentials_file
    if path is None:
        raise NotConfigured(
            "not_configured",
            f"{CREDENTIALS_VARIABLE} is not set; only a service account may administer accounts",
            f"set {CREDENTIALS_VARIABLE} to the key file of a service account of {realm.project.id}",
        )
    read_key(path)
    with application(realm, path) as app:
        yield FirebaseDirectory(app)


class EmulatorDirectory:
    """An emulator's accounts, through the administrative methods that it opens to everybody."""

    def __init__(self, realm: Realm) -> None:
        self._toolkit = IdentityToolkit(realm.project)
        self._realm = realm

    def accounts(self) -> Iterator[FirebaseAccount]:
        return (account_of(found) for found in self._toolkit.all_accounts())

    def by_email(self, email: str) -> FirebaseAccount | None:
        users = users_of(self._toolkit.as_owner(":lookup", {"email": [email]}))
        return account_of(users[0]) if users else None

    def set_claims(self, uid: str, claims: Mapping[str, object]) -> None:
        self._toolkit.as_owner(":update", {"localId": uid, "customAttributes": json.dumps(claims)})

    def revoke_sessions(self, uid: str) -> None:
        since = int(self._realm.now().timestamp())
        try:
            self._toolkit.as_owner(":update", {"localId": uid, "validSince": str(since)})
        except FirebaseRejected as error:
            if error.reason != _NOT_FOUND:
                raise


class FirebaseDirectory:
    """A project's accounts through firebase-admin (`Directory`)."""

    def __init__(self, app: App) -> None:
        self._app = app

    def accounts(self) -> Iterator[FirebaseAccount]:
        from firebase_admin import auth

        return (_account_of_record(user) for user in auth.list_users(app=self._app).iterate_all())

    def by_email(self, email: str) -> FirebaseAccount | None:
        from firebase_admin import auth

        try:
            return _account_of_record(auth.get_user_by_email(email, self._app))
        except auth.UserNotFoundError:
            return None

    def set_claims(self, uid: str, claims: Mapping[str, object]) -> None:
        from firebase_admin import auth

        auth.set_custom_user_claims(uid, dict(claims) or None, self._app)

    def revoke_sessions(self, uid: str) -> None:
        from firebase_admin import auth

        auth.revoke_refresh_tokens(uid, self._app)


def account_of_token(realm: Realm, id_token: str) -> FirebaseAccount | None:
    """What Firebase says of the token's account, through `check_revoked`; None when the credentials are no key.

    Raises FirebaseRejected for an account that is gone, disabled or revoked, and Unreachable.
    """
    try:
        key = read_key(realm.project.credentials_file or "", required=False)
    except NotConfigured:
        return None
    if key is None:
        return None
    with application(realm, key.path) as app:
        from firebase_admin import auth

        try:
            claims = auth.verify_id_token(id_token, app, check_revoked=True, clock_skew_seconds=10)
        except auth.RevokedIdTokenError:
            raise FirebaseRejected("TOKEN_EXPIRED") from None
        except auth.UserDisabledError:
            raise FirebaseRejected("USER_DISABLED") from None
        return _account_of_record(auth.get_user(claims["uid"], app))


@contextlib.contextmanager
def application(realm: Realm, key_file: str) -> Iterator[App]:
    """A firebase-admin app of the project; what it raises becomes this project's errors."""
    import firebase_admin
    from firebase_admin import credentials, exceptions
    from google.auth.exceptions import GoogleAuthError

    from shema_cli.auth.library_way import network_problem, our_way_out

    # firebase-admin reads this variable at every call, also a blank one, and then believes unsigned tokens.
    os.environ.pop(EMULATOR_VARIABLE, None)
    try:
        certificate = credentials.Certificate(key_file)
    except (ValueError, OSError):
        raise unusable(key_file, "its private key cannot be used") from None
    options = {"projectId": realm.project.id, "httpTimeout": TIMEOUT_S}
    app = firebase_admin.initialize_app(certificate, options, name=f"shema-{id(realm)}")
    try:
        with our_way_out(realm.project.ca_file) as proxy:
            try:
                yield app
            except (exceptions.FirebaseError, GoogleAuthError) as error:
                if told := network_problem(error, proxy):
                    raise _unreachable(told.problem, told.hint) from None
                raise _translated(key_file, error) from None
    except LocalFault as fault:
        raise _unreachable(fault.problem, fault.hint) from None
    finally:
        firebase_admin.delete_app(app)


def _translated(key_file: str, error: FirebaseError | GoogleAuthError) -> Exception:
    from google.auth.exceptions import GoogleAuthError

    return _credentials_failed(key_file, error) if isinstance(error, GoogleAuthError) else _translate(error)


def _translate(error: FirebaseError) -> Exception:
    from firebase_admin import auth, exceptions

    if isinstance(error, auth.UserNotFoundError):
        return FirebaseRejected("USER_NOT_FOUND")
    if isinstance(error, auth.CertificateFetchError):
        return _unreachable("its certificates could not be fetched")
    if isinstance(error, (auth.InvalidIdTokenError, auth.ExpiredIdTokenError)):
        return FirebaseRejected("INVALID_ID_TOKEN")
    if error.code in (exceptions.UNAVAILABLE, exceptions.DEADLINE_EXCEEDED, exceptions.UNKNOWN, exceptions.INTERNAL):
        return _unreachable(error.code)
    return Failed("firebase_rejected", f"Firebase refused the service account: {error.code}", "shema doctor")


def _credentials_failed(key_file: str, error: GoogleAuthError) -> Exception:
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError) or error.retryable:
        return _unreachable("no access token could be fetched")
    return unusable(key_file, "Google does not accept it (withdrawn, or this machine's clock is wrong)")


def _unreachable(reason: str, hint: str | None = None) -> Unreachable:
    return Unreachable(
        "firebase_unreachable",
        f"Firebase could not be asked with the service account: {reason}",
        hint or "check the network, then run the command again",
    )


def _account_of_record(user: UserRecord) -> FirebaseAccount:
    return FirebaseAccount(
        uid=user.uid,
        email=user.email,
        disabled=bool(user.disabled),
        last_sign_in=moment(user.user_metadata.last_sign_in_timestamp),
        claims=user.custom_claims or {},
        valid_since=int((user.tokens_valid_after_timestamp or 0) // 1000),
    )
