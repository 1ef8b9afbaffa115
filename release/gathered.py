"""What a release stands upon, fetched once: the wheels of `requirements.lock`, for each Python that bundles are for.

Every file is held against the hashes of the lock. Beside them lies `pylock.toml`, which says where the index keeps the
source archives: the Homebrew formula names those.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from release.pythons import markers, platforms, takes
from release.source import EXCLUDES, LOCK, ROOT, pythons

PYLOCK = "pylock.toml"


def gather(folder: Path) -> None:
    """Fetch what is missing in `folder`, and remove what the lock no longer names. Needs the network."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = list(_requirements((ROOT / LOCK).read_text(encoding="utf-8")))
    _remove_others(folder, lines)
    for python in pythons():
        missing = [line for line in lines if _is_missing(folder, python, line)]
        if missing:
            _download(folder, python, missing)
    _say_where_sources_are(folder)


def wheels(folder: Path, python: str | None = None) -> list[Path]:
    """What was gathered, for one Python or for all."""
    return [one for one in sorted(folder.glob("*.whl")) if python is None or takes(python, one.name)]


def _requirements(lock: str) -> Iterator[str]:
    """The lines of a lock, each with its hashes."""
    for line in lock.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            yield line


def _requirement(line: str) -> Requirement:
    return Requirement(line.partition(" --hash")[0])


def _is_missing(folder: Path, python: str, line: str) -> bool:
    wanted = _requirement(line)
    if wanted.marker and not wanted.marker.evaluate(markers(python)):
        return False
    return not any(_serves(one.name, wanted) for one in wheels(folder, python))


def _serves(wheel: str, wanted: Requirement) -> bool:
    name, version, *_ = parse_wheel_filename(wheel)
    return name == canonicalize_name(wanted.name) and version in wanted.specifier


def _remove_others(folder: Path, lines: list[str]) -> None:
    for wheel in wheels(folder):
        if not any(_serves(wheel.name, _requirement(line)) for line in lines):
            wheel.unlink()


def _download(folder: Path, python: str, lines: list[str]) -> None:
    # pip reads markers for the Python that runs it, so what was chosen here is given without.
    unmarked = [f"{_requirement(line).name}{_requirement(line).specifier} --hash{_hashes(line)}" for line in lines]
    wanted = folder / "wanted.txt"
    wanted.write_text("\n".join(unmarked), encoding="utf-8")
    on = [word for name in platforms() for word in ("--platform", name)]
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--require-hashes"]
    only = ["--only-binary", ":all:", "--python-version", python, *on]
    subprocess.run([*pip, *only, "--requirement", wanted, "--dest", folder], check=True)
    wanted.unlink()


def _hashes(line: str) -> str:
    return line.partition(" --hash")[2]


def _say_where_sources_are(folder: Path) -> None:
    compile_ = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", pythons()[0], "--extra", "ui"]
    within = ["--constraint", LOCK, "--excludes", EXCLUDES, "--format", "pylock.toml"]
    uv = Path(sys.executable).parent / compile_[0]
    target = ["--output-file", str(folder.resolve() / PYLOCK), "pyproject.toml"]
    subprocess.run([uv, *compile_[1:], *within, *target], cwd=ROOT, check=True)
