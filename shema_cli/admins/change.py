"""Make somebody an admin, or no longer one, without touching their other claims."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from shema_cli.admins.results import AdminChange, AdminOutcome, Admins
from shema_cli.auth.directory import Directory, directory
from shema_cli.auth.identity_toolkit import FirebaseAccount
from shema_cli.auth.project import Realm
from shema_cli.clock import age
from shema_cli.errors import NotFound, Refused, ShemaError, Unreachable
from shema_cli.frozen import dataclass

if TYPE_CHECKING:
    from shema_cli.output.person import Person
    from shema_cli.store.connection import Store
    from shema_cli.store.journal import Journal

GRANT = "grant"
REVOKE = "revoke"


@dataclass(frozen=True)
class Mode:
    """How far to go."""

    dry_run: bool = False
    yes: bool = False
    force: bool = False
    reason: str = ""


def list_admins(realm: Realm) -> Admins:
    """Every admin of the project. Raises NotConfigured without a service account, except on an emulator."""
    with directory(realm) as accounts:
        return Admins(_admins(accounts), realm.now())


@dataclass(frozen=True)
class Administration:
    """Who may administer, in whose name (`own_uid`), and where it is written down."""

    realm: Realm
    person: Person
    store: Store
    journal: Journal
    own_uid: str

    def grant(self, email: str, mode: Mode) -> AdminChange:
        """Set the claim `admin: true`. Raises NotFound for an email without an account."""
        with directory(self.realm) as accounts:
            account = _account(accounts, email)
            if account.is_admin:
                return AdminChange(account.uid, email, True, AdminOutcome.ALREADY)
            if mode.dry_run:
                return AdminChange(account.uid, email, False, AdminOutcome.PLANNED)
            self._reach_audit()
            self.person.confirm(f"Make 1 account an admin: {self._described(account)}?", yes=mode.yes)
            with self._written_down(GRANT, account, mode):
                _set_claims(accounts, account, {**account.claims, "admin": True})
        return AdminChange(account.uid, email, True, AdminOutcome.GRANTED)

    def revoke(self, email: str, mode: Mode) -> AdminChange:
        """Remove the admin claims. Raises Refused for the last admin and for oneself, unless forced."""
        with directory(self.realm) as accounts:
            account = _account(accounts, email)
            if not account.is_admin:
                return AdminChange(account.uid, email, False, AdminOutcome.ALREADY)
            if not mode.force:
                self._refuse_lockout(accounts, account)
            if mode.dry_run:
                return AdminChange(account.uid, email, True, AdminOutcome.PLANNED)
            self._reach_audit()
            self.person.confirm(f"Take the admin rights of 1 account: {self._described(account)}?", yes=mode.yes)
            with self._written_down(REVOKE, account, mode):
                _set_claims(accounts, account, _without_admin(account.claims))
                if not mode.force:
                    _restore_if_last(accounts, account)
        return AdminChange(account.uid, email, False, AdminOutcome.REVOKED)

    def _refuse_lockout(self, accounts: Directory, account: FirebaseAccount) -> None:
        if account.uid == self.own_uid:
            raise Refused("own_account", "these are your own admin rights", "ask another admin, or add --force")
        if not _others(accounts, account):
            raise _last_admin(account)

    def _described(self, account: FirebaseAccount) -> str:
        if account.last_sign_in is None:
            seen = "never signed in"
        else:
            seen = f"last signed in {age((self.realm.now() - account.last_sign_in).total_seconds())} ago"
        return f"{account.email} ({seen}{', disabled' if account.disabled else ''})"

    def _reach_audit(self) -> None:
        """Before anybody is asked: what cannot be written to the audit trail is not done."""
        with self.store.errors():
            self.store.knock()

    def _written_down(self, action: str, account: FirebaseAccount, mode: Mode) -> AbstractContextManager[None]:
        details = {"uid": account.uid, **({"force": True} if mode.force else {})}
        target = account.email or account.uid
        return self.journal.around(action=action, target=target, reason=mode.reason, details=details)


def _set_claims(accounts: Directory, account: FirebaseAccount, claims: Mapping[str, object]) -> None:
    """Raises Unreachable, saying that it is not known whether they were set, when the answer is lost and a look at the
    account does not show them."""
    try:
        accounts.set_claims(account.uid, claims)
    except Unreachable as error:
        if _have(accounts, account, claims):
            return
        message = f"{error.message}; the rights of {account.email} may or may not have been changed"
        raise Unreachable("firebase_lost", message, "look with shema admins list, then run it again") from error


def _have(accounts: Directory, account: FirebaseAccount, claims: Mapping[str, object]) -> bool:
    try:
        found = accounts.by_email(account.email or "")
    except ShemaError:
        return False
    return found is not None and dict(found.claims) == dict(claims)


def _admins(accounts: Directory) -> list[FirebaseAccount]:
    return sorted((a for a in accounts.accounts() if a.is_admin), key=lambda a: (a.email or "", a.uid))


def _account(accounts: Directory, email: str) -> FirebaseAccount:
    account = accounts.by_email(email)
    if account is None:
        raise NotFound(
            "no_account", f"there is no account with the email {email}", "create it in the Firebase console first"
        )
    return account


def _others(accounts: Directory, account: FirebaseAccount) -> list[FirebaseAccount]:
    return [a for a in _admins(accounts) if not a.disabled and a.uid != account.uid]


def _restore_if_last(accounts: Directory, account: FirebaseAccount) -> None:
    """Two admins may revoke each other at once: Firebase has no transaction, so look again, and take it back."""
    if not _others(accounts, account):
        _set_claims(accounts, account, account.claims)
        raise _last_admin(account)


def _last_admin(account: FirebaseAccount) -> Refused:
    return Refused(
        "last_admin",
        f"{account.email} is the last admin who can sign in; nobody could sign in after this",
        "grant another account first (`shema admins grant EMAIL`), or add --force",
    )


def _without_admin(claims: Mapping[str, object]) -> dict[str, object]:
    return {k: v for k, v in claims.items() if k != "admin" and not (k == "role" and v == "admin")}
