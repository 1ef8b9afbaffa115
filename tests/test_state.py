"""The state folder: private, whole files, and a clear word where it cannot be had (contract 2.1)."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from shema_cli.errors import ExitCode, NotConfigured
from shema_cli.state import StateDir, StateUnusable


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


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"null", b'{"a":' * 100_000])
def test_what_is_no_object_is_read_as_an_empty_one(tmp_path: Path, content: bytes) -> None:
    state = StateDir(tmp_path / "s")
    assert state.read_object("f") == {}
    state.write("f", content)
    assert state.read_object("f") == {}
    state.write("f", b'{"a": 1}')
    assert state.read_object("f") == {"a": 1}


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


def test_that_nothing_is_kept_is_said_once_also_to_those_who_are_told_at_once(tmp_path: Path) -> None:
    said: list[str] = []

    def warn(text: str) -> None:
        said.append(text)
        if len(said) < 10:
            state.left_out(unusable)  # somebody else finds out while the first is being told

    unusable = StateUnusable("state_dir_unusable", "the state folder cannot be used", "another one")
    state = StateDir(tmp_path, warn=warn)
    state.left_out(unusable)
    assert len(said) == 1


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


def test_what_another_process_takes_away_beside_a_database_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes its own files beside it away when the last process closes it, which may be just now."""
    there = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path.name.endswith("-wal") or there(path))
    StateDir(tmp_path).database("state.db").close()


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


STRANGER = 987_654
"""A user that is none of ours."""


def as_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.state.os.geteuid", lambda: STRANGER)


def test_a_folder_of_somebody_else_is_left_as_it_is_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "s"
    folder.mkdir(mode=0o755)
    (folder / "f").write_bytes(b"x")
    (folder / "f").chmod(0o600)
    as_a_stranger(monkeypatch)
    state = StateDir(folder)
    for use in (state.ensure, lambda: state.write("f", b"y"), lambda: state.read("f"), lambda: state.database("d")):
        with pytest.raises(NotConfigured, match=r"belongs to .*, not to user 987654: it is not used") as told:
            use()
        assert "SHEMA_STATE_DIR" in (told.value.hint or "")
    assert mode(folder) == 0o755
    assert [path.read_bytes() for path in folder.iterdir()] == [b"x"]


def test_a_link_that_somebody_else_put_there_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "s").symlink_to(tmp_path / "real")
    assert StateDir(tmp_path / "s").ensure() == tmp_path / "s", "a link of ours to a folder of ours"
    real = Path.lstat

    def by_a_stranger(path: Path) -> os.stat_result:
        fields = list(real(path))
        fields[4] = STRANGER
        return os.stat_result(fields)

    monkeypatch.setattr(Path, "lstat", by_a_stranger)
    with pytest.raises(NotConfigured, match="belongs to user 987654"):
        StateDir(tmp_path / "s").ensure()


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_may_touch_is_not_read(bits: int, tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    state.write("f", b"x")
    state.file("f").chmod(bits)
    with pytest.raises(NotConfigured, match=rf"others may .* it \(mode {bits:04o}\)") as told:
        state.read("f")
    assert f"rm -f {state.file('f')}" in (told.value.hint or "")
    state.write("f", b"y")
    assert state.read("f") == b"y"


def test_nothing_is_read_or_written_through_a_link_or_a_pipe(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "s")
    state.ensure()
    outside = tmp_path / "outside"
    outside.write_bytes(b"theirs")
    outside.chmod(0o600)
    state.file("f").symlink_to(outside)
    with pytest.raises(NotConfigured, match="it is a link"):
        state.read("f")
    with pytest.raises(NotConfigured, match="it is a link"):
        state.database("f")
    state.write("f", b"ours")
    assert (outside.read_bytes(), state.read("f")) == (b"theirs", b"ours")
    os.mkfifo(state.file("p"), 0o600)
    with pytest.raises(NotConfigured, match="no ordinary file"):
        state.read("p")
    state.write("p", b"ours")
    assert state.read("p") == b"ours"


def test_a_lock_or_a_part_of_a_database_that_was_left_by_somebody_else_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateDir(tmp_path / "s")
    os.close(state.open_lock("l"))
    assert mode(state.file("l")) == 0o600
    state.file("link").symlink_to(tmp_path / "outside")
    with pytest.raises(NotConfigured, match="link is not used: it is a link"):
        state.open_lock("link")
    assert not (tmp_path / "outside").exists()
    state.file("d-wal").symlink_to(tmp_path / "outside")
    with pytest.raises(NotConfigured, match="d-wal is not used"):
        state.database("d")
    monkeypatch.setattr(os, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(NotConfigured, match="Permission denied") as told:
        state.open_lock("l")
    assert "rm -f" in (told.value.hint or "")
