"""Names that were told in the last five minutes, shared by all commands of a user (contract 3.4), and who hangs.

A small database in the state folder, of which each target has its own part: a name of one system is never shown in
another. It is a cache: whatever is wrong with it costs a question to a service, and nothing else. Where a profile says
`names = false` nothing of it is on disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import TypeVar

from shema_cli.clock import Clock
from shema_cli.errors import ShemaError
from shema_cli.people.results import COURSE, USER, Course, Person
from shema_cli.settings.profile import keeps_names
from shema_cli.settings.values import Settings
from shema_cli.state import CacheFile, StateDir

FILE = "names.db"
KEPT_S = 300.0
NONE_KEPT_S = 30.0
"""That there is nobody of an id, or no such list, may change sooner than a name."""
LEFT_ALONE_S = 30.0
"""For so long a service is not waited for again that did not answer in time."""
BUSY_S = 0.2
AHEAD_S = 5.0  # what is dated later comes from a clock that was put back
_AT_ONCE = 500
_SCHEMA = (
    "PRAGMA secure_delete=ON",
    """CREATE TABLE IF NOT EXISTS name (
        scope TEXT NOT NULL, id TEXT NOT NULL, document TEXT, at REAL NOT NULL, PRIMARY KEY (scope, id)
    ) WITHOUT ROWID""",
)
_SAVE = "INSERT OR REPLACE INTO name VALUES (?, ?, ?, ?)"
_LISTS = "lists of "
_SILENCE = "silence of "

Found = TypeVar("Found", Person, Course)
Parse = Callable[[object], Found]


class NameCache:
    """The cache of one target. Its methods block for a moment at most, and never raise."""

    def __init__(self, state: StateDir, settings: Settings, clock: Clock) -> None:
        self._state = state
        self._file = CacheFile(state, FILE, _SCHEMA, busy_s=BUSY_S)
        self._clock = clock
        self._system = [settings.profile, settings.as_it_stands("REDIS_URL"), sorted(settings.service_urls().items())]
        self._keeps = keeps_names(settings.profile_options)
        self._cleared = False

    def read_people(self, ids: Iterable[str]) -> dict[str, Person | None]:
        """What is kept of these; None for whom the service did not know."""
        return self._read(USER, ids, Person.parse)

    def read_courses(self, ids: Iterable[str]) -> dict[str, Course | None]:
        return self._read(COURSE, ids, Course.parse)

    def everybody(self) -> list[Person]:
        """Every person who is kept, by name."""
        rows = self._run(lambda db: db.execute(_ALL, (self._scope(USER),)).fetchall()) or []
        found = self._parsed(rows, Person.parse).values()
        return sorted((one for one in found if one), key=lambda person: (person.shown.casefold(), person.id))

    def keep(self, service: str, found: Mapping[str, Person | Course | None]) -> None:
        """Keep what a service told, and that it knows nobody of an id."""
        self._write(service, {id: one and one.document() for id, one in found.items()})

    def offers_lists(self, service: str) -> bool:
        """False where it said a moment ago that it offers no look-up by ids."""
        return self._noted_s(_LISTS + service, service, NONE_KEPT_S) is None

    def lists_not_offered(self, service: str) -> None:
        self._write(_LISTS + service, {service: None})

    def silent_s(self, service: str) -> float | None:
        """How long ago it did not answer in time; None where it did, or may have begun to answer since."""
        return self._noted_s(_SILENCE + service, service, LEFT_ALONE_S)

    def did_not_answer(self, service: str) -> None:
        self._write(_SILENCE + service, {service: None})

    def _noted_s(self, kind: str, id: str, most_s: float) -> float | None:
        rows = self._run(lambda db: db.execute(_OF, (self._scope(kind), id)).fetchall()) or []
        noted = [at for _, _, at in rows if self._is_fresh(at, most_s)]
        return max(0.0, self._clock.now().timestamp() - noted[0]) if noted else None

    def _read(self, service: str, ids: Iterable[str], parse: Parse[Found]) -> dict[str, Found | None]:
        wanted = list(dict.fromkeys(ids))
        scope = self._scope(service)

        def rows(db: sqlite3.Connection) -> list[tuple[str, str | None, float]]:
            found: list[tuple[str, str | None, float]] = []
            for start in range(0, len(wanted), _AT_ONCE):
                ids: list[str] = wanted[start : start + _AT_ONCE]
                found += db.execute(f"{_SELECT} AND id IN ({', '.join('?' * len(ids))})", (scope, *ids))
            return found

        return self._parsed(self._run(rows) or [] if wanted else [], parse)

    def _parsed(self, rows: list[tuple[str, str | None, float]], parse: Parse[Found]) -> dict[str, Found | None]:
        """What is whole and fresh of it; the file may hold anything."""
        found: dict[str, Found | None] = {}
        for id, document, at in rows:
            if document is None and self._is_fresh(at, NONE_KEPT_S):
                found[id] = None
            elif document is not None and self._is_fresh(at, KEPT_S):
                with suppress(ValueError, TypeError, RecursionError):
                    kept = parse(json.loads(document))
                    if kept.id == id:
                        found[id] = kept
        return found

    def _is_fresh(self, at: object, most_s: float) -> bool:
        return isinstance(at, float) and -AHEAD_S <= self._clock.now().timestamp() - at < most_s

    def _write(self, kind: str, documents: Mapping[str, object]) -> None:
        now, scope = self._clock.now().timestamp(), self._scope(kind)
        rows = [(scope, id, None if one is None else json.dumps(one), now) for id, one in documents.items()]

        def write(db: sqlite3.Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM name WHERE at <= ? OR at > ?", (now - KEPT_S, now + AHEAD_S))
            db.executemany(_SAVE, rows)
            db.execute("COMMIT")

        if rows:
            self._run(write)

    def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        with suppress(sqlite3.Error, OSError, ShemaError, ValueError):
            if self._keeps:
                return self._file.use(work)
            self._clear()
        return None

    def _clear(self) -> None:
        """What was kept before the profile said that nothing is."""
        if not self._cleared:
            self._cleared = True
            self._file.discard()

    def _scope(self, kind: str) -> str:
        """A name for a part of the cache that shows no password of a URL."""
        return sha256(json.dumps([kind, self._system]).encode()).hexdigest()[:32]


def forget(state: StateDir) -> None:
    """Leave no name on this machine, of whatever target: nobody is signed in who was told them."""
    with suppress(OSError):
        CacheFile(state, FILE, (), busy_s=BUSY_S).discard()


Result = TypeVar("Result")
_SELECT = "SELECT id, document, at FROM name WHERE scope = ?"
_ALL = f"{_SELECT} AND document IS NOT NULL"
_OF = f"{_SELECT} AND id = ?"
