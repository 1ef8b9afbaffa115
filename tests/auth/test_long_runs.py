"""The gate in the middle of a long run, with an emulator's token of the environment: nobody is asked for anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shema_cli.admin import Admin
from shema_cli.auth.gate import Gate
from shema_cli.auth.session import RENEW_BEFORE_S
from shema_cli.errors import AccessDenied, Unreachable
from shema_cli.settings.sources import load_settings
from shema_cli.state import StateDir
from tests.support.firebase import claims_of, unsigned
from tests.support.world import StillClock, still

NOW = 1_800_000_000.0
LIFE_S = 3600


def gate_of(
    folder: Path, clock: StillClock, claims: Mapping[str, object] | None = None, notes: list[str] | None = None
) -> Gate:
    """The gate of a command with `SHEMA_ID_TOKEN`; `claims` change what the token says."""
    token = unsigned(claims_of("demo-shema", NOW) | {"admin": True, "exp": int(NOW) + LIFE_S, **(claims or {})})
    environ = {
        "FIREBASE_PROJECT_ID": "demo-shema",
        "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",
        "SHEMA_ID_TOKEN": token,
        "SHEMA_CONFIG_DIR": str(folder),
        "SHEMA_STATE_DIR": str(folder),
    }
    said = [] if notes is None else notes
    return Gate(load_settings(environ=environ, cwd=folder), StateDir(folder), clock, said.append)


def test_a_reading_command_gets_its_admin_and_one_line_that_it_proves_nothing(tmp_path: Path) -> None:
    notes: list[str] = []
    admin = gate_of(tmp_path, still(NOW), {"email": "ani@shema.test"}, notes).authorize(changes=False)
    assert (admin.email, admin.emulator, admin.source) == ("ani@shema.test", True, "SHEMA_ID_TOKEN")
    assert admin.expires_at == still(NOW + LIFE_S).now()
    assert len(notes) == 1
    assert "127.0.0.1:1" in notes[0]


def test_a_changing_one_must_be_confirmed_at_that_moment(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        gate_of(tmp_path, still(NOW)).authorize(changes=True)


@pytest.mark.parametrize(
    "claims", [{"admin": False}, {"admin": "true"}, {"admin": 1}, {"admin": None, "role": "Admin"}]
)
def test_whoever_is_no_admin_does_not_get_through(claims: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match="is not an admin"):
        gate_of(tmp_path, still(NOW), claims).authorize(changes=False)


def test_a_variable_that_does_not_hold_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match=r"^SHEMA_ID_TOKEN: ") as told:
        gate_of(tmp_path, still(NOW + LIFE_S)).authorize(changes=False)
    assert told.value.code == "token_expired"
    assert told.value.hint is not None
    assert "unset it" in told.value.hint


# -- again and again ---------------------------------------------------------------------------------------------


def admitted(folder: Path, clock: StillClock) -> tuple[Gate, Admin]:
    gate = gate_of(folder, clock)
    return gate, gate.authorize(changes=False)


@pytest.mark.parametrize(("left_s", "same"), [(RENEW_BEFORE_S + 1, True), (RENEW_BEFORE_S, False), (1, False)])
def test_the_admin_is_looked_at_again_only_when_the_token_is_about_to_end(
    left_s: int, same: bool, tmp_path: Path
) -> None:
    clock = still(NOW)
    gate, admin = admitted(tmp_path, clock)
    clock.advance(LIFE_S - left_s)
    for ask in (gate.renew, gate.look_on):
        again = ask(admin)
        assert (again is admin) is same
        assert again == admin


def test_a_token_that_ended_ends_the_run_that_changes_and_the_one_that_looks_on(tmp_path: Path) -> None:
    clock = still(NOW)
    gate, admin = admitted(tmp_path, clock)
    clock.advance(LIFE_S)
    for ask in (gate.renew, gate.look_on):
        with pytest.raises(AccessDenied, match="has expired"):
            ask(admin)


class Unreached(Gate):
    """A gate whose Firebase does not answer."""

    def renew(self, admin: Admin) -> Admin:
        raise Unreachable("firebase_unreachable", "no answer")


@pytest.mark.parametrize(("left_s", "goes_on"), [(60, True), (1, True), (0, False), (-1, False)])
def test_who_only_looks_on_does_so_without_firebase_until_the_token_ends(
    left_s: int, goes_on: bool, tmp_path: Path
) -> None:
    clock = still(NOW)
    gate, admin = admitted(tmp_path, clock)
    alone = Unreached(gate.settings, gate.state, clock, gate.note)
    ending = replace(admin, expires_at=clock.now() + timedelta(seconds=left_s))
    if goes_on:
        assert alone.look_on(ending) is ending
    else:
        with pytest.raises(Unreachable):
            alone.look_on(ending)
