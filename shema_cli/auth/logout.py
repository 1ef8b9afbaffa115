"""`auth logout`: remove every trace, here or everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shema_cli.auth.admin import ID_TOKEN_VARIABLE
from shema_cli.auth.mfa import forget
from shema_cli.auth.realm import Realm
from shema_cli.auth.session import SessionStore
from shema_cli.errors import InvalidUsage
from shema_cli.results import Result, Table

if TYPE_CHECKING:
    from shema_cli.context import AppContext


@dataclass(frozen=True)
class SignedOut(Result):
    """`signed_out`: whether there was a session to end. `everywhere`: whether the refresh tokens were revoked."""

    signed_out: bool
    everywhere: bool
    variable_set: bool = False

    def document(self) -> dict[str, Any]:
        return {"signed_out": self.signed_out, "everywhere": self.everywhere}

    def table(self) -> Table:
        return Table(("field", "value"), list(self.document().items()))

    def notes(self) -> Iterable[str]:
        yield "Signed out." if self.signed_out else "Nobody was signed in."
        if self.everywhere:
            yield "Elsewhere changes are refused at once; reading ends with the ID token, within the hour."
        if self.variable_set:
            yield f"{ID_TOKEN_VARIABLE} is still set: unset it too."


def logout(app: AppContext, *, everywhere: bool) -> SignedOut:
    """Forget the session of this project and profile.

    With `everywhere`, first revoke the account's refresh tokens, which takes a service account's key except on an
    emulator; when that fails, the session stays. Raises NotConfigured, Unreachable.
    """
    realm = Realm.for_logout(app)
    store = SessionStore(realm)
    session = store.load()
    if everywhere:
        if session is None or session.service_account:
            raise InvalidUsage(
                "nothing_to_revoke", "no account is signed in whose sessions could be revoked", "shema auth status"
            )
        from shema_cli.auth.directory import directory

        with directory(Realm.of(app)) as accounts:
            accounts.revoke_sessions(session.uid)
    with store.lock():
        existed = store.wipe()
    forget(realm)
    return SignedOut(existed, everywhere, app.settings.get(ID_TOKEN_VARIABLE) is not None)
