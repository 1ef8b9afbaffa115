"""What `shema admins` answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from shema_cli.auth.identity_toolkit import FirebaseAccount
from shema_cli.clock import iso
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table


@dataclass(frozen=True)
class Admins(Result):
    """The accounts whose custom claims make an admin, by email."""

    is_list = True

    accounts: Sequence[FirebaseAccount]
    now: datetime

    def document(self) -> dict[str, object]:
        return {"admins": [_document(account) for account in self.accounts]}

    def table(self) -> Table:
        columns = ("email", "uid", "disabled", "last_sign_in")
        rows = [_document(account) for account in self.accounts]
        return Table(columns, [[row[column] for column in columns] for row in rows])

    def notes(self) -> Iterable[str]:
        if not self.accounts:
            yield "Nobody is an admin."


def _document(account: FirebaseAccount) -> dict[str, object]:
    return {
        "uid": account.uid,
        "email": account.email,
        "disabled": account.disabled,
        "last_sign_in": iso(account.last_sign_in) if account.last_sign_in else None,
    }


class AdminOutcome(StrEnum):
    """What became of one account; `already`: there was nothing to do."""

    GRANTED = "granted"
    REVOKED = "revoked"
    ALREADY = "already"
    PLANNED = "planned"


@dataclass(frozen=True)
class AdminChange(Result):
    """One account after the command. `admin`: whether it is one now."""

    uid: str
    email: str
    admin: bool
    outcome: AdminOutcome

    def document(self) -> dict[str, object]:
        return {"uid": self.uid, "email": self.email, "admin": self.admin, "outcome": self.outcome.value}

    def table(self) -> Table:
        return Table(("email", "outcome", "admin", "uid"), [(self.email, self.outcome.value, self.admin, self.uid)])

    def notes(self) -> Iterable[str]:
        if self.outcome is AdminOutcome.GRANTED:
            yield f"{self.email} is an admin from their next sign-in on."
        elif self.outcome is AdminOutcome.REVOKED:
            yield f"{self.email} can change nothing from now on, and read nothing within the hour."
        elif self.outcome is AdminOutcome.ALREADY:
            yield f"{self.email} {'is' if self.admin else 'is not'} an admin; nothing was changed."
