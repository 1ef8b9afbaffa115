"""Nobody but an admin gets past the gate, and nothing leaves this machine before it opens."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from shema_cli.cli.declare import Access
from shema_cli.settings.values import CORE_SERVICES, service_variable
from tests.auth.tree import Line, commands, lines
from tests.support.cli import Run, shema
from tests.support.firebase import LOOKUP, SigningKey, account, claims_of, rejection, unsigned
from tests.support.http import Answer, HttpServer

OPEN = {
    *("auth login", "auth status", "auth logout", "events types", "events schema", "doctor", "help", "runbook"),
    *("config show", "config path", "config set", "config profiles", "config use", "setup"),
    *("completions install", "completions show"),
}
GUARDED = [line for line in lines() if line.access is not Access.OPEN]
CHANGING = [line for line in GUARDED if line.access is Access.CHANGE]


class Recorder:
    """A port on loopback that takes every connection, and keeps what came before it was closed."""

    def __init__(self) -> None:
        self.came: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    connection.settimeout(0.2)
                    self.came.append(b"")
                    with contextlib.suppress(OSError):
                        self.came[-1] = connection.recv(4096)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def outside() -> Iterator[Recorder]:
    """Redis, every service and the tracing collector, all of them this one port."""
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def identity() -> Iterator[HttpServer]:
    """An emulator's stub: whoever asks it gets what the test scripted."""
    with HttpServer() as server:
        yield server


@pytest.fixture
def world(base_env: dict[str, str], outside: Recorder, identity: HttpServer) -> dict[str, str]:
    services = {service_variable(name): f"http://127.0.0.1:{outside.port}" for name in CORE_SERVICES}
    return base_env | {
        **services,
        "REDIS_URL": f"redis://127.0.0.1:{outside.port}/0",
        "SERVICE_JWT_SECRET": "s" * 32,
        "FIREBASE_PROJECT_ID": "demo-shema",
        "FIREBASE_API_KEY": "key",
        "FIREBASE_AUTH_EMULATOR_HOST": f"127.0.0.1:{identity.port}",
    }


def tokens(key: SigningKey) -> dict[str, str | None]:
    now = time.time()
    return {
        "signed out": None,
        "not an admin": unsigned(claims_of("demo-shema", admin=None)),
        "another role": unsigned(claims_of("demo-shema", admin="yes", role="teacher")),
        "forged": key.sign(claims_of("demo-shema")),
        "no token at all": "forged",
        "expired": unsigned(claims_of("demo-shema", now - 3601)),
        "foreign": unsigned(claims_of("demo-other")),
        "from the future": unsigned(claims_of("demo-shema", now + 600)),
    }


def denied(run: Run, line: Line) -> bool:
    """`check` has the exit codes of monitors: whatever keeps it from looking is unknown to it (contract 3.5)."""
    if line.words == ("check",):
        return run.code == 3 and json.loads(run.out)["status"] == "unknown"
    return run.code == 4 and json.loads(run.out)["error"]["code"] != ""


@pytest.mark.parametrize("line", GUARDED, ids=str)
def test_whoever_is_not_an_admin_gets_exit_4_and_nothing_is_sent(
    world: dict[str, str], outside: Recorder, identity: HttpServer, other_key: SigningKey, line: Line
) -> None:
    for who, token in tokens(other_key).items():
        env = world | ({"SHEMA_ID_TOKEN": token} if token else {})
        run = shema(*line.words, "-o", "json", env=env)
        assert denied(run, line), (who, run)
    without_project = {name: value for name, value in world.items() if name != "FIREBASE_PROJECT_ID"}
    run = shema(*line.words, "-o", "json", env=without_project)
    assert denied(run, line)
    assert "FIREBASE_PROJECT_ID" in run.out
    assert identity.requests == []
    assert outside.came == []


@pytest.mark.parametrize("line", CHANGING, ids=str)
def test_a_change_is_asked_of_firebase_before_anything_is_sent(
    world: dict[str, str], outside: Recorder, identity: HttpServer, line: Line
) -> None:
    env = world | {"SHEMA_ID_TOKEN": unsigned(claims_of("demo-shema"))}
    path = f"/identitytoolkit.googleapis.com{LOOKUP}"
    for answer in (
        rejection("TOKEN_EXPIRED"),
        rejection("USER_NOT_FOUND"),
        account(disabled=True),
        account(validSince=str(int(time.time()) + 60)),
        account(customAttributes="{}"),
    ):
        identity.on("POST", path, answer)
        assert denied(shema(*line.words, "-o", "json", env=env), line)
    identity.on("POST", path, Answer(503))
    assert shema(*line.words, "-o", "json", env=env).code == 3
    assert len(identity.requests) == 6
    assert outside.came == []


def test_only_these_are_open_to_everybody() -> None:
    found = {" ".join(line.words[:2] if len(line.words) > 1 else line.words) for line in lines() if _is_open(line)}
    assert {name for name in found if not name.startswith("sandbox ")} <= OPEN


def _is_open(line: Line) -> bool:
    return line.access is Access.OPEN


def test_every_command_says_whom_it_is_for() -> None:
    assert [node.path for node in commands() if not node.access] == []


def test_the_recorder_records(outside: Recorder, world: dict[str, str], identity: HttpServer) -> None:
    """An admin gets through: so nothing above is denied for another reason, and what is sent is seen."""
    env = world | {"SHEMA_ID_TOKEN": unsigned(claims_of("demo-shema"))}
    run = shema("dlq", "stats", "-o", "json", env=env)
    assert run.code == 3
    assert outside.came != []


@pytest.mark.parametrize("host", ["198.51.100.7:9099", "evil.test:9099", "0.0.0.0:9099"])
def test_an_emulator_elsewhere_counts_for_nothing(world: dict[str, str], host: str) -> None:
    env = world | {"FIREBASE_AUTH_EMULATOR_HOST": host, "SHEMA_ID_TOKEN": unsigned(claims_of("demo-shema"))}
    run = shema("dlq", "stats", "-o", "json", env=env)
    assert (run.code, run.json["error"]["code"]) == (4, "emulator_refused")


def test_an_emulators_token_counts_for_nothing_in_production(world: dict[str, str]) -> None:
    del world["FIREBASE_AUTH_EMULATOR_HOST"]
    run = shema("dlq", "stats", "-o", "json", env=world | {"SHEMA_ID_TOKEN": unsigned(claims_of("demo-shema"))})
    assert (run.code, run.json["error"]["code"]) == (4, "bad_token")


def test_an_emulators_token_counts_for_nothing_in_a_real_project(world: dict[str, str]) -> None:
    env = world | {"FIREBASE_PROJECT_ID": "shema-music", "SHEMA_ID_TOKEN": unsigned(claims_of("shema-music"))}
    assert shema("dlq", "stats", env=env).code == 4


def test_the_mark_is_one_line_and_not_in_the_data(world: dict[str, str]) -> None:
    elsewhere = {
        "SHEMA_ID_TOKEN": unsigned(claims_of("demo-shema")),
        "USER_SERVICE_URL": "http://user.school.test:3002",
    }
    run = shema("auth", "token", "-o", "json", env=world | elsewhere)
    assert run.code == 0
    assert [line[:9] for line in run.err.splitlines()] == ["EMULATOR:"]
    assert "EMULATOR" not in run.out


def test_where_all_is_on_this_machine_what_only_reads_says_nothing_of_the_emulator(world: dict[str, str]) -> None:
    run = shema("auth", "token", "-o", "json", env=world | {"SHEMA_ID_TOKEN": unsigned(claims_of("demo-shema"))})
    assert (run.code, run.err) == (0, "")
