"""The circuit breaker: one circuit per instance, shared by all commands of a user (contract 1.2).

    closed ── 5 consecutive failed attempts ──▶ open ── 60 s ──▶ half open: one trial call
       ▲                                          ▲                    │
       └───────────────── it succeeds ────────────┼────────────────────┤
                                                  └──── it fails ──────┘

The trial is leased: one among any number of processes holds it, and a holder that died is given up after 15 s.

What the commands share is a small database in the state folder. It must never stop a call: when it is broken, locked or
cannot be made, the command keeps what it needs for itself in memory and says so once.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum
from typing import TypeVar

from shema_cli.clock import Clock
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.state import StateDir, StateUnusable

THRESHOLD = 5
OPEN_S = 60.0
TRIAL_LEASE_S = 15.0
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


class Circuit(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Permit:
    """Leave to make one attempt at an instance. `trial` names the lease when this is the trial call."""

    instance: str
    trial: str | None = None


@dataclass(frozen=True)
class _Row:
    failures: int = 0
    open_until: float | None = None
    trial: str | None = None
    trial_until: float | None = None


class Breaker:
    """Give every permit back by exactly one of `succeeded`, `failed` and `abandoned`."""

    def __init__(self, shared: SharedState, clock: Clock) -> None:
        self._shared = shared
        self._clock = clock

    def state(self, instance: str) -> Circuit:
        row = self._shared.run(lambda db: _read(db, instance))
        if row.open_until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if _ahead(row.open_until, self._now(), OPEN_S) else Circuit.HALF_OPEN

    def open_for_s(self, instance: str) -> float | None:
        """Seconds until an open circuit lets a trial through; None for one that is not open."""
        row = self._shared.run(lambda db: _read(db, instance))
        if row.open_until is None or not _ahead(row.open_until, self._now(), OPEN_S):
            return None
        return row.open_until - self._now()

    def reset(self, instance: str) -> Circuit:
        """Close the circuit, its failures forgotten, also for a trial that is under way. How it stood."""
        stood = self.state(instance)
        self._shared.change(lambda db: db.execute("DELETE FROM circuit WHERE instance = ?", (instance,)))
        return stood

    def admit(self, instance: str) -> Permit | None:
        """A permit, or None while the circuit is open or another call makes the trial."""
        row = self._shared.run(lambda db: _read(db, instance))
        if row.open_until is None:
            return Permit(instance)
        if _ahead(row.open_until, self._now(), OPEN_S):
            return None
        return self._shared.change(lambda db: self._lease_trial(db, instance))

    def succeeded(self, permit: Permit) -> None:
        """The instance answered: the circuit closes, failures are forgotten."""
        self._shared.run(lambda db: self._succeeded(db, permit))

    def failed(self, permit: Permit) -> None:
        """The attempt failed: it counts, and a failed trial opens the circuit for another 60 s."""
        self._shared.change(lambda db: self._failed(db, permit))

    def abandoned(self, permit: Permit) -> None:
        """The attempt was broken off and says nothing of the instance; a trial can be made by the next call."""
        if permit.trial:
            self._shared.change(lambda db: _set_lease(db, permit, None, None))

    def renew(self, permit: Permit) -> None:
        """Keep the lease of a trial that is still running."""
        if permit.trial:
            self._shared.change(lambda db: _set_lease(db, permit, permit.trial, self._now() + TRIAL_LEASE_S))

    @contextlib.asynccontextmanager
    async def kept(self, permit: Permit) -> AsyncIterator[None]:
        """Renew the lease of a trial inside the block: an attempt may be longer than the lease."""
        if permit.trial is None:
            yield
            return
        task = asyncio.ensure_future(self._renew_again_and_again(permit))
        try:
            yield
        finally:
            task.cancel()

    async def _renew_again_and_again(self, permit: Permit) -> None:
        while True:
            await asyncio.sleep(TRIAL_LEASE_S / 3)
            self.renew(permit)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _lease_trial(self, db: sqlite3.Connection, instance: str) -> Permit | None:
        row, now = _read(db, instance), self._now()
        if row.open_until is None:
            return Permit(instance)
        if _ahead(row.open_until, now, OPEN_S) or _ahead(row.trial_until, now, TRIAL_LEASE_S):
            return None
        trial = secrets.token_hex(8)
        db.execute(
            "UPDATE circuit SET trial = ?, trial_until = ? WHERE instance = ?", (trial, now + TRIAL_LEASE_S, instance)
        )
        return Permit(instance, trial)

    def _succeeded(self, db: sqlite3.Connection, permit: Permit) -> None:
        row = _read(db, permit.instance)
        if row == _Row() or not _speaks_for(permit, row):
            return  # nothing to forget, and no write in the way of others
        with _transaction(db):
            if _speaks_for(permit, _read(db, permit.instance)):
                db.execute("DELETE FROM circuit WHERE instance = ?", (permit.instance,))

    def _failed(self, db: sqlite3.Connection, permit: Permit) -> None:
        row = _read(db, permit.instance)
        if not _speaks_for(permit, row):
            return
        failures = row.failures + 1
        open_until = self._now() + OPEN_S if permit.trial or failures >= THRESHOLD else None
        db.execute(
            "INSERT OR REPLACE INTO circuit (instance, failures, open_until) VALUES (?, ?, ?)",
            (permit.instance, failures, open_until),
        )


def _set_lease(db: sqlite3.Connection, permit: Permit, trial: str | None, until: float | None) -> None:
    db.execute(
        "UPDATE circuit SET trial = ?, trial_until = ? WHERE instance = ? AND trial = ?",
        (trial, until, permit.instance, permit.trial),
    )


def _read(db: sqlite3.Connection, instance: str) -> _Row:
    found = db.execute(
        "SELECT failures, open_until, trial, trial_until FROM circuit WHERE instance = ?", (instance,)
    ).fetchone()
    return _Row(*found) if found else _Row()


def _speaks_for(permit: Permit, row: _Row) -> bool:
    """Whether the outcome of this attempt still says something: not when the circuit has moved on meanwhile."""
    return row.trial == permit.trial if permit.trial else row.open_until is None


def _ahead(moment: float | None, now: float, longest: float) -> bool:
    """Whether `moment` is still to come. One further off than it was ever set to means that the clock was put back."""
    return moment is not None and 0 < moment - now <= longest


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

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The same, all or nothing, and nobody else writes meanwhile."""

        def in_transaction(db: sqlite3.Connection) -> T:
            with _transaction(db):
                return work(db)

        return self.run(in_transaction)

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
        if isinstance(error, StateUnusable):
            self._state.left_out(error)
            return
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


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing, and nobody else writes meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
