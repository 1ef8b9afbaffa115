"""The gate before every command that needs an admin (contract 2.4). Nothing else is spoken to before it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shema_cli.auth.admin import ID_TOKEN_VARIABLE, Admin
from shema_cli.auth.claims import IdToken, require_admin
from shema_cli.auth.identity import Identity, identify
from shema_cli.auth.realm import Realm
from shema_cli.errors import AccessDenied, Unreachable

if TYPE_CHECKING:
    from shema_cli.context import AppContext

EMULATOR_NOTE = "EMULATOR: signed in at {host}, not at Firebase; this proves nothing."


def authorize(app: AppContext, *, changes: bool) -> Admin:
    """The verified admin of this command; for one that changes something, Firebase is asked at this moment.

    Raises AccessDenied, or Unreachable when Firebase must be asked and does not answer.
    """
    realm = Realm.of(app)
    identity = _identity(app, realm)
    mark_emulator(app, realm)
    require_admin(identity.token)
    if changes:
        from shema_cli.auth.online import confirm

        confirm(realm, identity)
    return admin_of(realm, identity)


def renew(app: AppContext) -> Admin:
    """The admin again, in the middle of a long run (between batches of a replay, between ticks of a watch).

    Costs a comparison of times until the ID token is about to end. Raises as `authorize` does; keeps nothing back
    when the session was ended meanwhile.
    """
    admin = app.admin
    if admin is None:
        raise AccessDenied("not_signed_in", "nobody is signed in", "shema auth login")
    from shema_cli.auth.renew import RENEW_BEFORE_S

    if (admin.expires_at - app.clock.now()).total_seconds() > RENEW_BEFORE_S:
        return admin
    realm = Realm.of(app)
    identity = _identity(app, realm)
    require_admin(identity.token)
    app.admin = admin_of(realm, identity)
    return app.admin


def stay_signed_in(app: AppContext) -> None:
    """`renew`, for what only looks on: a Firebase out of reach matters only once the ID token has ended."""
    try:
        renew(app)
    except Unreachable:
        if app.admin is None or app.admin.expires_at <= app.clock.now():
            raise


def _identity(app: AppContext, realm: Realm) -> Identity:
    identity = identify(realm, app.settings.get(ID_TOKEN_VARIABLE))
    if identity is None:
        raise AccessDenied(
            "not_signed_in",
            f"nobody is signed in to {realm.project.id} (profile {realm.profile})",
            "shema auth login",
        )
    return identity


def admin_of(realm: Realm, identity: Identity) -> Admin:
    token: IdToken = identity.token
    return Admin(
        uid=token.uid,
        email=identity.email,
        id_token=token.raw,
        expires_at=token.expires_at,
        emulator=realm.project.emulator,
        source=identity.source,
    )


def mark_emulator(app: AppContext, realm: Realm) -> None:
    """One line on stderr wherever an emulator's identity is used."""
    if realm.project.emulator:
        app.output.note(EMULATOR_NOTE.format(host=realm.project.emulator_host))
