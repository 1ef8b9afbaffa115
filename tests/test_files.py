from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.files import make_private, replacing, sync, sync_folder


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")
    with replacing(target) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")
    writing = replacing(target)
    writing.__enter__().write(b"half")
    writing.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_disk_that_is_full_is_told_with_the_file(tmp_path: Path) -> None:
    target = tmp_path / "f"
    with pytest.raises(OSError, match="No space left") as told, replacing(target):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert told.value.filename == str(target)


def test_what_is_no_regular_file_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with replacing(pipe) as file:
        file.write(b"through")
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_a_file_has_the_mode_that_was_asked_for_only_once_it_is_whole(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "f"
    with replacing(target, mode=mode) as file:
        file.write(b"new")
        (growing,) = tmp_path.iterdir()
        assert stat.S_IMODE(growing.stat().st_mode) == 0o600
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_where_nothing_can_be_written_the_error_is_the_systems_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "nowhere" / "f"):
        pytest.fail("the block is not entered")
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None)  # a disk may take its time
@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_reader_has_the_old_content_or_the_new_and_never_a_part(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes
) -> None:
    target = tmp_path_factory.mktemp("f") / "f"
    target.write_bytes(old)
    with target.open("rb") as reader:
        with replacing(target) as file:
            file.write(new)
            sync(file)
            assert target.read_bytes() == old
        assert reader.read() == old, "whoever had it open reads on in the old one"
    assert target.read_bytes() == new


@pytest.mark.parametrize("fails", [False, True])
def test_the_folder_is_closed_again_whatever_the_disk_says(
    tmp_path: Path, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, closed = list[int](), list[int]()
    close = os.close

    def synced(handle: int) -> None:
        opened.append(handle)
        if fails:
            raise OSError

    def shut(handle: int) -> None:
        closed.append(handle)
        close(handle)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "close", shut)
    with pytest.raises(OSError) if fails else nullcontext():
        sync_folder(tmp_path)
    assert len(opened) == 1
    assert opened == closed


def test_a_folder_that_two_make_at_once_is_there_for_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a" / "b"
    looked = Path.is_dir

    def made_meanwhile(path: Path) -> bool:
        there = looked(path)
        if path == folder and not there:
            folder.parent.mkdir()
            folder.mkdir()
        return there

    monkeypatch.setattr(Path, "is_dir", made_meanwhile)
    make_private(folder)
    monkeypatch.undo()
    (tmp_path / "file").touch()
    for under in ("file", "file/below"):
        with pytest.raises(NotADirectoryError):
            make_private(tmp_path / under)
