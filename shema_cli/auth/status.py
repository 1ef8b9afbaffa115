"""Who is signed in, told truthfully (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shema_cli.auth.admin import ID_TOKEN_VARIABLE
from shema_cli.auth.claims import require_admin
from shema_cli.auth.gate import mark_emulator
from shema_cli.auth.identity import Identity, identify
from shema_cli.auth.project import EMULATOR_VARIABLE, PROJECT_VARIABLE
from shema_cli.auth.realm import Realm
from shema_cli.clock import iso
from shema_cli.errors import AccessDenied
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result, Table

if TYPE_CHECKING:
    from shema_cli.context import AppContext


@dataclass(frozen=True)
class Status(Result):
    """`storage`: `keyring`, `file`, `service-account` or `SHEMA_ID_TOKEN`. `problem`: why it would not work."""

    project: str | None
    emulator: bool
    signed_in: bool = False
    email: str | None = None
    uid: str | None = None
    admin: bool = False
    expires_at: str | None = None
    storage: str | None = None
    problem: str | None = None
    hint: str | None = None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.signed_in and self.admin else ExitCode.DENIED

    def document(self) -> dict[str, Any]:
        names = ("signed_in", "email", "uid", "admin", "project", "emulator", "expires_at", "storage")
        return {name: getattr(self, name) for name in names}

    def table(self) -> Table:
        return Table(("field", "value"), list(self.document().items()))

    def notes(self) -> Iterable[str]:
        if self.storage == ID_TOKEN_VARIABLE:
            yield f"{ID_TOKEN_VARIABLE} is set: it is used instead of any stored session."
        if self.problem:
            yield self.problem
        if self.hint:
            yield f"  try: {self.hint}"


def status(app: AppContext, *, online: bool) -> Status:
    """What the gate would find; with `online`, what it would find before a change.

    Raises Unreachable when that cannot be told without Firebase, and Firebase does not answer.
    """
    try:
        realm = Realm.of(app)
        identity = identify(realm, app.settings.get(ID_TOKEN_VARIABLE))
    except AccessDenied as error:
        return _without(app, error)
    if identity is None:
        return _without(app, AccessDenied("not_signed_in", "nobody is signed in", "shema auth login"))
    mark_emulator(app, realm)
    return describe(realm, identity, online=online)


def describe(realm: Realm, identity: Identity, *, online: bool = False) -> Status:
    try:
        require_admin(identity.token)
        if online:
            from shema_cli.auth.online import confirm

            confirm(realm, identity)
    except AccessDenied as error:
        return _of(realm, identity, error)
    return _of(realm, identity, None)


def _of(realm: Realm, identity: Identity, error: AccessDenied | None) -> Status:
    not_admin = error is not None and error.code in ("not_admin", "admin_withdrawn")
    return Status(
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


def _without(app: AppContext, error: AccessDenied) -> Status:
    return Status(
        project=app.settings.get(PROJECT_VARIABLE),
        emulator=app.settings.get(EMULATOR_VARIABLE) is not None,
        storage=ID_TOKEN_VARIABLE if app.settings.get(ID_TOKEN_VARIABLE) else None,
        problem=error.message,
        hint=error.hint,
    )
