"""What is known of drills in a running sandbox: a file in its own folder, gone with it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field, replace
from enum import StrEnum
from pathlib import Path

from shema_cli.errors import Refused
from shema_cli.frozen import dataclass
from shema_cli.locks import try_lock, unlock
from shema_cli.state import StateDir

FILE = "drill.json"
LOCK = "drill.lock"


class DrillState(StrEnum):
    """How a drill stands. `broken_off`: its staging did not come to its end; `tried`: staged once, and given up."""

    NEVER_TRIED = "never tried"
    STAGED = "staged"
    BROKEN_OFF = "broken off"
    TRIED = "tried"
    SOLVED = "solved"


@dataclass(frozen=True)
class Staged:
    """The drill that is staged. `begun_at`: when the data of the sandbox began that it was staged in; empty while it is
    being staged."""

    name: str
    facts: Mapping[str, list[str]] = field(default_factory=dict)
    begun_at: str = ""


@dataclass(frozen=True)
class Kept:
    """`at`: which one is staged; `tried`, `solved`: when each was last (ISO), by name."""

    at: Staged | None = None
    tried: Mapping[str, str] = field(default_factory=dict)
    solved: Mapping[str, str] = field(default_factory=dict)

    def state_of(self, name: str) -> DrillState:
        if self.at is not None and self.at.name == name and not self._is_solved(name):
            return DrillState.STAGED if self.at.begun_at else DrillState.BROKEN_OFF
        if name in self.solved:
            return DrillState.SOLVED
        return DrillState.TRIED if name in self.tried else DrillState.NEVER_TRIED

    def _is_solved(self, name: str) -> bool:
        """Since it was staged last."""
        return self.solved.get(name, "") > self.tried.get(name, "")

    @property
    def unsolved(self) -> Staged | None:
        """What is staged and not solved yet."""
        return self.at if self.at is not None and not self._is_solved(self.at.name) else None

    def staging(self, name: str, moment: str) -> Kept:
        return replace(self, at=Staged(name), tried={**self.tried, name: moment})

    def with_solved(self, name: str, moment: str) -> Kept:
        return replace(self, solved={**self.solved, name: moment})


class Keeper:
    """The file of one sandbox; what cannot be read is as if nothing was ever staged."""

    def __init__(self, folder: Path) -> None:
        self._state = StateDir(folder)

    def read(self) -> Kept:
        kept = self._state.read_object(FILE)
        try:
            at = kept["at"]
            staged = Staged(str(at["name"]), _facts(at["facts"]), str(at["begun_at"])) if at else None
            return Kept(staged, _texts(kept["tried"]), _texts(kept["solved"]))
        except (KeyError, TypeError, AttributeError):
            return Kept()

    def write(self, kept: Kept) -> None:
        self._state.write(FILE, json.dumps(asdict(kept)).encode())

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time. Raises Refused while somebody else stages or judges."""
        handle = self._state.open_lock(LOCK)
        try:
            if not try_lock(handle):
                raise Refused(
                    "drill_busy", "a drill is being staged or judged in another terminal", "wait for it to end"
                )
            yield
        finally:
            unlock(handle)
            os.close(handle)


def _texts(found: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _facts(found: object) -> dict[str, list[str]]:
    values = found.items() if isinstance(found, dict) else ()
    return {str(name): [str(one) for one in value] for name, value in values if isinstance(value, list)}
