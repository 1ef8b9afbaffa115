"""What concurrent commands of one user share: a small database in the state folder.

It must never stop a call: when it is broken, locked or cannot be made, the command keeps what it needs for itself
in memory and says so once.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from shema_cli.errors import ShemaError
from shema_cli.state import StateDir

FILE = "circuits.db"
BUSY_S = 1.0
_OPEN_TRIES = 5
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS circuit (
        instance TEXT PRIMARY KEY, failures INTEGER NOT NULL, open_until REAL, trial TEXT, trial_until REAL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS rotation (service TEXT PRIMARY KEY, turn INTEGER NOT NULL) WITHOUT ROWID",
)

T = TypeVar("T")


class SharedState:
    """Runs small pieces of work on the database, opened with the first of them."""

    def __init__(self, state: StateDir, warn: Callable[[str], None]) -> None:
        self._state = state
        self._warn = warn
        self._connection: sqlite3.Connection | None = None
        self._in_memory = False

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` on the shared database or, from the first error on, on one that only this process has."""
        try:
            return work(self._open())
        except (sqlite3.Error, ShemaError, OSError) as error:
            if self._in_memory:
                raise
            self._fall_back(error)
            return work(self._open())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        if self._in_memory:
            return _prepared(sqlite3.connect(":memory:", isolation_level=None))
        for last in (*[False] * (_OPEN_TRIES - 1), True):
            try:
                return _prepared(self._state.database(FILE, busy_s=BUSY_S))
            except sqlite3.OperationalError as error:
                # The switch to write-ahead mode does not wait for a lock as everything else does.
                if last or "locked" not in str(error):
                    raise
                time.sleep(0.02)
        raise AssertionError("unreachable")

    def _fall_back(self, error: Exception) -> None:
        self.close()
        self._in_memory = True
        self._warn(
            f"the circuit states in {self._state.file(FILE)} cannot be used ({error}); this command keeps its own. "
            "If it stays so, delete that file"
        )


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        for statement in _SCHEMA:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing, and nobody else writes meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
