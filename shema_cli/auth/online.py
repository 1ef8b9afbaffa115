"""Ask Firebase, at the moment of a change, whether the admin still is one (contract 2.4)."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from typing import Any

from shema_cli.auth.admin import SERVICE_ACCOUNT
from shema_cli.auth.claims import names_admin
from shema_cli.auth.identity import Identity
from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit
from shema_cli.auth.realm import Realm
from shema_cli.auth.renew import ENDED, ended
from shema_cli.auth.service_account import UID_PREFIX
from shema_cli.errors import AccessDenied, Unreachable


@dataclass(frozen=True)
class Standing:
    """What Firebase says of an account now. `valid_since`: tokens of sign-ins before it are revoked, epoch seconds."""

    disabled: bool
    valid_since: int
    claims: Any


def confirm(realm: Realm, identity: Identity) -> None:
    """Raises AccessDenied when revoked, disabled, deleted or no longer an admin, and Unreachable without an answer.

    A session that Firebase has ended is wiped.
    """
    if identity.source == SERVICE_ACCOUNT:
        return  # its token was issued by Firebase a moment ago, for this command
    try:
        standing = _ask(realm, identity)
    except FirebaseRejected as error:
        raise ended(identity.store, error.reason) if error.reason in ENDED else error from None
    if standing.disabled:
        raise ended(identity.store, "USER_DISABLED")
    if identity.token.auth_time < standing.valid_since:
        raise ended(identity.store, "TOKEN_EXPIRED")
    if not names_admin(standing.claims) and not identity.token.uid.startswith(UID_PREFIX):
        _forget_id_token(identity)
        raise AccessDenied(
            "admin_withdrawn",
            f"{identity.email or identity.token.uid} is no longer an admin",
            "ask an admin to run `shema admins grant EMAIL`",
        )


def _ask(realm: Realm, identity: Identity) -> Standing:
    if realm.project.credentials_file and not realm.project.emulator:
        from shema_cli.auth.firebase import standing_of

        found = standing_of(realm, identity.token.raw)
        if found is not None:
            return found
    return standing(IdentityToolkit(realm.project).lookup(identity.token.raw))


def standing(account: dict[str, Any]) -> Standing:
    """From an account of `accounts:lookup`."""
    return Standing(
        disabled=account.get("disabled") is True,
        valid_since=_whole_seconds(account.get("validSince")),
        claims=claims_of(account),
    )


def claims_of(account: dict[str, Any]) -> dict[str, Any]:
    """An account's custom claims; unreadable ones are none."""
    try:
        claims = json.loads(account.get("customAttributes") or "{}")
    except (ValueError, TypeError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _whole_seconds(value: Any) -> int:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def _forget_id_token(identity: Identity) -> None:
    """Make the next command renew the ID token, which then says what Firebase says."""
    if identity.store is None:
        return
    with contextlib.suppress(Unreachable), identity.store.lock():
        session = identity.store.load()
        if session is not None and session.id_token == identity.token.raw:
            token = identity.store.refresh_token(session)
            identity.store.save(replace(session, refresh_token=token, expires_at=0))
