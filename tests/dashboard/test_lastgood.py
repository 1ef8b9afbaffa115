from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from shema_cli.dashboard.lastgood import FILE, LastGood
from shema_cli.dashboard.results import Kept, SourceAnswer
from shema_cli.settings.sources import load_settings
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir
from tests.dashboard.school import NOON, source

ONE, TWO = "http://one:1", "http://two:2"


def settings(url: str | None = ONE, redis: str | None = None, tmp: str = "/nonexistent") -> Settings:
    environ = {"SHEMA_CONFIG_DIR": tmp, "SHEMA_STATE_DIR": tmp}
    environ |= {"USER_SERVICE_URL": url} if url else {}
    environ |= {"REDIS_URL": redis} if redis else {}
    return load_settings(environ=environ, cwd=Path(tmp))


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path / "state")


def answer(value: int | None = 5, instance: str = ONE, at_s: int = 0) -> SourceAnswer:
    return SourceAnswer(source("user"), NOON + timedelta(seconds=at_s), value=value, instance=instance)


def test_a_number_comes_back_with_its_time(state: StateDir) -> None:
    store = LastGood(state, settings())
    assert store.save([answer()], seen=False) is None
    memory = store.load(NOON)
    assert memory.good == {"user": Kept(5, NOON)}
    assert memory.look == {}
    assert memory.problem is None


def test_a_look_is_kept_apart(state: StateDir) -> None:
    store = LastGood(state, settings())
    store.save([answer(5)], seen=True)
    store.save([answer(6, at_s=10)], seen=False)
    memory = store.load(NOON + timedelta(seconds=20))
    assert memory.look["user"].value == 5
    assert memory.good["user"].value == 6


def test_an_older_number_never_replaces_a_newer_one(state: StateDir) -> None:
    store = LastGood(state, settings())
    store.save([answer(6, at_s=10)], seen=False)
    store.save([answer(5, at_s=0)], seen=False)
    assert store.load(NOON).good["user"].value == 6


def test_of_two_instances_the_newest_number_counts(state: StateDir) -> None:
    store = LastGood(state, settings(f"{ONE},{TWO}"))
    store.save([answer(6, TWO, at_s=10)], seen=False)
    store.save([answer(5, ONE)], seen=False)
    assert store.load(NOON).good["user"].value == 6
    assert LastGood(state, settings(ONE)).load(NOON).good["user"].value == 5


def test_an_instance_of_the_registry_belongs_to_that_registry(state: StateDir) -> None:
    LastGood(state, settings(None, "redis://a")).save([answer(5, TWO)], seen=False)
    assert LastGood(state, settings(None, "redis://a")).load(NOON).good["user"].value == 5
    assert LastGood(state, settings(None, "redis://b")).load(NOON).good == {}


def test_no_url_is_in_the_file(state: StateDir) -> None:
    LastGood(state, settings("http://name:password@one")).save([answer(5, "http://name:password@one")], seen=True)
    assert b"password" not in b"".join(path.read_bytes() for path in state.path.iterdir())


def test_a_number_from_the_future_is_not_believed(state: StateDir) -> None:
    store = LastGood(state, settings())
    store.save([answer(5, at_s=3600)], seen=False)
    assert store.load(NOON).good == {}


@pytest.mark.parametrize(
    "row", [("x", "2026-01-01T00:00:00Z"), ("5", "never"), ("-5", "2026-01-01T00:00:00Z"), (b"\xff", 3)]
)
def test_rubbish_in_a_row_is_passed_over(state: StateDir, row: tuple[object, object]) -> None:
    store = LastGood(state, settings())
    store.save([answer()], seen=False)
    database = state.database(FILE)
    database.execute("UPDATE kept SET value = ?, as_of = ?", row)
    database.close()
    assert store.load(NOON).good == {}


def test_a_locked_database_is_told_and_does_not_hold_up(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.dashboard.keeping.BUSY_S", 0.01)
    store = LastGood(state, settings())
    store.save([answer()], seen=False)
    holder = sqlite3.connect(state.file(FILE), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert "locked" in (store.save([answer(6, at_s=1)], seen=False) or "")
    finally:
        holder.close()
    assert store.load(NOON).good["user"].value == 5


def test_another_schema_is_told(state: StateDir) -> None:
    database = state.database(FILE)
    database.execute("CREATE TABLE kept (other TEXT)")
    database.close()
    assert LastGood(state, settings()).load(NOON).problem
