"""What is said of an account's rights when Firebase's answer to the change is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import pytest

from shema_cli.admins.change import _set_claims
from shema_cli.auth.directory import Directory
from shema_cli.auth.identity_toolkit import FirebaseAccount
from shema_cli.errors import ExitCode, Unreachable

BUDI = FirebaseAccount("uid-budi", "budi@shema.test", False, None, {"role": "teacher"})
ADMIN = {"role": "teacher", "admin": True}


@dataclass
class Losing:
    """Loses the answer to every change; `does` it all the same, and tells of the account where it `tells`."""

    does: bool
    tells: bool = True
    account: FirebaseAccount = BUDI

    def set_claims(self, uid: str, claims: Mapping[str, object]) -> None:
        if self.does:
            self.account = replace(self.account, claims=claims)
        raise Unreachable("firebase_unreachable", "Firebase did not answer in time", "check the network")

    def by_email(self, email: str) -> FirebaseAccount:
        if not self.tells:
            raise Unreachable("firebase_unreachable", "Firebase did not answer in time", "check the network")
        return self.account


def test_a_change_that_was_made_is_seen_to_be_made() -> None:
    _set_claims(cast(Directory, Losing(does=True)), BUDI, ADMIN)


@pytest.mark.parametrize("losing", [Losing(does=False), Losing(does=True, tells=False)])
def test_a_change_that_is_not_seen_may_or_may_not_have_been_made(losing: Losing) -> None:
    with pytest.raises(Unreachable, match=r"the rights of budi@shema\.test may or may not have been changed") as told:
        _set_claims(cast(Directory, losing), BUDI, ADMIN)
    assert told.value.exit_code is ExitCode.UNREACHABLE
    assert "shema admins list" in str(told.value.hint)
