"""The operating system's keyring, with a backend of our own in its place."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from shema_cli.auth import keyring as ours
from shema_cli.auth.keyring import Vault
from shema_cli.errors import AccessDenied, Unreachable
from tests.support.cli import shema
from tests.support.firebase import (
    LOOKUP,
    PASSWORD,
    REFRESH,
    Production,
    account,
    refreshed,
    rejection,
    signed_in,
)
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


@pytest.mark.parametrize(
    "other",
    [keyring.backends.null.Keyring, keyring.backends.chainer.ChainerBackend, keyring.backends.fail.Keyring, None],
)
def test_a_keyring_that_has_nothing_of_it_ends_no_session(
    backend: MemoryKeyring, signed_in_env: dict[str, str], production: Production, other: Callable[[], Any] | None
) -> None:
    """It may be that of the desktop that has it, which a cron job or an SSH login does not see."""
    later = app_of(signed_in_env).clock.now().timestamp() + 3600
    here = other() if other else MemoryKeyring()
    keyring.set_keyring(here)
    with pytest.raises(AccessDenied, match="cannot be renewed here") as told:
        app_of(signed_in_env, still(later)).gate.authorize(changes=False)
    assert type(here).__module__ in told.value.message
    assert "shema auth login" in (told.value.hint or "")
    assert production.asked(REFRESH) == []
    keyring.set_keyring(backend)
    production.answer(REFRESH, refreshed(production.token(later)))
    assert app_of(signed_in_env, still(later)).gate.authorize(changes=False).email == EMAIL


def test_the_status_of_a_session_that_cannot_be_read_here_leaves_it_alone(
    backend: MemoryKeyring, signed_in_env: dict[str, str]
) -> None:
    (path,) = Path(signed_in_env["SHEMA_STATE_DIR"]).glob("session-*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"expires_at": 0}))
    keyring.set_keyring(keyring.backends.null.Keyring())
    status = shema("auth", "status", "--json", env=signed_in_env)
    assert (status.code, status.json["signed_in"]) == (4, False)
    assert "cannot be renewed here" in shema("auth", "status", env=signed_in_env).err
    assert path.exists()
    assert list(backend.kept.values()) == ["the-refresh-token"]


class Refusing(MemoryKeyring):
    """Reads, and refuses to store."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.PasswordSetError("read-only")


class Forgetting(MemoryKeyring):
    """Takes everything, and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return


@pytest.mark.parametrize("kind", [Refusing, Forgetting])
def test_a_keyring_that_reads_but_does_not_store_is_told_and_the_file_takes_its_place(
    backend: MemoryKeyring, production: Production, production_env: dict[str, str], kind: type[MemoryKeyring]
) -> None:
    keyring.set_keyring(kind())
    production.answer(PASSWORD, signed_in(production.token(), "the-refresh-token"))
    run = login(production_env)
    assert run.code == 0
    assert f"{kind.__name__} refuses to store the session" in run.err
    assert "the-refresh-token" in state_of(production_env)
    assert shema("auth", "status", "--json", env=production_env).json["storage"] == "file"


def test_a_renewal_survives_a_keyring_that_refuses_by_now(
    backend: MemoryKeyring, signed_in_env: dict[str, str], production: Production
) -> None:
    refusing = Refusing()
    refusing.kept = backend.kept
    keyring.set_keyring(refusing)
    later = app_of(signed_in_env).clock.now().timestamp() + 3400
    production.answer(REFRESH, refreshed(production.token(later), "the-next-one"))
    app_of(signed_in_env, still(later)).gate.authorize(changes=False)
    assert "the-next-one" in state_of(signed_in_env)


@pytest.mark.parametrize("kind", [keyring.backends.null.Keyring, keyring.backends.fail.Keyring])
def test_signing_out_where_the_keyring_is_not_seen_says_what_is_left(
    backend: MemoryKeyring, signed_in_env: dict[str, str], kind: Callable[[], Any]
) -> None:
    keyring.set_keyring(kind())
    run = shema("auth", "logout", env=signed_in_env)
    ((service, name),) = backend.kept
    assert run.code == 0
    assert f"{service}/{name}" in run.err


def test_signing_out_of_a_locked_keyring_removes_nothing(
    backend: MemoryKeyring, signed_in_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "LIMIT_S", 0.05)
    backend.hang = threading.Event()
    assert shema("auth", "logout", env=signed_in_env).code == 3
    backend.hang.set()
    assert shema("auth", "logout", env=signed_in_env).code == 0
    assert backend.kept == {}


def test_rights_that_are_withdrawn_where_the_keyring_is_not_seen_cost_nobody_the_session(
    backend: MemoryKeyring, signed_in_env: dict[str, str], production: Production
) -> None:
    production.answer(LOOKUP, account(customAttributes="{}"))
    keyring.set_keyring(keyring.backends.null.Keyring())
    with pytest.raises(AccessDenied, match="no longer an admin"):
        app_of(signed_in_env).gate.authorize(changes=True)
    assert list(backend.kept.values()) == ["the-refresh-token"]


def test_the_sessions_of_two_state_folders_do_not_share_a_secret(
    backend: MemoryKeyring, signed_in_env: dict[str, str], production: Production, tmp_path: Path
) -> None:
    elsewhere = signed_in_env | {"SHEMA_STATE_DIR": str(tmp_path / "elsewhere")}
    production.answer(PASSWORD, signed_in(production.token(), "another-one"))
    assert login(elsewhere).code == 0
    assert sorted(backend.kept.values()) == ["another-one", "the-refresh-token"]
    assert shema("auth", "logout", env=elsewhere).code == 0
    assert list(backend.kept.values()) == ["the-refresh-token"]


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
