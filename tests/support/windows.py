"""A process that finds what it would find on Windows, as far as another system can show it.

    python -m tests.support.windows dashboard -o json

runs `shema` in one; `--each` runs the command lines of a JSON list on stdin, and prints how they have ended.

The modules that Windows lacks are not there, nor the functions, flags and signals; a folder cannot be opened, a file
that is open can be neither removed nor replaced, every file belongs to 0 and may be read by all; an event loop knows no
signals and waits for sockets alone; `msvcrt` locks, and asks for a password. What Python's own library has taken hold
of before keeps working.
"""

from __future__ import annotations

import asyncio.unix_events
import errno
import json
import os
import select
import signal
import socket
import stat
import sys
import time
import types
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from typing import Any, cast

import platformdirs.unix  # noqa: F401 - there its Windows half is taken

MODULES = {"curses", "fcntl", "grp", "posix_ipc", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
FUNCTIONS = (
    *("chown", "fchmod", "fchown", "lchown", "getegid", "geteuid", "getgid", "getgroups", "getuid", "initgroups"),
    *("fork", "forkpty", "getloadavg", "getpgid", "getpgrp", "getsid", "killpg", "mkfifo", "nice", "openpty"),
    *("pidfd_open", "pipe2", "posix_spawn", "pread", "pwrite", "setpgid", "setsid", "statvfs", "sysconf", "uname"),
)
FLAGS = ("O_CLOEXEC", "O_DIRECTORY", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "ST_RDONLY", "WNOHANG")
SIGNALS = (
    *("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGTTIN"),
    *("SIGTTOU", "SIGUSR1", "SIGUSR2", "SIGWINCH"),
)


class Missing(MetaPathFinder):
    """Says of the modules of POSIX that there are none."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] in MODULES:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def become() -> None:
    """From now on this process is on Windows."""
    import fcntl

    sys.modules["msvcrt"] = _msvcrt(fcntl.lockf)
    for name in [name for name in sys.modules if name.partition(".")[0] in MODULES]:
        del sys.modules[name]
    sys.meta_path.insert(0, Missing())
    for place, names in ((os, FUNCTIONS), (os, FLAGS), (signal, SIGNALS), (socket, ("EAI_SYSTEM",))):
        for name in names:
            if hasattr(place, name):
                delattr(place, name)
    del select.poll, time.tzset
    _files()
    _loops()


def _files() -> None:
    for name in ("stat", "lstat", "fstat"):
        setattr(os, name, _unowned(getattr(os, name)))
    os.open = _opens_no_folder(os.open, os.path.isdir)
    for name in ("unlink", "remove"):
        setattr(os, name, _spares(getattr(os, name), 0))
    for name in ("rename", "replace"):
        setattr(os, name, _spares(getattr(os, name), 1))


def _unowned(of: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
    def told(*args: Any, **options: Any) -> os.stat_result:
        found = of(*args, **options)
        open_to_all = 0o777 if stat.S_ISDIR(found.st_mode) else 0o666
        values, more = cast("tuple[tuple[Any, ...], dict[str, Any]]", found.__reduce__()[1])
        return os.stat_result((found.st_mode | open_to_all, *values[1:4], 0, 0, *values[6:]), more)

    return told


def _opens_no_folder(opens: Callable[..., int], is_folder: Callable[[Any], bool]) -> Callable[..., int]:
    def opened(path: Any, *args: Any, **options: Any) -> int:
        if is_folder(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return opens(path, *args, **options)

    return opened


def _spares(does: Callable[..., Any], which: int) -> Callable[..., Any]:
    """Not with a file that this process has open."""

    def done(*args: Any, **options: Any) -> Any:
        if os.path.realpath(args[which]) in _open_files():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), args[which])
        return does(*args, **options)

    return done


def _open_files() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - pathlib would ask what was replaced here
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))  # noqa: PTH115
        except OSError:
            continue
    return found


def _loops() -> None:
    def unknown(*_: object) -> None:
        raise NotImplementedError

    loop: Any = asyncio.unix_events._UnixSelectorEventLoop
    for name in ("add_signal_handler", "remove_signal_handler", "add_reader", "remove_reader"):
        setattr(loop, name, unknown)


def _msvcrt(lockf: Callable[..., None]) -> types.ModuleType:
    module: Any = types.ModuleType("msvcrt")
    module.LK_UNLCK, module.LK_LOCK, module.LK_NBLCK = 0, 1, 2
    exclusive, at_once, unlock = 2, 4, 8

    def locking(handle: int, mode: int, count: int) -> None:
        lockf(handle, (unlock, exclusive, exclusive | at_once)[mode], count, os.lseek(handle, 0, os.SEEK_CUR))

    module.locking, module.kbhit = locking, lambda: False
    module.putwch, module.getwch = (
        lambda text: print(text, end="", file=sys.stderr, flush=True),
        lambda: sys.stdin.read(1),
    )
    return module


def _each(lines: list[list[str]]) -> list[dict[str, object]]:
    """Run one command line after another; how each has ended."""
    from tests.support.cli import shema

    return [vars(shema(*line, env=os.environ)) for line in lines]


if __name__ == "__main__":
    become()
    if sys.argv[1:] == ["--each"]:
        print(json.dumps(_each(json.load(sys.stdin))))
    else:
        from shema_cli.main import run

        run()
