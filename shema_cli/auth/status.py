"""`auth status`: who is signed in, and whether that would work."""

from __future__ import annotations

from collections.abc import Callable

from shema_cli.auth.gate import Identity, confirm_now, identify, note_emulator
from shema_cli.auth.project import EMULATOR_VARIABLE, ID_TOKEN_VARIABLE, PROJECT_VARIABLE, Realm
from shema_cli.auth.results import SignInStatus
from shema_cli.auth.token import require_admin
from shema_cli.clock import Clock, iso
from shema_cli.errors import AccessDenied
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir


def status(
    settings: Settings, state: StateDir, clock: Clock, note: Callable[[str], None], *, online: bool
) -> SignInStatus:
    """What the gate would find; with `online`, what it would find before a change.

    Raises Unreachable when that cannot be told without Firebase, and Firebase does not answer.
    """
    try:
        realm = Realm.from_settings(settings, state, clock)
        identity = identify(realm, settings.get(ID_TOKEN_VARIABLE))
    except AccessDenied as error:
        return _of_nobody(settings, error)
    if identity is None:
        return _of_nobody(settings, AccessDenied("not_signed_in", "nobody is signed in", "shema auth login"))
    note_emulator(realm, note)
    return describe(realm, identity, online=online)


def describe(realm: Realm, identity: Identity, *, online: bool = False) -> SignInStatus:
    """How an identity stands; with `online`, in Firebase's own words of this moment."""
    try:
        require_admin(identity.token)
        if online:
            confirm_now(realm, identity)
    except AccessDenied as error:
        return _of(realm, identity, error)
    return _of(realm, identity, None)


def _of(realm: Realm, identity: Identity, error: AccessDenied | None) -> SignInStatus:
    not_admin = error is not None and error.code in ("not_admin", "admin_withdrawn")
    return SignInStatus(
        project=realm.project.id,
        emulator=realm.project.emulator,
        signed_in=error is None or not_admin,
        email=identity.email or None,
        uid=identity.token.uid,
        admin=error is None,
        expires_at=iso(identity.token.expires_at),
        storage=identity.storage,
        problem=error.message if error else None,
        hint=error.hint if error else None,
    )


def _of_nobody(settings: Settings, error: AccessDenied) -> SignInStatus:
    return SignInStatus(
        project=settings.get(PROJECT_VARIABLE),
        emulator=settings.get(EMULATOR_VARIABLE) is not None,
        storage=ID_TOKEN_VARIABLE if settings.get(ID_TOKEN_VARIABLE) else None,
        problem=error.message,
        hint=error.hint,
    )
