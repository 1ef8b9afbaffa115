"""Locks between processes, each on an open file: the system takes them from the dead.

`flock` where there is one. Windows locks a part of a file instead, for which a folder needs a file of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shema_cli.system import POSIX

if POSIX:
    import fcntl
else:
    import msvcrt

LOCK_OF_A_FOLDER = ".lock"
LOOKED_EVERY_S = 0.05


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Lock an open file unless another process has. Whether it is locked now. Closing the file unlocks it.

    `shared` locks may stand beside each other, where the system knows them.
    """
    try:
        if POSIX:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        else:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True


def unlock(handle: int) -> None:
    """Before it is closed: a process that is being started at this moment may hold it open a little longer."""
    with suppress(OSError):
        if POSIX:
            fcntl.flock(handle, fcntl.LOCK_UN)
        else:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time inside the block, for this folder. A file system without locks lets all in."""
    handle = os.open(folder, os.O_RDONLY) if POSIX else os.open(folder / LOCK_OF_A_FOLDER, os.O_RDWR | os.O_CREAT)
    try:
        if POSIX:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        else:
            while not try_lock(handle):
                time.sleep(LOOKED_EVERY_S)
        yield
    finally:
        os.close(handle)
