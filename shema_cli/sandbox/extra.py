"""The packages that only the sandbox needs, and what to do when they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from shema_cli.errors import Failed

PACKAGES = ("starlette", "uvicorn")
INSTALL = "pip install 'shema-cli[sandbox]'"


def missing_extra(what: str) -> Failed:
    return Failed("sandbox_extra_missing", f"the sandbox needs {what}: not installed here", INSTALL)


def need_extra() -> None:
    """Raises Failed, naming the command that installs them, when a package of the extra is missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise missing_extra(" and ".join(missing))
