"""Files that are there whole or not at all, and that are still there after a crash."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from shema_cli.system import POSIX, user


@contextmanager
def replacing(path: Path, *, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of `path` when the block ends well; when it does not, nothing changes.

    A reader sees the old content or the new, never a part. Until it has `mode`, only its owner can open it. What is no
    regular file (a pipe, /dev/null) is written to as it is. Raises OSError, of `path`, when it cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            sync(file)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, name):
            error.filename, error.filename2 = str(path), None
        raise


@contextmanager
def rewriting(path: Path) -> Iterator[IO[bytes]]:
    """As `replacing`, but who owns `path` and who may read it stays as it is; through a link, what it points to.

    Where that cannot be had by a new file (another's, or in a folder that takes none), the old one is written into.
    """
    real = followed(path)
    before = real.stat() if real.exists() else None
    if before is None or (_owned_alike(before) and os.access(real.parent, os.W_OK)):
        with replacing(real, mode=stat.S_IMODE(before.st_mode) if before else 0o600) as file:
            if before and POSIX:
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            yield file
        return
    with real.open("r+b") as file:
        yield file
        file.truncate()
        sync(file)


def followed(path: Path) -> Path:
    """What `path` leads to in the end, there or not. Raises OSError for links that lead to one another."""
    try:
        return path.resolve()
    except RuntimeError:  # how Python before 3.13 says it
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None


def _owned_alike(before: os.stat_result) -> bool:
    """Whether a new file can be given the owner and the group of the old one."""
    return user() == 0 or (before.st_uid == user() and before.st_gid in (os.getegid(), *os.getgroups()))


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can look into, and those that are missing above it, whatever the umask.

    Others may make it at the same time. Raises NotADirectoryError where something else has its name, OSError.
    """
    if folder.is_dir():
        return
    make_private(folder.parent)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None


def sync(file: IO[bytes]) -> None:
    """Have what was written so far on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names of the folder's files on the disk. Windows, which opens no folder, sees to it by itself."""
    if not POSIX:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
