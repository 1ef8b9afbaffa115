"""The state folder: private, whole files, and a clear word where it cannot be had (contract 2.1)."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from shema_cli.errors import ExitCode, NotConfigured
from shema_cli.state import StateDir


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_made_private_with_all_above_it(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "a" / "b")
    assert state.ensure() == tmp_path / "a" / "b"
    assert mode(state.path) == 0o700


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir(mode=0o755)
    StateDir(tmp_path / "s").ensure()
    assert mode(tmp_path / "s") == 0o700


def test_a_file_is_written_whole_and_private_and_read_back(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "s")
    assert state.read("f") is None
    for content in (b"\x00one", b"", b"two"):
        state.write("f", content)
        assert state.read("f") == content
    assert mode(state.file("f")) == 0o600
    assert [path.name for path in state.path.iterdir()] == ["f"]


def test_deleting_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    state.write("f", b"x")
    for _ in range(2):
        state.delete("f")
    assert state.read("f") is None


def test_a_path_that_is_no_folder_is_an_error_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NotConfigured, match=str(path)) as told:
            StateDir(path).write("f", b"")
        assert (told.value.code, told.value.exit_code) == ("state_dir_unusable", ExitCode.USAGE)
        assert told.value.hint is not None
        assert "SHEMA_STATE_DIR" in told.value.hint


def test_a_database_is_private_and_shared_by_two_connections(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "s")
    one, other = state.database("d"), state.database("d")
    try:
        one.execute("CREATE TABLE t (n)")
        one.execute("INSERT INTO t VALUES (1)")  # autocommit: the other sees it at once
        assert other.execute("SELECT n FROM t").fetchall() == [(1,)]
        assert one.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    finally:
        one.close()
        other.close()
    assert mode(state.file("d")) == 0o600


def test_a_file_that_is_no_database_is_told_and_not_left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Watched(sqlite3.Connection):
        def close(self) -> None:
            closed.append("closed")
            super().close()

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *where, **how: connect(*where, factory=Watched, **how))
    state = StateDir(tmp_path)
    state.write("d", b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        state.database("d")
    assert closed == ["closed"]
