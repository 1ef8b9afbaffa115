from __future__ import annotations

import gc
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
import redis

from tests.support.slow import starts_something
from tests.support.valkey import Valkey

os.environ["TZ"] = "UTC"  # what is drawn is in the machine's time zone; `tests.support.zone` changes it
time.tzset()
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")  # no test asserts how long something takes
HERE = Path(__file__).parent
WHERE_PYTHONS_DIFFER = {"auth", "calls", "output", "settings", "store"}
"""Sockets, TLS, loops, files, encodings and terminals: what each version of Python changes."""
pytest_plugins = ["tests.support.calls", "tests.support.sandbox", "tests.support.servers"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end, in every worker: looking for garbage in it again and again finds none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for test in items:
        if starts_something(test):
            test.add_marker("slow")
        elif test.path.parent == HERE or test.path.parent.name in WHERE_PYTHONS_DIFFER:
            test.add_marker("everywhere")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is installed nothing may be skipped: with `CI` set a skip is a failure that says why."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CI is set: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    """One Redis-compatible server for the whole session; use `valkey` to get it empty."""
    server = Valkey().start()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_server: Valkey) -> Valkey:
    """The session's server, emptied."""
    with valkey_server.client() as client:
        client.flushall()
    return valkey_server


@pytest.fixture
def redis_client(valkey: Valkey) -> Iterator[redis.Redis]:
    with valkey.client() as client:
        yield client


@pytest.fixture
def base_env(tmp_path: Path) -> dict[str, str]:
    """An environment with private config and state folders and nothing else set."""
    return {"SHEMA_CONFIG_DIR": str(tmp_path / "config"), "SHEMA_STATE_DIR": str(tmp_path / "state")}
