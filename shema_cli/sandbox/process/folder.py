"""A sandbox's private folder, which is gone when the sandbox is gone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from shema_cli.files import replacing
from shema_cli.locks import try_lock
from shema_cli.sandbox.process import guard
from shema_cli.system import user

PREFIX = "shema-sandbox-"
LOCK = "lock"
GUARD_ENDS_WITHIN_S = 8.0
HALF_MADE_S = 60.0


class Folder:
    """A folder in the temporary folder, locked while its owner lives and watched by a guard that cleans up after it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{user()}-")).resolve()
        self._lock = _hold_lock(self.path)
        self._pids: list[tuple[int, str]] = []
        self._files: list[str] = []
        self._folders: list[str] = []
        self._write_plan()
        self._guard = _start_guard(self.path)

    def watch(self, file: Path, *, with_folder: bool = False) -> None:
        """Name a file elsewhere that must not outlive this sandbox, nor its folder if nothing else is in there."""
        self._files.append(str(file))
        self._folders += [str(file.parent)] if with_folder else []
        self._write_plan()

    def watch_process(self, pid: int | None) -> None:
        """The server must end, too, where the system does not see to it. None: it has been waited for."""
        self._pids = [(pid, guard.started(pid))] if pid else []
        self._write_plan()

    def remove(self) -> None:
        """Hand over to the guard and wait for it; do its work when it is not there to do it."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        try:
            self._guard.wait(GUARD_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        if self.path.exists():
            guard.clean(self.path)
        os.close(self._lock)

    def _write_plan(self) -> None:
        plan = {"pids": self._pids, "files": self._files, "folders": self._folders}
        with replacing(self.path / guard.PLAN) as file:
            file.write(json.dumps(plan).encode())


def is_alive(path: Path) -> bool:
    """Whether the owner of the folder lives: it holds the lock, which the system takes from the dead."""
    try:
        handle = os.open(path / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not try_lock(handle, shared=True)
    finally:
        os.close(handle)


def is_ours(path: Path) -> bool:
    """Whether it is the folder of a sandbox of this user, and no link to one."""
    try:
        found = path.lstat()
    except OSError:
        return False
    named = path.is_absolute() and path.name.startswith(f"{PREFIX}{user()}-")
    return named and stat.S_ISDIR(found.st_mode) and found.st_uid == user()


def kill_owner(path: Path) -> bool:
    """Kill the process that holds the lock of a sandbox's folder. Whether there was one that could be shown to.

    It has written its number into the lock, which only this user can; while the lock is held that is nobody else's.
    """
    with contextlib.suppress(OSError, ValueError):
        pid = int((path / LOCK).read_text()) if is_ours(path) else 0
        if pid <= 1 or pid == os.getpid():
            return False
        with _handle_of(pid) as kill:  # of this very process, whatever becomes of its number
            if is_alive(path):
                kill(signal.SIGKILL)
                return True
    return False


@contextlib.contextmanager
def _handle_of(pid: int) -> Iterator[Callable[[signal.Signals], None]]:
    if not hasattr(os, "pidfd_open"):
        yield partial(os.kill, pid)
        return
    handle = os.pidfd_open(pid)
    try:
        yield partial(signal.pidfd_send_signal, handle)
    finally:
        os.close(handle)


def sweep() -> list[Path]:
    """Clean up after sandboxes of this user whose owner and whose guard were both killed. The folders removed."""
    stale = [path for path in _folders() if not is_alive(path) and not _half_made(path)]
    for path in stale:
        guard.clean(path)
    return stale


def _folders() -> Iterator[Path]:
    for path in Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}{user()}-*"):
        with contextlib.suppress(OSError):
            if is_ours(path):
                yield path


def _half_made(path: Path) -> bool:
    """A folder without a lock may belong to a sandbox that starts at this moment."""
    try:
        return not (path / LOCK).exists() and time.time() - path.stat().st_mtime < HALF_MADE_S
    except OSError:
        return True


def _hold_lock(folder: Path) -> int:
    """The lock is held before it has its name, so that nobody ever sees it free while the owner lives."""
    part = folder / f"{LOCK}.part"
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try_lock(handle)
    os.write(handle, b"%d\n" % os.getpid())
    part.rename(folder / LOCK)
    return handle


def _start_guard(folder: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
