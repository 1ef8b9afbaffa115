"""The state folder: session, last good values, circuit state (contract 2.1). Folder 0700, files 0600."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shema_cli.errors import NotConfigured

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

SQLITE_BUSY_S = 5.0


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

    def ensure(self) -> Path:
        """The folder, made when it is missing. Raises StateUnusable when it cannot be made or is not a folder."""
        from shema_cli.files import make_private

        try:
            make_private(self.path)
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o700)
        except OSError as error:
            raise StateUnusable(
                "state_dir_unusable",
                f"the state folder {self.path} cannot be used: {error.strerror}",
                "set SHEMA_STATE_DIR to a folder that you may write to",
            ) from error
        remark, self._remark = self._remark, None
        if remark and self._warn:
            self._warn(remark)
        return self.path

    def left_out(self, error: StateUnusable) -> None:
        """Say, once, that nothing is kept; for those who can do without."""
        if not self._left_out and self._warn:
            self._warn(f"{error.message}: nothing is kept for the next command ({error.hint})")
        self._left_out = True

    def file(self, name: str) -> Path:
        return self.path / name

    def read(self, name: str) -> bytes | None:
        try:
            return self.file(name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Replace a file as a whole: a reader sees the old content or the new, never a part.

        The mode is 0600 from the first byte.
        """
        from shema_cli.files import replacing

        self.ensure()
        with replacing(self.file(name), mode=0o600) as file:
            file.write(content)

    def delete(self, name: str) -> None:
        self.file(name).unlink(missing_ok=True)

    def database(self, name: str, *, busy_s: float = SQLITE_BUSY_S) -> sqlite3.Connection:
        """A SQLite database in write-ahead mode, in autocommit: transactions are begun by the caller.

        `busy_s` is how long a lock held by another process is waited for.
        """
        import sqlite3

        self.ensure()
        path = self.file(name)
        path.touch(mode=0o600, exist_ok=True)
        connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection
