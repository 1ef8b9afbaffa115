"""The gate in the middle of a long run, with an emulator's token of the environment: nobody is asked for anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shema_cli.admin import Admin, Mandate
from shema_cli.auth.gate import TAKEN_FOR_NOW_S, Gate, Identity
from shema_cli.auth.project import Realm
from shema_cli.auth.session import RENEW_BEFORE_S
from shema_cli.errors import AccessDenied, Failed, ShemaError, Unreachable
from shema_cli.settings.sources import load_settings
from shema_cli.state import StateDir
from tests.support.firebase import claims_of, unsigned
from tests.support.http import Answer, HttpServer, Request
from tests.support.signed_in import LOOKUP, UID, serve_identity
from tests.support.world import StillClock, still

NOW = 1_800_000_000.0
LIFE_S = 3600


def gate_of(
    folder: Path,
    clock: StillClock,
    claims: Mapping[str, object] | None = None,
    notes: list[str] | None = None,
    emulator: str = "127.0.0.1:1",
    **settings: str,
) -> Gate:
    """The gate of a command with `SHEMA_ID_TOKEN`; `claims` change what the token says."""
    token = unsigned(claims_of("demo-shema", NOW) | {"admin": True, "exp": int(NOW) + LIFE_S, **(claims or {})})
    environ = {
        "FIREBASE_PROJECT_ID": "demo-shema",
        "FIREBASE_AUTH_EMULATOR_HOST": emulator,
        "FIREBASE_API_KEY": "key",
        "SHEMA_ID_TOKEN": token,
        "SHEMA_CONFIG_DIR": str(folder),
        "SHEMA_STATE_DIR": str(folder),
        **settings,
    }
    said = [] if notes is None else notes
    return Gate(load_settings(environ=environ, cwd=folder), StateDir(folder), clock, said.append)


def test_a_reading_command_gets_its_admin_and_elsewhere_one_line_that_it_proves_nothing(tmp_path: Path) -> None:
    notes: list[str] = []
    claims = {"email": "ani@shema.test"}
    admin = gate_of(tmp_path, still(NOW), claims, notes).authorize(changes=False)
    assert notes == []  # on this machine it is what everything stands on
    gate_of(tmp_path, still(NOW), claims, notes, REDIS_URL="redis://cache.school.test").authorize(changes=False)
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
def test_who_looks_on_is_looked_at_again_only_when_the_token_is_about_to_end(
    left_s: int, same: bool, tmp_path: Path
) -> None:
    clock = still(NOW)
    gate, admin = admitted(tmp_path, clock)
    clock.advance(LIFE_S - left_s)
    again = gate.look_on(admin)
    assert (again is admin) is same
    assert again == admin


def test_a_token_that_ended_ends_the_run_that_changes_and_the_one_that_looks_on(tmp_path: Path) -> None:
    clock = still(NOW)
    gate, admin = admitted(tmp_path, clock)
    clock.advance(LIFE_S)
    for ask in (gate.renew, gate.look_on):
        with pytest.raises(AccessDenied, match="has expired"):
            ask(admin)


@pytest.fixture
def firebase_of_now() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


def changing(folder: Path, firebase: HttpServer, clock: StillClock) -> tuple[Gate, Admin]:
    gate = gate_of(folder, clock, {"sub": UID}, emulator=f"127.0.0.1:{firebase.port}")
    return gate, gate.authorize(changes=True)


def test_a_change_in_a_long_run_asks_firebase_again_once_its_word_is_old(
    tmp_path: Path, firebase_of_now: HttpServer
) -> None:
    """Of a thousand batches in a moment only the first costs a call; a question that was answered always does."""
    clock = still(NOW)
    gate, admin = changing(tmp_path, firebase_of_now, clock)
    assert all(gate.renew(admin) is admin for _ in range(1000))
    assert len(firebase_of_now.requests) == 1
    clock.advance(TAKEN_FOR_NOW_S)
    again = gate.renew(admin)
    assert len(firebase_of_now.requests) == 2
    assert gate.renew(again) is again
    assert gate.renew(again, now=True) is not again
    assert len(firebase_of_now.requests) == 3


@pytest.mark.parametrize(("took_s", "counts_s"), [(0.0, 2.0), (0.1, 2.0), (0.5, 5.0), (2.9, 29.0), (12.0, 30.0)])
def test_asking_takes_no_more_than_a_tenth_of_a_run_and_is_never_put_off_for_more_than_30_s(
    took_s: float, counts_s: float, tmp_path: Path, firebase_of_now: HttpServer
) -> None:
    clock = still(NOW)
    word = firebase_of_now.answer(Request("POST", LOOKUP, {}, {}, b""))

    def slowly(request: Request) -> Answer:
        clock.advance(took_s)
        return word

    firebase_of_now.on("POST", LOOKUP, slowly)
    before = clock.monotonic()
    _, admin = changing(tmp_path, firebase_of_now, clock)
    assert admin.confirmed_until == pytest.approx(before + counts_s)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        (Answer(json={"users": [{"localId": UID, "disabled": True}]}), AccessDenied),
        (Answer(json={"users": [{"localId": UID, "customAttributes": "{}"}]}), AccessDenied),
        (Answer(json={"users": []}), AccessDenied),
        (Answer(503), Unreachable),
        (Answer(body=b"<html>"), Failed),
    ],
)
def test_what_firebase_says_in_the_middle_of_a_run_ends_its_mandate(
    word: Answer, kind: type[ShemaError], tmp_path: Path, firebase_of_now: HttpServer
) -> None:
    clock = still(NOW)
    gate, admin = changing(tmp_path, firebase_of_now, clock)
    mandate = Mandate(lambda *, now=False: void(gate.renew(admin, now=now)))
    assert mandate.holds()
    firebase_of_now.on("POST", LOOKUP, word)
    assert mandate.holds(), "asked a moment ago"
    assert not mandate.holds(now=True)
    assert isinstance(mandate.ended, kind)
    serve_identity(firebase_of_now)
    assert not mandate.holds(now=True), "what has ended stays so"


def void(_: object) -> None:
    """For a lambda that returns nothing."""


def test_a_run_does_not_go_on_in_the_name_of_whoever_signed_in_meanwhile(tmp_path: Path) -> None:
    clock = still(NOW)
    _, ana = admitted(tmp_path, clock)
    clock.advance(LIFE_S - 1)
    for ask in (gate_of(tmp_path, clock, {"sub": "uid-bo"}).renew, gate_of(tmp_path, clock, {"sub": "uid-bo"}).look_on):
        with pytest.raises(AccessDenied, match="has signed in meanwhile"):
            ask(ana)


class Unreached(Gate):
    """A gate whose Firebase does not answer when the session must be renewed."""

    def _same(self, admin: Admin) -> tuple[Realm, Identity]:
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
