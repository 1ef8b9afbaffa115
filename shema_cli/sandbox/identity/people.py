"""Who can sign in to a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shema_cli.auth.project import Realm
from shema_cli.auth.session import FILE, Session, SessionStore
from shema_cli.clock import Clock
from shema_cli.sandbox.identity.accounts import Accounts
from shema_cli.settings.sources import load_settings
from shema_cli.state import StateDir

PROJECT = "demo-shema"
API_KEY = "demo-key"
ADMIN = "admin@shema.test"
ADMIN_PASSWORD = "admin-password"  # noqa: S105 - of a sandbox
ADMIN_UID = "admin-1"
STUDENT = "student@shema.test"
STUDENT_PASSWORD = "student-password"  # noqa: S105


def invite(accounts: Accounts) -> None:
    """The accounts of a new sandbox: an admin, one who was an admin once, and a student, who is none."""
    accounts.clear()
    accounts.add(ADMIN, ADMIN_PASSWORD, uid=ADMIN_UID, display_name="Admin Shema", claims={"admin": True})
    accounts.add("former@shema.test", "former-password", uid="admin-0", display_name="Admin Lama")
    accounts.add(STUDENT, STUDENT_PASSWORD, uid="student-1", display_name="Siti Rahayu")


def sign_in_admin(accounts: Accounts, environment: Mapping[str, str], state: StateDir, clock: Clock) -> Path:
    """Keep a session of the admin in `state`, for the profile that `environment` names; the session's file.

    It goes into a file whatever the machine has: a sandbox leaves nothing in a keyring.
    """
    account = accounts.by_email(ADMIN)
    assert account is not None
    tokens = accounts.sign_in(account, "password")
    realm = Realm.from_settings(load_settings(environ=environment, cwd=state.path.parent), state, clock)
    session = Session(
        uid=account.uid,
        email=account.email,
        expires_at=int(clock.now().timestamp()) + int(tokens["expiresIn"]),
        storage=FILE,
        id_token=tokens["idToken"],
        refresh_token=tokens["refreshToken"],
    )
    SessionStore(realm).save(session)
    return state.file(f"session-{realm.name}.json")
