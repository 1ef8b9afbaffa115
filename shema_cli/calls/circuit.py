"""The circuit breaker: one circuit per instance, shared by all commands of a user (contract 1.2).

    closed ── 5 consecutive failed attempts ──▶ open ── 60 s ──▶ half open: one trial call
       ▲                                          ▲                    │
       └───────────────── it succeeds ────────────┼────────────────────┤
                                                  └──── it fails ──────┘

The trial is leased: one among any number of processes holds it, and a holder that died is given up after 15 s.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from shema_cli.calls.shared_state import SharedState, transaction
from shema_cli.clock import Clock

THRESHOLD = 5
OPEN_S = 60.0
TRIAL_LEASE_S = 15.0


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

    def admit(self, instance: str) -> Permit | None:
        """A permit, or None while the circuit is open or another call makes the trial."""
        row = self._shared.run(lambda db: _read(db, instance))
        if row.open_until is None:
            return Permit(instance)
        if _ahead(row.open_until, self._now(), OPEN_S):
            return None
        return self._shared.run(lambda db: self._lease_trial(db, instance))

    def succeeded(self, permit: Permit) -> None:
        """The instance answered: the circuit closes, failures are forgotten."""
        self._shared.run(lambda db: self._succeeded(db, permit))

    def failed(self, permit: Permit) -> None:
        """The attempt failed: it counts, and a failed trial opens the circuit for another 60 s."""
        self._shared.run(lambda db: self._failed(db, permit))

    def abandoned(self, permit: Permit) -> None:
        """The attempt was broken off and says nothing of the instance; a trial can be made by the next call."""
        if permit.trial:
            self._shared.run(lambda db: self._set_lease(db, permit, None, None))

    def renew(self, permit: Permit) -> None:
        """Keep the lease of a trial that is still running."""
        if permit.trial:
            self._shared.run(lambda db: self._set_lease(db, permit, permit.trial, self._now() + TRIAL_LEASE_S))

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _lease_trial(self, db: sqlite3.Connection, instance: str) -> Permit | None:
        with transaction(db):
            row, now = _read(db, instance), self._now()
            if row.open_until is None:
                return Permit(instance)
            if _ahead(row.open_until, now, OPEN_S) or _ahead(row.trial_until, now, TRIAL_LEASE_S):
                return None
            trial = secrets.token_hex(8)
            db.execute(
                "UPDATE circuit SET trial = ?, trial_until = ? WHERE instance = ?",
                (trial, now + TRIAL_LEASE_S, instance),
            )
            return Permit(instance, trial)

    def _set_lease(self, db: sqlite3.Connection, permit: Permit, trial: str | None, until: float | None) -> None:
        with transaction(db):
            db.execute(
                "UPDATE circuit SET trial = ?, trial_until = ? WHERE instance = ? AND trial = ?",
                (trial, until, permit.instance, permit.trial),
            )

    def _succeeded(self, db: sqlite3.Connection, permit: Permit) -> None:
        row = _read(db, permit.instance)
        if row == _Row() or not _speaks_for(permit, row):
            return  # nothing to forget, and no write in the way of others
        with transaction(db):
            if _speaks_for(permit, _read(db, permit.instance)):
                db.execute("DELETE FROM circuit WHERE instance = ?", (permit.instance,))

    def _failed(self, db: sqlite3.Connection, permit: Permit) -> None:
        with transaction(db):
            row = _read(db, permit.instance)
            if not _speaks_for(permit, row):
                return
            failures = row.failures + 1
            open_until = self._now() + OPEN_S if permit.trial or failures >= THRESHOLD else None
            db.execute(
                "INSERT OR REPLACE INTO circuit (instance, failures, open_until) VALUES (?, ?, ?)",
                (permit.instance, failures, open_until),
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
