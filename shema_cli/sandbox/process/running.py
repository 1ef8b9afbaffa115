"""A sandbox that runs, as others find it: a file in the state folder, and a profile beside config.toml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path

from shema_cli.clock import iso, parse_iso
from shema_cli.files import make_private, replacing
from shema_cli.frozen import dataclass
from shema_cli.sandbox.process.folder import is_alive, is_ours
from shema_cli.settings.config_file import PROFILE_FOLDER
from shema_cli.settings.profile import SANDBOX_PROFILE
from shema_cli.state import StateDir

FILE = "sandbox.json"
PROFILE = SANDBOX_PROFILE
_NOT_OF_A_PROFILE = frozenset({"SHEMA_PROFILE", "SHEMA_CONFIG_DIR"})


@dataclass(frozen=True)
class RunningSandbox:
    """Where a sandbox is, and how to join and control it."""

    folder: Path
    pid: int
    started_at: datetime
    control_url: str
    control_token: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)

    def write(self, state: StateDir) -> Path:
        """Make it known in a state folder. The file written."""
        document = {**self.__dict__, "folder": str(self.folder), "started_at": iso(self.started_at)}
        state.write(FILE, json.dumps(document).encode())
        return state.file(FILE)

    @classmethod
    def find(cls, state: StateDir) -> RunningSandbox | None:
        """The sandbox that this state folder knows, if it is still alive.

        Raises NotConfigured for a file that is not this user's alone.
        """
        try:
            found = cls._read(state.read_object(FILE))
        except (ValueError, TypeError, KeyError):
            return None
        return found if is_ours(found.folder) and is_alive(found.folder) else None

    @classmethod
    def _read(cls, kept: Mapping[str, object]) -> RunningSandbox:
        started_at, environment = parse_iso(str(kept["started_at"])), kept["environment"]
        if started_at is None or not isinstance(environment, dict):
            raise ValueError("not what `write` writes")
        return cls(
            folder=Path(str(kept["folder"])),
            pid=int(str(kept["pid"])),
            started_at=started_at,
            control_url=str(kept["control_url"]),
            control_token=str(kept["control_token"]),
            environment={str(name): str(value) for name, value in environment.items()},
        )


def write_profile(config_dir: Path, environment: Mapping[str, str]) -> Path:
    """Write the profile `sandbox`: config.toml stays the user's own. The file written, which only the user may read."""
    folder = config_dir / PROFILE_FOLDER
    make_private(folder)
    lines = ["# Written by `shema sandbox start`; gone when the sandbox stops.\n"]
    # JSON's text is TOML's basic string, for all that these values can hold.
    lines += [f"{name} = {json.dumps(value)}\n" for name, value in environment.items() if name not in _NOT_OF_A_PROFILE]
    path = folder / f"{PROFILE}.toml"
    with replacing(path) as file:
        file.write("".join(lines).encode())
    return path
