"""Where the settings and the state are: the user's own folders, and what takes their place where there are none.

A container or a unit of systemd may have no home, one that cannot be written to, or /dev/null. The state then goes to a
private folder of this user among the temporary ones, and that is told with the first thing that is kept there; there is
no config.toml.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from shema_cli.system import others_may, user

NO_HOME = Path("/dev/null")
"""Where nobody, not even root, can make anything."""


def config_folder(given: str | None) -> Path:
    """SHEMA_CONFIG_DIR, else the user's."""
    if given:
        return expanded(given)
    from platformdirs import user_config_path

    try:
        return user_config_path("shema", appauthor=False)
    except RuntimeError:  # no HOME, and nobody knows this user
        return NO_HOME / ".config" / "shema"


def state_folder(given: str | None, environ: Mapping[str, str]) -> tuple[Path, str | None]:
    """SHEMA_STATE_DIR, else the user's, else a temporary one; and what is to be said of the latter."""
    if given:
        return expanded(given), None
    from platformdirs import user_state_path

    try:
        usual = user_state_path("shema", appauthor=False)
    except RuntimeError:
        usual = NO_HOME / ".local" / "state" / "shema"
    if usual.exists() or _can_be_made(usual):
        return usual, None
    instead = next((folder for folder in _temporary(environ) if _is_ours(folder)), None)
    if instead is None:
        return usual, None
    return instead, f"{usual} cannot be made: {instead} is used instead, for as long as it lasts (SHEMA_STATE_DIR)"


def expanded(path: str) -> Path:
    """With `~` written out, where it is known what that is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def working_folder() -> Path | None:
    """None when it has been removed."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _temporary(environ: Mapping[str, str]) -> Iterator[Path]:
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "shema"
    try:
        yield Path(tempfile.gettempdir()) / f"shema-{user()}"
    except OSError:  # not even there
        return


def _can_be_made(folder: Path) -> bool:
    parent = next((one for one in folder.parents if one.exists()), None)
    return parent is not None and parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can look into it, or have put it there: anybody may write where it stands."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return _can_be_made(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user() and not others_may(found.st_mode)
