"""The last number that each service gave, and what was seen at the last look.

Kept per profile and per instance that gave it, so that a number of one system is never shown for another
(contract 2.3). Whatever is wrong with the database costs only the old numbers: it is told in `problem`, never raised.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shema_cli.clock import iso, parse_iso
from shema_cli.dashboard.results import SOURCES, Kept, SourceAnswer
from shema_cli.errors import ShemaError
from shema_cli.settings.values import Settings
from shema_cli.state import CacheFile, StateDir, StateUnusable

FILE = "dashboard.db"
BUSY_S = 0.5
AHEAD_S = 300  # a clock may be wrong by this much; what is dated later is not believed
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
    """What the store knew: the last good numbers and the last look, by service; `problem` when it could not be read."""

    good: Mapping[str, Kept] = field(default_factory=dict)
    look: Mapping[str, Kept] = field(default_factory=dict)
    problem: str | None = None


class LastGood:
    """The store of one profile. Its methods block for at most about a second; run them beside the calls."""

    def __init__(self, state: StateDir, settings: Settings) -> None:
        self._state = state
        self._file = CacheFile(state, FILE, (_SCHEMA,), busy_s=BUSY_S)
        self._profile = settings.profile or ""
        self._urls = settings.service_urls()
        self._registry = _scope(f"registry {settings.get('REDIS_URL') or ''}")

    def load(self, now: datetime) -> Memory:
        """What is kept, as far as it came from an instance that still serves."""
        rows: list[tuple[str, str, Kept]] = []
        wanted = {source.service: self._scopes(source.service) for source in SOURCES}

        def read(database: sqlite3.Connection) -> None:
            found = database.execute(
                "SELECT purpose, service, scope, value, as_of FROM kept WHERE profile = ?", (self._profile,)
            )
            for purpose, service, scope, value, as_of in found:
                kept = _decode(value, as_of, now)
                if kept and scope in wanted.get(service, ()):
                    rows.append((purpose, service, kept))

        problem = self._with_database(read)
        rows.sort(key=lambda row: row[2].as_of)
        good = {service: kept for purpose, service, kept in rows if purpose == _GOOD}
        look = {service: kept for purpose, service, kept in rows if purpose == _LOOK}
        return Memory(good, look, problem)

    def save(self, answers: Sequence[SourceAnswer], *, seen: bool) -> str | None:
        """Keep the values of `answers`; `seen` when a person looked at them. Returns what went wrong, if anything."""
        purposes = (_GOOD, _LOOK) if seen else (_GOOD,)
        rows = [self._row(purpose, answer) for answer in answers if answer.value is not None for purpose in purposes]
        if not rows:
            return None
        return self._with_database(lambda database: _write(database, rows))

    def _row(self, purpose: str, answer: SourceAnswer) -> tuple[str, ...]:
        service = answer.source.service
        return (purpose, self._profile, service, self._scope_of(answer), str(answer.value), iso(answer.at))

    def _scope_of(self, answer: SourceAnswer) -> str:
        """Where the answer came from: a configured instance, else one that the registry named."""
        instance = (answer.instance or "").rstrip("/")
        configured = self._urls.get(answer.source.service, ())
        return _scope(instance) if instance in configured else self._registry

    def _scopes(self, service: str) -> set[str]:
        return {self._registry, *(_scope(url) for url in self._urls.get(service, ()))}

    def _with_database(self, work: Callable[[sqlite3.Connection], None]) -> str | None:
        try:
            self._file.use(work)
        except StateUnusable as error:
            self._state.left_out(error)
        except (sqlite3.Error, OSError, ShemaError) as error:
            return f"the last good numbers cannot be kept: {error}"
        return None


def _write(database: sqlite3.Connection, rows: Sequence[tuple[str, ...]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany(_SAVE, rows)
    database.execute("COMMIT")


def _scope(origin: str) -> str:
    """A name for where a number came from that shows no password of its URL."""
    return hashlib.sha256(origin.encode()).hexdigest()[:32]


def _decode(value: object, as_of: object, now: datetime) -> Kept | None:
    moment = parse_iso(str(as_of))
    if moment is None or moment > now + timedelta(seconds=AHEAD_S) or not str(value).isdecimal():
        return None
    return Kept(int(str(value)), moment)
