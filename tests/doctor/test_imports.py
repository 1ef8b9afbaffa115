"""The checks run in threads: what they need is imported before, or two threads wait for one another's modules."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from shema_cli.doctor.diagnose import LOADED_FIRST
from tests.support.firebase import CertificateServer, SigningKey, claims_of
from tests.support.http import Answer, HttpServer

ROUNDS = 6
_DOCTOR = """
import json, random, sys, threading, time
google, slow_s = sys.argv[1:]
by_thread = {}

class Watch:
    def find_spec(name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            by_thread.setdefault(threading.current_thread().name, []).append(name)
            time.sleep(random.random() * float(slow_s))

sys.meta_path.insert(0, Watch)
from shema_cli.auth import project
project.GOOGLE = project.Endpoints("http://127.0.0.1:1", "http://127.0.0.1:1", google)
from shema_cli.main import main
main(["doctor", "--json"])
loaded = {thread: [n for n in names if n in sys.modules] for thread, names in by_thread.items()}
print(json.dumps({thread: names for thread, names in loaded.items() if names}), file=sys.stderr)
"""
"""`sys.modules` is looked at in the end because of what is tried and is not installed."""


@pytest.fixture(scope="module")
def google() -> Iterator[tuple[str, SigningKey]]:
    """(address, key) of Google's certificates."""
    key = SigningKey.new("key-1")
    with CertificateServer() as certificates:
        certificates.publish(key)
        yield f"{certificates.url}{certificates.path}", key


@pytest.fixture
def busy_env(env: dict[str, str], google: tuple[str, SigningKey]) -> Iterator[dict[str, str]]:
    """A production in which checks get far: a service answers, the signature of an ID token is checked."""
    with HttpServer() as service:
        service.on("GET", "/health", Answer(json={"status": "healthy"}))
        del env["FIREBASE_AUTH_EMULATOR_HOST"]
        production = {"FIREBASE_PROJECT_ID": "shema-music", "FIREBASE_API_KEY": "key", "CHAT_SERVICE_URL": service.url}
        yield env | production | {"SHEMA_ID_TOKEN": google[1].sign(claims_of("shema-music"))}


def _run(env: dict[str, str], google: str, slow_s: float = 0.0) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What each check said, and what each thread imported, up to `slow_s` longer each time than it takes."""
    command = [sys.executable, "-c", _DOCTOR, google, str(slow_s)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    said = {f"{check['area']}: {check['check']}": check["message"] for check in json.loads(done.stdout)["checks"]}
    return said, json.loads(done.stderr.splitlines()[-1])


def test_no_two_checks_import(busy_env: dict[str, str], google: tuple[str, SigningKey]) -> None:
    """What one alone imports (the keyring, its plugins) blocks nobody."""
    said, by_thread = _run(busy_env, google[0])
    assert "is an admin" in said["sign-in: session"]
    assert "healthy" in said["services: health"]
    assert len(by_thread) <= 1, json.dumps(by_thread)


def test_no_check_finds_a_module_half_there(busy_env: dict[str, str], google: tuple[str, SigningKey]) -> None:
    """With imports in its threads, a round in two failed, and without the delay one in fifteen."""
    for _ in range(ROUNDS):
        said, _ = _run(busy_env, google[0], 0.02)
        assert not [message for message in said.values() if "could not be made" in message]


@pytest.mark.slow
def test_forty_in_a_row_find_nothing_of_their_own(busy_env: dict[str, str], google: tuple[str, SigningKey]) -> None:
    """As people run it: with imports in its threads two or three of forty failed on a healthy system."""
    first, _ = _run(busy_env, google[0])
    for _ in range(39):
        said, _ = _run(busy_env, google[0])
        assert said.keys() == first.keys()
        assert not [message for message in said.values() if "could not be made" in message]


@pytest.mark.parametrize("name", [name for name in LOADED_FIRST if name.startswith("shema_cli.")])
def test_what_is_loaded_first_is_there(name: str) -> None:
    """A name that has moved would be passed over in silence, as a library that is not installed is."""
    assert find_spec(name) is not None
