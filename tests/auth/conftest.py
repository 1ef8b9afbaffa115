from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.auth import endpoints
from tests.support.firebase import CertificateServer, EmulatedProject, Production, SigningKey, shared_emulator
from tests.support.http import HttpServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under `--dist loadgroup` one process has all the tests of the emulator, so that it is started once."""
    for item in items:
        if "firebase_emulator" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("firebase"))


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may touch the keyring of whoever runs it."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that write a file by default write it into a folder that goes away; there is no .env there."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def firebase_emulator() -> Iterator[EmulatedProject]:
    with shared_emulator() as emulator:
        yield emulator


@pytest.fixture
def firebase(firebase_emulator: EmulatedProject) -> EmulatedProject:
    """The official emulator, emptied."""
    firebase_emulator.clear()
    return firebase_emulator


@pytest.fixture
def env(base_env: dict[str, str], firebase: EmulatedProject) -> dict[str, str]:
    """The environment of somebody who works with the emulator."""
    return base_env | firebase.env


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    return SigningKey.new("key-1")


@pytest.fixture(scope="session")
def other_key() -> SigningKey:
    return SigningKey.new("key-2")


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, signing_key: SigningKey) -> Iterator[Production]:
    """Google's services on loopback, with `shema` pointed at them."""
    with HttpServer() as firebase, CertificateServer() as certificates:
        certificates.publish(signing_key)
        google = endpoints.Endpoints(firebase.url, firebase.url, f"{certificates.url}{certificates.path}")
        monkeypatch.setattr(endpoints, "GOOGLE", google)
        yield Production(firebase, certificates, signing_key)


@pytest.fixture
def production_env(base_env: dict[str, str], production: Production) -> dict[str, str]:
    return base_env | production.env
