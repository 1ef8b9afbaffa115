"""The state folder: session, last good values, circuit state (contract 2.1). Folder 0700, files 0600.

A folder or a file of somebody else's proves nothing and is not written to, nor is one that others can read or write.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from shema_cli.errors import NotConfigured
from shema_cli.system import AT_ONCE, BYTES, NO_LINK, others_may, user

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

SQLITE_BUSY_S = 5.0
SQLITE_BESIDE = ("-wal", "-shm")
PRIVATE_FOLDER = 0o700
T = TypeVar("T")


class StateUnusable(NotConfigured):
    """There is no folder in which anything could be kept."""


class StateDir:
    """Files that outlive the process, private to the user.

    `remark` is told by `warn` with the first thing that is kept.
    """

    def __init__(self, path: Path, *, remark: str | None = None, warn: Callable[[str], None] | None = None) -> None:
        self.path = path
        self._remark = remark
        self._warn = warn
        self._left_out = False
        self._telling = Lock()

    def ensure(self) -> Path:
        """The folder, made when it is missing, and closed to others.

        Raises StateUnusable when it cannot be made, is not a folder, or is somebody else's: that one is left as it is.
        """
        from shema_cli.files import make_private

        try:
            make_private(self.path)
            self.require_ours()
            if stat.S_IMODE(self.path.stat().st_mode) != PRIVATE_FOLDER:
                self.path.chmod(PRIVATE_FOLDER)
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "it cannot be written to")
        except OSError as error:
            raise StateUnusable(
                "state_dir_unusable",
                f"the state folder {self.path} cannot be used: {error.strerror}",
                "set SHEMA_STATE_DIR to a folder that you may write to",
            ) from error
        with self._telling:
            remark, self._remark = self._remark, None
        if remark and self._warn:
            self._warn(remark)
        return self.path

    def left_out(self, error: StateUnusable) -> None:
        """Say, once, that nothing is kept; for those who can do without."""
        with self._telling:
            told, self._left_out = self._left_out, True
        if not told and self._warn:
            self._warn(f"{error.message}: nothing is kept for the next command ({error.hint})")

    def file(self, name: str) -> Path:
        return self.path / name

    def read(self, name: str) -> bytes | None:
        """What a file holds; None when there is none. Raises as `open` does."""
        handle = self.open(name)
        if handle is None:
            return None
        with os.fdopen(handle, "rb") as file:
            return file.read()

    def read_object(self, name: str) -> dict[str, Any]:
        """The JSON object in a file; an empty one where there is no file or it holds anything else.

        Raises NotConfigured as `open` does.
        """
        import json

        try:
            found = json.loads(self.read(name) or b"")
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def open(self, name: str) -> int | None:
        """A descriptor to read a file with, which the caller closes; None when there is none.

        Raises NotConfigured for a file that is not ours alone: somebody else's, open to others, a link, no file at all;
        OSError when it cannot be opened.
        """
        path = self.file(name)
        try:
            self.require_ours()
            _refuse_link(path)
            handle = os.open(path, os.O_RDONLY | NO_LINK | AT_ONCE | BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            raise _not_trusted(path, _owner_of(path) or "it may not be opened") from None
        except OSError as error:
            raise (_not_trusted(path, "it is a link") if error.errno == errno.ELOOP else error) from None
        problem = _problem_of(os.fstat(handle))
        if problem is None:
            return handle
        os.close(handle)
        raise _not_trusted(path, problem)

    def open_lock(self, name: str) -> int:
        """A descriptor of a file to lock, made when it is missing; the caller closes it. Raises NotConfigured."""
        path = self.ensure() / name
        try:
            _refuse_link(path)
            return os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK | BYTES, 0o600)
        except OSError as error:
            why = "it is a link" if error.errno == errno.ELOOP else _owner_of(path) or str(error.strerror)
            raise _not_trusted(path, why) from None

    def require_ours(self) -> None:
        """Raises StateUnusable for a folder, or a link to one, of somebody else's."""
        link, folder = self.path.lstat(), self.path.stat()
        if folder.st_uid == user() and link.st_uid in (user(), 0):
            return
        owner = _name_of((link if folder.st_uid == user() else folder).st_uid)
        raise StateUnusable(
            "state_dir_foreign",
            f"the state folder {self.path} belongs to {owner}, not to {_name_of(user())}: it is not used",
            "run it as that user, or set SHEMA_STATE_DIR to a folder of your own",
        )

    def write(self, name: str, content: bytes) -> None:
        """Replace a file as a whole: a reader sees the old content or the new, never a part.

        The mode is 0600 from the first byte.
        """
        from shema_cli.files import replacing

        self.ensure()
        path = self.file(name)
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink(missing_ok=True)  # a link or a pipe that somebody put there: not to be written through
        with replacing(path, mode=0o600) as file:
            file.write(content)

    def delete(self, name: str) -> None:
        self.file(name).unlink(missing_ok=True)

    def delete_lock(self, name: str) -> None:
        """Remove a file that may be locked at this moment, by us as well: Windows leaves one that is open."""
        with suppress(PermissionError):
            self.delete(name)

    def database(self, name: str, *, busy_s: float = SQLITE_BUSY_S) -> sqlite3.Connection:
        """A SQLite database in write-ahead mode, in autocommit: transactions are begun by the caller.

        `busy_s` is how long a lock held by another process is waited for. Raises NotConfigured for a link and for what
        is somebody else's.
        """
        import sqlite3

        self.ensure()
        path = self.file(name)
        for part in (path, *(path.with_name(f"{name}{more}") for more in SQLITE_BESIDE)):
            if why := _why_foreign(part):
                raise _not_trusted(part, why)
        path.touch(mode=0o600, exist_ok=True)
        connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection


class CacheFile:
    """A database of what can be had again, at the cost of asking: one that is broken is begun anew.

    `schema` are statements that are run each time that it is opened. Nobody waits for a disk: it need not survive a
    crash.
    """

    def __init__(self, state: StateDir, name: str, schema: Sequence[str], *, busy_s: float) -> None:
        self._state = state
        self._name = name
        self._schema = schema
        self._busy_s = busy_s

    def use(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` on the open database. Raises sqlite3.Error, OSError, and what `StateDir.database` raises."""
        import sqlite3

        try:
            return self._use(work)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self.discard()  # not a database any more
            return self._use(work)

    def discard(self) -> None:
        """Leave nothing of it. Raises OSError."""
        for suffix in ("", *SQLITE_BESIDE):
            self._state.delete(self._name + suffix)

    def _use(self, work: Callable[[sqlite3.Connection], T]) -> T:
        from contextlib import closing

        with closing(self._state.database(self._name, busy_s=self._busy_s)) as database:
            database.execute("PRAGMA synchronous=OFF")
            for statement in self._schema:
                database.execute(statement)
            return work(database)


def _refuse_link(path: Path) -> None:
    """Where opening does not refuse one by itself."""
    if not NO_LINK and path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _problem_of(found: os.stat_result) -> str | None:
    """Why a file is not to be trusted; None when it is ours alone."""
    if not stat.S_ISREG(found.st_mode):
        return "it is no ordinary file"
    if found.st_uid != user():
        return _belongs_to(found.st_uid)
    if others := others_may(found.st_mode):
        what = "write to" if others & 0o022 else "read"
        return f"others may {what} it (mode {stat.S_IMODE(found.st_mode):04o})"
    return None


def _why_foreign(path: Path) -> str | None:
    """Why a file is not ours; None for one that is, or that is not there, and another process may take it away now."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(found.st_mode):
        return "it is a link"
    return None if found.st_uid == user() else _belongs_to(found.st_uid)


def _owner_of(path: Path) -> str | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(found.st_mode) or found.st_uid == user():
        return None
    return _belongs_to(found.st_uid)


def _belongs_to(uid: int) -> str:
    return f"it belongs to {_name_of(uid)}, not to {_name_of(user())}"


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _not_trusted(path: Path, problem: str) -> NotConfigured:
    from shema_cli.shell import to_type  # not for `--help`

    return NotConfigured(
        "state_file_foreign", f"{path} is not used: {problem}", f"remove it: {to_type('rm -f', str(path))}"
    )
