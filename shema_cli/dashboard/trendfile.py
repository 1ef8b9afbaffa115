"""The last day of each number in the state folder, for whoever shows it later (`dashboard/trend.py`).

One number a minute, the first that was known in it. The file holds a little more than a day whatever happens, and any
number of watchers write into it at once: of two, the first counts. Whatever is wrong with it costs only the trend.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from shema_cli.dashboard.keeping import AHEAD_S, Keeping, Origins, named
from shema_cli.dashboard.trend import KEPT, MINUTE_S, Minutes, minute_of
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir

FILE = "trend.db"
_LARGEST = 2**63 - 1
_COLUMNS = ("series", "minute", "value")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sample (
    series TEXT NOT NULL, minute INTEGER NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (series, minute)
) WITHOUT ROWID
"""
_READ = "SELECT minute, value FROM sample WHERE series = ? AND minute BETWEEN ? AND ?"


class Sample(NamedTuple):
    """A number that `origin` gave (`keeping.Origins`)."""

    name: str
    origin: str
    value: int
    at: datetime


class TrendFile:
    """What is kept of one profile. Its methods block for at most about a second; run them beside the calls."""

    def __init__(self, state: StateDir, settings: Settings) -> None:
        self._file = Keeping(state, FILE, _SCHEMA)
        self.origins = Origins(settings)
        self._written: dict[str, int] = {}

    def load(self, now: datetime, origins: Mapping[str, Iterable[str]]) -> tuple[dict[str, Minutes], str | None]:
        """The numbers of `origins` (name of the number → where it may have come from), and what went wrong."""
        names = {self._series(name, origin): name for name, found in origins.items() for origin in found}
        kept: dict[str, dict[int, int]] = {name: {} for name in origins}

        def read(database: sqlite3.Connection) -> None:
            _require_ours(database)
            for series, name in names.items():
                for minute, value in database.execute(_READ, (series, *_believed(now))):
                    if type(minute) is int and type(value) is int and value >= 0:
                        kept[name].setdefault(minute, value)

        problem = self._file.use(read)
        return dict(kept), problem

    def save(self, samples: Iterable[Sample], now: datetime) -> str | None:
        """Keep them, each unless its minute has one, and forget what is older than a day; what went wrong, if
        anything."""
        rows = list(self._new(samples))
        if not rows:
            return None
        problem = self._file.use(lambda database: _write(database, rows, now))
        if problem is None:
            self._written |= {series: minute for series, minute, _ in rows}
        return problem

    def _new(self, samples: Iterable[Sample]) -> Iterator[tuple[str, int, int]]:
        """What this process has not written already in that minute."""
        for sample in samples:
            series, minute = self._series(sample.name, sample.origin), minute_of(sample.at)
            if sample.value <= _LARGEST and self._written.get(series) != minute:
                yield series, minute, sample.value

    def _series(self, name: str, origin: str) -> str:
        return named(f"{self.origins.profile}\n{name}\n{origin}")


def _believed(now: datetime) -> tuple[int, int]:
    """The first and the last minute of which anything is believed."""
    return minute_of(now) - KEPT, minute_of(now) + AHEAD_S // MINUTE_S


def _write(database: sqlite3.Connection, rows: Sequence[tuple[str, int, int]], now: datetime) -> None:
    _require_ours(database)
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT OR IGNORE INTO sample VALUES (?, ?, ?)", rows)
    database.execute("DELETE FROM sample WHERE minute NOT BETWEEN ? AND ?", _believed(now))
    database.execute("COMMIT")


def _require_ours(database: sqlite3.Connection) -> None:
    """A table of another make is begun anew."""
    if _is_ours(database):
        return
    database.execute("BEGIN IMMEDIATE")
    if not _is_ours(database):  # another watcher may have begun it
        database.execute("DROP TABLE sample")
        database.execute(_SCHEMA)
    database.execute("COMMIT")


def _is_ours(database: sqlite3.Connection) -> bool:
    return tuple(row[1] for row in database.execute("PRAGMA table_info(sample)")) == _COLUMNS
