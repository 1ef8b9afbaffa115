"""The operating system's keyring, with a backend of our own in its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import pytest

from shema_cli.auth import keyring as ours
from shema_cli.auth.keyring import Vault
from shema_cli.errors import AccessDenied, Unreachable
from tests.support.cli import shema
from tests.support.firebase import PASSWORD, REFRESH, Production, refreshed, rejection, signed_in
from tests.support.gate import EMAIL, kept, login
from tests.support.world import app_of, still


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.hang: threading.Event | None = None

    def get_password(self, service: str, username: str) -> str | None:
        if self.hang:
            self.hang.wait()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def backend(no_keyring: None) -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    memory = MemoryKeyring()
    keyring.set_keyring(memory)
    yield memory
    if memory.hang:
        memory.hang.set()
    keyring.set_keyring(before)


@pytest.fixture
def signed_in_env(backend: MemoryKeyring, production: Production, production_env: dict[str, str]) -> dict[str, str]:
    production.answer(PASSWORD, signed_in(production.token(), "the-refresh-token"))
    assert login(production_env).code == 0
    return production_env


def state_of(env: dict[str, str]) -> str:
    return "".join(path.read_text() for path in Path(env["SHEMA_STATE_DIR"]).glob("session*"))


def test_the_refresh_token_is_in_the_keyring_and_not_in_the_file(
    backend: MemoryKeyring, signed_in_env: dict[str, str]
) -> None:
    assert list(backend.kept.values()) == ["the-refresh-token"]
    assert "the-refresh-token" not in state_of(signed_in_env)
    assert shema("auth", "status", "--json", env=signed_in_env).json["storage"] == "keyring"


def test_a_renewal_keeps_it_there(
    backend: MemoryKeyring, signed_in_env: dict[str, str], production: Production
) -> None:
    later = app_of(signed_in_env).clock.now().timestamp() + 3400
    production.answer(REFRESH, refreshed(production.token(later), "the-next-one"))
    app_of(signed_in_env, still(later)).gate.authorize(changes=False)
    assert b"refresh_token=the-refresh-token" in production.asked(REFRESH)[0].body
    assert list(backend.kept.values()) == ["the-next-one"]
    assert "the-next-one" not in state_of(signed_in_env)


def test_the_keyring_is_not_asked_while_the_token_holds(backend: MemoryKeyring, signed_in_env: dict[str, str]) -> None:
    backend.hang = threading.Event()
    assert app_of(signed_in_env).gate.authorize(changes=False).email == EMAIL


def test_signing_out_empties_it(backend: MemoryKeyring, signed_in_env: dict[str, str]) -> None:
    assert shema("auth", "logout", env=signed_in_env).code == 0
    assert backend.kept == {}
    assert shema("auth", "status", env=signed_in_env).code == 4


def test_an_ended_session_empties_it(
    backend: MemoryKeyring, signed_in_env: dict[str, str], production: Production
) -> None:
    production.answer(REFRESH, rejection("USER_DISABLED"))
    later = app_of(signed_in_env).clock.now().timestamp() + 3400
    with pytest.raises(AccessDenied):
        app_of(signed_in_env, still(later)).gate.authorize(changes=False)
    assert backend.kept == {}


def test_a_keyring_that_hangs_is_none(
    backend: MemoryKeyring, production: Production, production_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "LIMIT_S", 0.05)
    backend.hang = threading.Event()
    production.answer(PASSWORD, signed_in(production.token()))
    assert login(production_env).code == 0
    assert shema("auth", "status", "--json", env=production_env).json["storage"] == "file"


def test_a_keyring_that_hangs_later_keeps_the_session(
    backend: MemoryKeyring, signed_in_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "LIMIT_S", 0.05)
    backend.hang = threading.Event()
    later = app_of(signed_in_env).clock.now().timestamp() + 3600
    with pytest.raises(Unreachable, match="keyring"):
        app_of(signed_in_env, still(later)).gate.authorize(changes=False)
    assert "uid-ani" in state_of(signed_in_env)


def test_a_keyring_that_lost_it_ends_the_session(
    backend: MemoryKeyring, signed_in_env: dict[str, str], production: Production
) -> None:
    backend.kept.clear()
    later = app_of(signed_in_env).clock.now().timestamp() + 3600
    with pytest.raises(AccessDenied, match="signed in"):
        app_of(signed_in_env, still(later)).gate.authorize(changes=False)
    assert production.asked(REFRESH) == []


def test_no_backend_is_none(backend: MemoryKeyring) -> None:
    assert Vault.available()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    assert not Vault.available()


def test_sessions_of_two_profiles_do_not_share_a_secret(
    backend: MemoryKeyring, production: Production, production_env: dict[str, str]
) -> None:
    other = production_env | {"FIREBASE_PROJECT_ID": "shema-other"}
    kept(production_env, production.token(), storage="keyring", refresh_token="one")
    kept(other, production.token(), storage="keyring", refresh_token="two")
    assert sorted(backend.kept.values()) == ["one", "two"]
