"""The accounts of a project: through firebase-admin with a service account's key, or in an emulator."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from shema_cli.auth.claims import names_admin
from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit
from shema_cli.auth.online import claims_of
from shema_cli.auth.project import CREDENTIALS_VARIABLE
from shema_cli.auth.realm import Realm
from shema_cli.errors import NotConfigured

_NOT_FOUND = "USER_NOT_FOUND"


@dataclass(frozen=True)
class Account:
    """An account and its custom claims."""

    uid: str
    email: str | None
    disabled: bool
    last_sign_in: datetime | None
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_admin(self) -> bool:
        return names_admin(self.claims)


class Directory(Protocol):
    """What administration needs. Each method raises FirebaseRejected, Failed or Unreachable."""

    def accounts(self) -> Iterator[Account]:
        """Every account of the project."""

    def by_email(self, email: str) -> Account | None:
        """The account of an email, or None."""

    def set_claims(self, uid: str, claims: Mapping[str, Any]) -> None:
        """Replace an account's custom claims."""

    def revoke_sessions(self, uid: str) -> None:
        """Make every refresh token issued so far worthless."""


@contextlib.contextmanager
def directory(realm: Realm) -> Iterator[Directory]:
    """The project's accounts. Raises NotConfigured without a service account, except on an emulator."""
    if realm.project.emulator:
        yield EmulatorDirectory(realm)
        return
    from shema_cli.auth.service_account import read_key

    path = realm.project.credentials_file
    if path is None:
        raise NotConfigured(
            "not_configured",
            f"{CREDENTIALS_VARIABLE} is not set; only a service account may administer accounts",
            f"set {CREDENTIALS_VARIABLE} to the key file of a service account of {realm.project.id}",
        )
    read_key(path)
    from shema_cli.auth.firebase import FirebaseDirectory, application

    with application(realm, path) as app:
        yield FirebaseDirectory(app)


class EmulatorDirectory:
    """An emulator's accounts, through the administrative methods that it opens to everybody."""

    def __init__(self, realm: Realm) -> None:
        self._toolkit = IdentityToolkit(realm.project)
        self._realm = realm

    def accounts(self) -> Iterator[Account]:
        return (_account(found) for found in self._toolkit.all_accounts())

    def by_email(self, email: str) -> Account | None:
        users = self._toolkit.as_owner(":lookup", {"email": [email]}).get("users") or []
        return _account(users[0]) if users else None

    def set_claims(self, uid: str, claims: Mapping[str, Any]) -> None:
        self._toolkit.as_owner(":update", {"localId": uid, "customAttributes": json.dumps(claims)})

    def revoke_sessions(self, uid: str) -> None:
        since = int(self._realm.now().timestamp())
        try:
            self._toolkit.as_owner(":update", {"localId": uid, "validSince": str(since)})
        except FirebaseRejected as error:
            if error.reason != _NOT_FOUND:
                raise


def _account(found: dict[str, Any]) -> Account:
    email = found.get("email")
    return Account(
        uid=str(found.get("localId", "")),
        email=email if isinstance(email, str) else None,
        disabled=found.get("disabled") is True,
        last_sign_in=moment(found.get("lastLoginAt")),
        claims=claims_of(found),
    )


def moment(milliseconds: Any) -> datetime | None:
    """Firebase's milliseconds since 1970, as text or number."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
