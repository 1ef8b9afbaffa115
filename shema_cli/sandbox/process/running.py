"""A sandbox that runs, as other commands find it: one file in the state folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shema_cli.clock import iso, parse_iso
from shema_cli.sandbox.process.folder import is_alive
from shema_cli.state import StateDir

FILE = "sandbox.json"
PROFILE = "sandbox"


@dataclass(frozen=True)
class Running:
    """Where a sandbox is, and how to join and control it."""

    folder: Path
    pid: int
    started_at: datetime
    control_url: str
    control_token: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)

    def write(self, state_dir: Path) -> Path:
        """Make it known in a state folder. The file written."""
        document: dict[str, Any] = {
            **self.__dict__,
            "folder": str(self.folder),
            "started_at": iso(self.started_at),
        }
        state = StateDir(state_dir)
        state.write(FILE, json.dumps(document).encode())
        return state.file(FILE)

    @classmethod
    def find(cls, state_dir: Path) -> Running | None:
        """The sandbox that this state folder knows, if it is still alive."""
        try:
            kept = json.loads(StateDir(state_dir).read(FILE) or b"")
            started_at = parse_iso(kept.pop("started_at"))
            found = cls(folder=Path(kept.pop("folder")), started_at=started_at, **kept)  # type: ignore[arg-type]
        except (ValueError, TypeError, KeyError, AttributeError, OSError):
            return None
        return found if is_alive(found.folder) else None
