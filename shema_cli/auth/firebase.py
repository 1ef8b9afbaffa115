"""firebase-admin, for those who hold a service account's key. Imported only when it is used: it is slow to load."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from shema_cli.auth.directory import Account, moment
from shema_cli.auth.identity_toolkit import FirebaseRejected
from shema_cli.auth.online import Standing
from shema_cli.auth.project import EMULATOR_VARIABLE
from shema_cli.auth.realm import Realm
from shema_cli.auth.service_account import read_key, unusable
from shema_cli.errors import Failed, NotConfigured, Unreachable

TIMEOUT_S = 15


def standing_of(realm: Realm, id_token: str) -> Standing | None:
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
        user = auth.get_user(claims["uid"], app)
        valid_since = int((user.tokens_valid_after_timestamp or 0) // 1000)
        return Standing(bool(user.disabled), valid_since, user.custom_claims or {})


@contextlib.contextmanager
def application(realm: Realm, key_file: str) -> Iterator[Any]:
    """A firebase-admin app of the project; what it raises becomes this project's errors."""
    import firebase_admin
    from firebase_admin import credentials, exceptions
    from google.auth.exceptions import GoogleAuthError

    # firebase-admin reads this variable at every call, also a blank one, and then believes unsigned tokens.
    os.environ.pop(EMULATOR_VARIABLE, None)
    try:
        certificate = credentials.Certificate(key_file)
    except (ValueError, OSError):
        raise unusable(key_file, "its private key cannot be used") from None
    options = {"projectId": realm.project.id, "httpTimeout": TIMEOUT_S}
    app = firebase_admin.initialize_app(certificate, options, name=f"shema-{id(realm)}")
    try:
        yield app
    except exceptions.FirebaseError as error:
        raise _translate(error) from None
    except GoogleAuthError as error:
        raise _credentials_failed(key_file, error) from None
    finally:
        firebase_admin.delete_app(app)


def _translate(error: Any) -> Exception:
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


def _credentials_failed(key_file: str, error: Any) -> Exception:
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError) or error.retryable:
        return _unreachable("no access token could be fetched")
    return unusable(key_file, "Google does not accept it (withdrawn, or this machine's clock is wrong)")


def _unreachable(reason: str) -> Unreachable:
    return Unreachable(
        "firebase_unreachable",
        f"Firebase could not be asked with the service account: {reason}",
        "check the network, then run the command again",
    )


class FirebaseDirectory:
    """A project's accounts through firebase-admin (`directory.Directory`)."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def accounts(self) -> Iterator[Account]:
        from firebase_admin import auth

        return (_account(user) for user in auth.list_users(app=self._app).iterate_all())

    def by_email(self, email: str) -> Account | None:
        from firebase_admin import auth

        try:
            return _account(auth.get_user_by_email(email, self._app))
        except auth.UserNotFoundError:
            return None

    def set_claims(self, uid: str, claims: Mapping[str, Any]) -> None:
        from firebase_admin import auth

        auth.set_custom_user_claims(uid, dict(claims) or None, self._app)

    def revoke_sessions(self, uid: str) -> None:
        from firebase_admin import auth

        auth.revoke_refresh_tokens(uid, self._app)


def _account(user: Any) -> Account:
    return Account(
        uid=user.uid,
        email=user.email,
        disabled=bool(user.disabled),
        last_sign_in=moment(user.user_metadata.last_sign_in_timestamp),
        claims=user.custom_claims or {},
    )
