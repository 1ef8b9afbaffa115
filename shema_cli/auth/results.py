"""What `shema auth` answers (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable

from shema_cli.auth.project import ID_TOKEN_VARIABLE, PROJECT_VARIABLE
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table
from shema_cli.settings.values import mask


@dataclass(frozen=True)
class SignInStatus(Result):
    """Who is signed in, told truthfully.

    `storage`: `keyring`, `file`, `service-account` or `SHEMA_ID_TOKEN`. `problem`: why it would not work.
    """

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

    def document(self) -> dict[str, object]:
        names = ("signed_in", "email", "uid", "admin", "project", "emulator", "expires_at", "storage")
        told = {name: getattr(self, name) for name in names}
        return {**told, "project": mask(PROJECT_VARIABLE, self.project) if self.project else self.project}

    def table(self) -> Table:
        return Table(("field", "value"), list(self.document().items()))

    def notes(self) -> Iterable[str]:
        if self.storage == ID_TOKEN_VARIABLE:
            yield f"{ID_TOKEN_VARIABLE} is set: it is used instead of any stored session."
        if self.problem:
            yield self.problem
        if self.hint:
            yield f"  try: {self.hint}"


@dataclass(frozen=True)
class SignedOut(Result):
    """`signed_out`: whether there was a session to end. `everywhere`: whether the refresh tokens were revoked.
    `left_behind`: the entry of a keyring that this process does not see, with a refresh token that is still good."""

    signed_out: bool
    everywhere: bool
    variable_set: bool = False
    left_behind: str = ""

    def document(self) -> dict[str, bool]:
        return {"signed_out": self.signed_out, "everywhere": self.everywhere}

    def table(self) -> Table:
        return Table(("field", "value"), list(self.document().items()))

    def notes(self) -> Iterable[str]:
        yield "Signed out." if self.signed_out else "Nobody was signed in."
        if self.everywhere:
            yield "Elsewhere changes are refused at once; reading ends with the ID token, within the hour."
        if self.variable_set:
            yield f"{ID_TOKEN_VARIABLE} is still set: unset it too."
        if self.left_behind and not self.everywhere:
            yield (
                "The keyring that this process sees has no refresh token of the session: where your desktop's has one, "
                f"remove the entry {self.left_behind} there."
            )
