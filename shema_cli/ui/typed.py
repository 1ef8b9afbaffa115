"""The lines that were typed behind `:` and `@`, the newest last, kept for the next time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from shema_cli.errors import ShemaError
from shema_cli.state import StateDir

KEPT = "console-lines"
MOST = 200
LONGEST = 500
"""Characters of a line that is kept."""


class TypedLines:
    """Those of all consoles of this user. What cannot be kept or read is not missed."""

    def __init__(self, state: StateDir | None = None) -> None:
        self._state = state
        self._lines = self._read()
        self._at = len(self._lines)
        self._begun = ""

    def __iter__(self) -> Iterator[str]:
        """The newest first."""
        return reversed(self._lines)

    def add(self, line: str) -> None:
        """A line that was sent; one that stood there before moves to the end."""
        line = line.strip()
        if 1 < len(line) <= LONGEST and line.isprintable():
            others = self._read() if self._state else self._lines
            self._lines = [*(one for one in others if one != line), line][-MOST:]
            self._write()
        self.begin()

    def begin(self) -> None:
        """A new line is typed."""
        self._at, self._begun = len(self._lines), ""

    def older(self, typed: str) -> str:
        """The line before this one, of those that begin with the same sign; `typed` where there is none."""
        return self._to(range(self._at - 1, -1, -1), typed)

    def newer(self, typed: str) -> str:
        """The line behind this one; after the last what had been typed itself."""
        found = self._to(range(self._at + 1, len(self._lines)), "")
        if found or self._at == len(self._lines):
            return found or typed
        self._at = len(self._lines)
        return self._begun

    def _to(self, places: Sequence[int], typed: str) -> str:
        if self._at == len(self._lines) and typed:
            self._begun = typed
        for at in places:
            if self._lines[at][:1] == self._begun[:1]:
                self._at = at
                return self._lines[at]
        return typed

    def _read(self) -> list[str]:
        try:
            found = json.loads(self._state.read(KEPT) or b"[]") if self._state else []
        except (ShemaError, OSError, ValueError, RecursionError):
            return []
        lines = [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
        return [one for one in lines if one.isprintable() and len(one) <= LONGEST][-MOST:]

    def _write(self) -> None:
        if self._state is None:
            return
        try:
            self._state.write(KEPT, json.dumps(self._lines).encode())
        except (ShemaError, OSError):
            return
