"""The last number that each service gave, and what was seen at the last look.

Kept per profile and per instance that gave it, so that a number of one system is never shown for another
(contract 2.3). Whatever is wrong with the database costs only the old numbers: it is told in `problem`, never raised.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from shema_cli.clock import iso, parse_iso
from shema_cli.dashboard.keeping import AHEAD_S, Keeping, Origins
from shema_cli.dashboard.results import Kept, SourceAnswer
from shema_cli.dashboard.sources import SOURCES
from shema_cli.dashboard.trend import Minutes
from shema_cli.frozen import dataclass
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir

FILE = "dashboard.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (
    purpose TEXT NOT NULL, profile TEXT NOT NULL, service TEXT NOT NULL, scope TEXT NOT NULL,
    value TEXT NOT NULL, as_of TEXT NOT NULL,
    PRIMARY KEY (purpose, profile, service, scope))
"""
_SAVE = """
INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value, as_of = excluded.as_of WHERE excluded.as_of >= as_of
"""
_GOOD, _LOOK = "good", "look"


@dataclass(frozen=True)
class Memory:
    """What is known from before: the last good numbers and the last look by service, and `minutes`, the last day, by
    the name of the number. `problem`: why it could not be read."""

    good: Mapping[str, Kept] = field(default_factory=dict)
    look: Mapping[str, Kept] = field(default_factory=dict)
    minutes: Mapping[str, Minutes] = field(default_factory=dict)
    problem: str | None = None


class LastGood:
    """The store of one profile. Its methods block for at most about a second; run them beside the calls."""

    def __init__(self, state: StateDir, settings: Settings) -> None:
        self._file = Keeping(state, FILE, _SCHEMA)
        self._origins = Origins(settings)

    def load(self, now: datetime) -> Memory:
        """What is kept, as far as it came from an instance that still serves."""
        rows: list[tuple[str, str, Kept]] = []
        wanted = {source.service: self._origins.known(source.service) for source in SOURCES}

        def read(database: sqlite3.Connection) -> None:
            found = database.execute(
                "SELECT purpose, service, scope, value, as_of FROM kept WHERE profile = ?", (self._origins.profile,)
            )
            for purpose, service, scope, value, as_of in found:
                kept = _decode(value, as_of, now)
                if kept and scope in wanted.get(service, ()):
                    rows.append((purpose, service, kept))

        problem = self._file.use(read)
        rows.sort(key=lambda row: row[2].as_of)
        good = {service: kept for purpose, service, kept in rows if purpose == _GOOD}
        look = {service: kept for purpose, service, kept in rows if purpose == _LOOK}
        return Memory(good, look, problem=problem)

    def save(self, answers: Sequence[SourceAnswer], *, seen: bool) -> str | None:
        """Keep the values of `answers`; `seen` when a person looked at them. Returns what went wrong, if anything."""
        purposes = (_GOOD, _LOOK) if seen else (_GOOD,)
        rows = [self._row(purpose, answer) for answer in answers if answer.value is not None for purpose in purposes]
        if not rows:
            return None
        return self._file.use(lambda database: _write(database, rows))

    def _row(self, purpose: str, answer: SourceAnswer) -> tuple[str, ...]:
        service = answer.source.service
        origin = self._origins.of(service, answer.instance)
        return (purpose, self._origins.profile, service, origin, str(answer.value), iso(answer.at))


def _write(database: sqlite3.Connection, rows: Sequence[tuple[str, ...]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany(_SAVE, rows)
    database.execute("COMMIT")


def _decode(value: object, as_of: object, now: datetime) -> Kept | None:
    moment = parse_iso(str(as_of))
    if moment is None or moment > now + timedelta(seconds=AHEAD_S) or not str(value).isdecimal():
        return None
    return Kept(int(str(value)), moment)
