"""What is released: the files that git knows as they stand in the work tree, their version and their moment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
EXCLUDES = "release/excludes.txt"
NOT_SOURCE = ("dist", "build", "__pycache__", "*.egg-info", ".venv*", ".tools", ".*_cache", ".hypothesis", ".coverage*")
"""What stands in a source archive's folder after its work; in a clone git says so."""


def version(root: Path = ROOT) -> str:
    """The one that stands in `shema_cli/__init__.py`."""
    text = (root / "shema_cli" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    assert found, "shema_cli/__init__.py has no __version__"
    return found[1]


def pythons(root: Path = ROOT) -> tuple[str, ...]:
    """The Pythons that bundles are for: the classifiers, which name those that the suite has passed on."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", one) for one in project["classifiers"])
    return tuple(found[1] for found in told if found)


def moment(root: Path = ROOT) -> int:
    """Seconds since 1970 that stand for the release in every archive, so that a second build has the same bytes.

    `SOURCE_DATE_EPOCH` where it is set, else the last commit; in an unpacked source archive the moment of that.
    """
    if told := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(told)
    if is_clone(root):
        return int(_git(root, "log", "-1", "--format=%ct"))
    return int((root / "PKG-INFO").stat().st_mtime)


def is_clone(root: Path = ROOT) -> bool:
    """Whether `root` is the top of a clone, and not an unpacked archive that lies in somebody else's."""
    return (root / ".git").exists() and shutil.which("git") is not None


def copy(into: Path, root: Path = ROOT) -> list[str]:
    """Copy what is released, changes that are not committed included. Returns the files that git does not know.

    Those stay out, so that a note or a dump that lies in a folder is not published with it.
    """
    if not is_clone(root):
        shutil.copytree(root, into, ignore=shutil.ignore_patterns(*NOT_SOURCE), dirs_exist_ok=True)
        return []
    for name in _git(root, "ls-files", "-z").split("\0"):
        if (root / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, into / name)
    return _git(root, "ls-files", "--others", "--exclude-standard").splitlines()


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", root, *words], check=True, capture_output=True, text=True).stdout.strip("\n\0")
