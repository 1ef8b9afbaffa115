from __future__ import annotations

from collections.abc import Iterator

import pytest

from shema_cli.auth import project
from tests.support.emulated import elsewhere, env, firebase, firebase_emulator, no_keyring, shared_folder
from tests.support.firebase import CertificateServer, Production, SigningKey
from tests.support.http import HttpServer

__all__ = ["elsewhere", "env", "firebase", "firebase_emulator", "no_keyring", "shared_folder"]


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
        google = project.Endpoints(firebase.url, firebase.url, f"{certificates.url}{certificates.path}")
        monkeypatch.setattr(project, "GOOGLE", google)
        yield Production(firebase, certificates, signing_key)


@pytest.fixture
def production_env(base_env: dict[str, str], production: Production) -> dict[str, str]:
    return base_env | production.env
