"""Fixtures of those who work with the official Firebase emulator; a folder's conftest takes them by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.firebase import EmulatedProject, exclusive, shared_emulator


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may touch the keyring of whoever runs it."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that write a file by default write it into a folder that goes away; there is no .env there."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the test processes of one run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def firebase_emulator(shared_folder: Path) -> Iterator[EmulatedProject]:
    with shared_emulator(shared_folder) as emulator:
        yield emulator


@pytest.fixture
def firebase(firebase_emulator: EmulatedProject, shared_folder: Path) -> Iterator[EmulatedProject]:
    """The official emulator, emptied, for one test at a time."""
    with exclusive(shared_folder / "firebase-turn"):
        firebase_emulator.clear()
        yield firebase_emulator


@pytest.fixture
def env(base_env: dict[str, str], firebase: EmulatedProject) -> dict[str, str]:
    """The environment of somebody who works with the emulator."""
    return base_env | firebase.env
