"""Make somebody an admin, or no longer one, without touching their other claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shema_cli.admins.models import AdminChange, Admins
from shema_cli.auth.directory import Account, Directory, directory
from shema_cli.auth.realm import Realm
from shema_cli.durations import age
from shema_cli.errors import Failed, NotFound, Refused, ShemaError

if TYPE_CHECKING:
    from shema_cli.context import AppContext

GRANT = "grant"
REVOKE = "revoke"


@dataclass(frozen=True)
class Mode:
    """How far to go."""

    dry_run: bool = False
    yes: bool = False
    force: bool = False
    reason: str = ""


def list_admins(app: AppContext) -> Admins:
    """Every admin of the project. Raises NotConfigured without a service account, except on an emulator."""
    with directory(Realm.of(app)) as accounts:
        return Admins(_admins(accounts), app.clock.now())


def grant(app: AppContext, email: str, mode: Mode) -> AdminChange:
    """Set the claim `admin: true`. Raises NotFound for an email without an account."""
    with directory(Realm.of(app)) as accounts:
        account = _account(accounts, email)
        if account.is_admin:
            return AdminChange(account.uid, email, True, "already")
        if mode.dry_run:
            return AdminChange(account.uid, email, False, "planned")
        _reach_audit(app)
        app.confirm(f"Make 1 account an admin: {_described(app, account)}?", yes=mode.yes)
        accounts.set_claims(account.uid, {**account.claims, "admin": True})
    _audit(app, GRANT, account, mode)
    return AdminChange(account.uid, email, True, "granted")


def revoke(app: AppContext, email: str, mode: Mode) -> AdminChange:
    """Remove the admin claims. Raises Refused for the last admin and for oneself, unless forced."""
    with directory(Realm.of(app)) as accounts:
        account = _account(accounts, email)
        if not account.is_admin:
            return AdminChange(account.uid, email, False, "already")
        if not mode.force:
            _refuse_lockout(app, accounts, account)
        if mode.dry_run:
            return AdminChange(account.uid, email, True, "planned")
        _reach_audit(app)
        app.confirm(f"Take the admin rights of 1 account: {_described(app, account)}?", yes=mode.yes)
        accounts.set_claims(account.uid, _without_admin(account.claims))
        if not mode.force:
            _restore_if_last(accounts, account)
    _audit(app, REVOKE, account, mode)
    return AdminChange(account.uid, email, False, "revoked")


def _admins(accounts: Directory) -> list[Account]:
    return sorted((a for a in accounts.accounts() if a.is_admin), key=lambda a: (a.email or "", a.uid))


def _account(accounts: Directory, email: str) -> Account:
    account = accounts.by_email(email)
    if account is None:
        raise NotFound(
            "no_account", f"there is no account with the email {email}", "create it in the Firebase console first"
        )
    return account


def _refuse_lockout(app: AppContext, accounts: Directory, account: Account) -> None:
    if app.admin is not None and app.admin.uid == account.uid:
        raise Refused("own_account", "these are your own admin rights", "ask another admin, or add --force")
    if not _others(accounts, account):
        raise _last_admin(account)


def _others(accounts: Directory, account: Account) -> list[Account]:
    return [a for a in _admins(accounts) if not a.disabled and a.uid != account.uid]


def _restore_if_last(accounts: Directory, account: Account) -> None:
    """Two admins may revoke each other at once: Firebase has no transaction, so look again, and take it back."""
    if not _others(accounts, account):
        accounts.set_claims(account.uid, account.claims)
        raise _last_admin(account)


def _last_admin(account: Account) -> Refused:
    return Refused(
        "last_admin",
        f"{account.email} is the last admin who can sign in; nobody could sign in after this",
        "grant another account first (`shema admins grant EMAIL`), or add --force",
    )


def _without_admin(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in claims.items() if k != "admin" and not (k == "role" and v == "admin")}


def _described(app: AppContext, account: Account) -> str:
    if account.last_sign_in is None:
        seen = "never signed in"
    else:
        seen = f"last signed in {age((app.clock.now() - account.last_sign_in).total_seconds())} ago"
    return f"{account.email} ({seen}{', disabled' if account.disabled else ''})"


def _reach_audit(app: AppContext) -> None:
    """What cannot be written to the audit trail is not done."""
    from shema_cli.store.connection import redis_errors

    with redis_errors(app.settings):
        app.redis.ping()


def _audit(app: AppContext, action: str, account: Account, mode: Mode) -> None:
    details = {"uid": account.uid, **({"force": True} if mode.force else {})}
    try:
        app.journal.append(action=action, target=account.email or account.uid, reason=mode.reason, details=details)
    except ShemaError as error:
        raise Failed(
            "not_audited",
            f"{action} was carried out for {account.email}, but is not in the audit trail: {error.message}",
            "note it by hand; `shema admins list` shows how things are",
        ) from None
