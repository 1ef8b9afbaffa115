"""The profile `sandbox`: a file beside config.toml, which stays the user's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from shema_cli.files import replacing
from shema_cli.sandbox.process.running import PROFILE
from shema_cli.settings.sources import PROFILE_FOLDER


def write_profile(config_dir: Path, environment: Mapping[str, str]) -> Path:
    """Write the profile. The file written, which only the user may read."""
    folder = config_dir / PROFILE_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = ["# Written by `shema sandbox start`; gone when the sandbox stops.\n"]
    # JSON's text is TOML's basic string, for all that these values can hold.
    lines += [f"{name} = {json.dumps(value)}\n" for name, value in environment.items() if name not in _NOT_OF_A_PROFILE]
    path = folder / f"{PROFILE}.toml"
    with replacing(path) as file:
        file.write("".join(lines).encode())
    return path


_NOT_OF_A_PROFILE = frozenset({"SHEMA_PROFILE", "SHEMA_CONFIG_DIR"})
