"""The session file: kept, renewed once, wiped when Firebase ends it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shema_cli.auth.session import SessionStore
from shema_cli.errors import AccessDenied, Failed, Unreachable
from tests.support.firebase import LOOKUP, REFRESH, ROOT, Production, account, claims_of, refreshed, rejection, unsigned
from tests.support.gate import NOW, kept, realm_of, traces
from tests.support.http import Answer, HttpServer
from tests.support.world import app_of, still

EMULATED_REFRESH = f"/securetoken.googleapis.com{REFRESH}"


@pytest.fixture
def production_session(production: Production, production_env: dict[str, str]) -> SessionStore:
    return kept(production_env, production.token(NOW))


def altered(content: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(content) | fields).encode()


def passed(env: dict[str, str], now: float) -> str:
    return app_of(env, still(now)).gate.authorize(changes=False).id_token


def test_a_kept_session_asks_nobody(
    production: Production, production_env: dict[str, str], production_session: SessionStore
) -> None:
    assert passed(production_env, NOW + 3299) == production.token(NOW)
    assert production.firebase.requests == []
    assert production.certificates.fetches == 0


def test_a_kept_token_that_was_not_verified_is_verified(production: Production, production_env: dict[str, str]) -> None:
    kept(production_env, unsigned(claims_of(production.project, NOW)), verified=False)
    with pytest.raises(AccessDenied):
        passed(production_env, NOW)


def test_loading_neither_jwt_nor_httpx(production: Production, tmp_path: Path) -> None:
    """What a command pays for a kept session of production: files and JSON, nothing slow to import."""
    env = {"SHEMA_STATE_DIR": str(tmp_path / "s"), "SHEMA_CONFIG_DIR": str(tmp_path / "c"), **production.env}
    kept(env, production.token(time.time()), time.time())
    check = (
        "import sys, os; from shema_cli.context import *; from shema_cli.auth.gate import Gate;"
        "app = AppContext.open(Streams.system(), GlobalOptions(), 'x', open_gate=Gate);"
        "print(app.gate.authorize(changes=False).uid);"
        "print([m for m in ('jwt', 'cryptography', 'httpx2', 'keyring', 'firebase_admin', 'secrets', 'socket', 'ssl')"
        " if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", check], env=env, capture_output=True, text=True, check=True)
    assert run.stdout == "uid-ani\n[]\n"


def test_the_file_is_private_from_the_first_byte(production_session: SessionStore, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.everywhere
def test_it_is_renewed_five_minutes_before_it_ends(
    production: Production, production_env: dict[str, str], production_session: SessionStore
) -> None:
    later = NOW + 3300
    production.answer(REFRESH, refreshed(production.token(later)))
    assert passed(production_env, later) == production.token(later)
    (asked,) = production.asked(REFRESH)
    assert asked.body == b"grant_type=refresh_token&refresh_token=refresh-token-1"
    session = production_session.load()
    assert session
    assert (session.refresh_token, session.expires_at) == ("refresh-token-2", int(later) + 3600)
    assert passed(production_env, later + 1) == production.token(later)
    assert len(production.asked(REFRESH)) == 1


def test_a_renewed_token_is_verified_too(
    production: Production, production_env: dict[str, str], production_session: SessionStore
) -> None:
    production.answer(REFRESH, refreshed(unsigned(claims_of(production.project, NOW + 3300))))
    with pytest.raises(AccessDenied):
        passed(production_env, NOW + 3300)


def test_rights_that_were_withdrawn_show_at_the_renewal(
    production: Production, production_env: dict[str, str], production_session: SessionStore
) -> None:
    production.answer(REFRESH, refreshed(production.token(NOW + 3300, admin=None)))
    with pytest.raises(AccessDenied, match="not an admin"):
        passed(production_env, NOW + 3300)


@pytest.mark.parametrize("reason", ["TOKEN_EXPIRED", "USER_DISABLED", "USER_NOT_FOUND", "INVALID_REFRESH_TOKEN"])
def test_a_session_that_firebase_ended_wipes_itself(
    production: Production, production_env: dict[str, str], production_session: SessionStore, reason: str
) -> None:
    production.answer(REFRESH, rejection(reason))
    with pytest.raises(AccessDenied) as denied:
        passed(production_env, NOW + 3300)
    assert denied.value.code == "session_ended"
    assert traces(production_env) == ["seal.key"]


@pytest.mark.parametrize("answer", [Answer(503), Answer(500, json={"error": {"code": 500, "message": "INTERNAL"}})])
def test_a_firebase_out_of_reach_keeps_it(
    production: Production, production_env: dict[str, str], production_session: SessionStore, answer: Answer
) -> None:
    production.answer(REFRESH, answer)
    assert passed(production_env, NOW + 3599) == production.token(NOW)
    with pytest.raises(Unreachable):
        passed(production_env, NOW + 3600)
    assert production_session.load() is not None


@pytest.mark.parametrize(
    "answer", [rejection("QUOTA_EXCEEDED : too many"), Answer(400, body=b"<html>"), Answer(json=[])]
)
def test_an_answer_that_says_nothing_of_the_session_keeps_it(
    production: Production, production_env: dict[str, str], production_session: SessionStore, answer: Answer
) -> None:
    production.answer(REFRESH, answer)
    with pytest.raises(Failed):
        passed(production_env, NOW + 3600)
    assert production_session.load() is not None


def test_a_long_run_renews_in_its_middle(
    production: Production, production_env: dict[str, str], production_session: SessionStore
) -> None:
    clock = still(NOW)
    gate = app_of(production_env, clock).gate
    production.answer(LOOKUP, account())
    admin = gate.authorize(changes=True)
    clock.sleep(3200)
    assert gate.renew(admin).id_token == admin.id_token
    assert production.asked(REFRESH) == []
    clock.sleep(101)
    production.answer(REFRESH, refreshed(production.token(NOW + 3301)))
    admin = gate.renew(admin)
    assert admin.id_token == production.token(NOW + 3301)
    clock.sleep(3400)
    production.answer(REFRESH, rejection("USER_DISABLED"))
    with pytest.raises(AccessDenied, match="disabled"):
        gate.renew(admin)


def test_who_only_looks_on_needs_firebase_once_the_token_has_ended(
    production: Production, production_env: dict[str, str], production_session: SessionStore
) -> None:
    clock = still(NOW)
    gate = app_of(production_env, clock).gate
    admin = gate.authorize(changes=False)
    clock.sleep(3590)
    production.answer(REFRESH, Answer(503))
    assert gate.look_on(admin).id_token == admin.id_token
    clock.sleep(10)
    with pytest.raises(Unreachable):
        gate.look_on(admin)
    production.answer(REFRESH, rejection("USER_DISABLED"))
    with pytest.raises(AccessDenied, match="disabled"):
        gate.look_on(admin)


def test_sessions_are_kept_apart(base_env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text('[profiles.a]\nconfirm = "x"\n[profiles."../b"]\n')
    project = base_env | {"FIREBASE_PROJECT_ID": "demo-one"}
    emulator = project | {"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}
    places = [
        project,
        emulator,
        project | {"FIREBASE_PROJECT_ID": "demo-two"},
        project | {"SHEMA_PROFILE": "a"},
        project | {"SHEMA_PROFILE": "../b"},
    ]
    for number, env in enumerate(places):
        kept(env, f"token-{number}")
    loaded = [SessionStore(realm_of(env)).load() for env in places]
    assert [session and session.id_token for session in loaded] == [f"token-{n}" for n in range(len(places))]
    SessionStore(realm_of(places[0])).wipe()
    assert [SessionStore(realm_of(env)).load() is None for env in places] == [True, False, False, False, False]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"key": 1}', b'{"key": ["a"], "uid": 3}', b"\xff"])
def test_a_damaged_file_is_no_session(
    production: Production, production_env: dict[str, str], production_session: SessionStore, content: bytes
) -> None:
    (path,) = production_session._state.path.glob("session-*.json")
    path.write_bytes(content)
    with pytest.raises(AccessDenied, match="nobody is signed in"):
        passed(production_env, NOW)


@pytest.mark.parametrize("name", ["uid", "email", "storage", "id_token", "refresh_token", "expires_at", "seal"])
def test_a_file_with_a_value_of_another_kind_is_no_session(
    production: Production, production_env: dict[str, str], production_session: SessionStore, name: str
) -> None:
    (path,) = production_session._state.path.glob("session-*.json")
    path.write_bytes(altered(path.read_bytes(), **{name: None}))
    with pytest.raises(AccessDenied, match="nobody is signed in"):
        passed(production_env, NOW)


@pytest.fixture
def slow_emulator(base_env: dict[str, str]) -> Iterator[tuple[HttpServer, dict[str, str]]]:
    """A stub that takes its time to renew, so that everybody else is there by then."""
    with HttpServer() as server:
        fresh = refreshed(unsigned(claims_of("demo-shema", time.time())))
        server.on("POST", EMULATED_REFRESH, replace(fresh, delay=0.3))
        host = f"127.0.0.1:{server.port}"
        yield server, base_env | {"FIREBASE_PROJECT_ID": "demo-shema", "FIREBASE_AUTH_EMULATOR_HOST": host}


@pytest.mark.everywhere
def test_forty_processes_renew_it_once_and_never_tear_it(
    slow_emulator: tuple[HttpServer, dict[str, str]], tmp_path: Path
) -> None:
    server, env = slow_emulator
    kept(env, unsigned(claims_of("demo-shema", time.time() - 3700)), time.time() - 3700)
    (path,) = (tmp_path / "state").glob("session-*.json")
    done = threading.Event()
    torn: list[bytes] = []

    def watch() -> None:
        while not done.wait(0.001):
            content = path.read_bytes()
            try:
                json.loads(content)["refresh_token"]
            except ValueError:
                torn.append(content)

    watcher = threading.Thread(target=watch)
    watcher.start()
    command = [sys.executable, "-m", "tests.auth.renewing", "40"]
    run = subprocess.run(command, env=env | {"PATH": os.defpath}, capture_output=True, text=True, cwd=ROOT, check=False)
    done.set()
    watcher.join()
    assert (run.returncode, run.stderr) == (0, "")
    assert len(server.requests) == 1
    assert torn == []
    tokens = run.stdout.split()
    assert len(tokens) == 40
    assert len(set(tokens)) == 1


def test_a_session_that_ends_during_the_wait_is_told_to_all(
    slow_emulator: tuple[HttpServer, dict[str, str]], tmp_path: Path
) -> None:
    server, env = slow_emulator
    kept(env, unsigned(claims_of("demo-shema", time.time() - 3700)), time.time() - 3700)
    server.on("POST", EMULATED_REFRESH, replace(rejection("TOKEN_EXPIRED"), delay=0.2))
    command = [sys.executable, "-m", "tests.auth.renewing", "8"]
    run = subprocess.run(command, env=env | {"PATH": os.defpath}, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.stdout == ""
    assert len(server.requests) == 1
    assert list((tmp_path / "state").glob("session-*.json")) == []


def test_a_lock_that_nobody_lets_go_does_not_stop_a_token_that_still_holds(
    production: Production, production_env: dict[str, str], production_session: SessionStore
) -> None:
    with production_session.lock():
        assert passed(production_env, NOW + 3400) == production.token(NOW)
        with pytest.raises(Unreachable, match="another shema process"):
            passed(production_env, NOW + 3600)
