"""What `make dist` builds, built once for all test processes of a run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import release.debian
from release import source
from tests.release.dpkg import SYSTEM_PYTHON, Debian
from tests.support.emulated import shared_folder
from tests.support.firebase import exclusive

__all__ = ["shared_folder"]

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / ".tools" / "bundle"
URL = "https://school.test/releases/next"
Build = Callable[..., Path]


@pytest.fixture(scope="session")
def build() -> Build:
    """Build into a folder, as `make dist` does, with what was fetched before."""

    def run(out: Path, **options: Any) -> Path:
        if not (BUNDLE / ".ready").exists():
            pytest.skip("what is bundled was not fetched: `make .tools/bundle/.ready` does")
        command = [sys.executable, "-m", "release", "build", "--gathered", str(BUNDLE), "--out", str(out), "--url", URL]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return out

    return run


@pytest.fixture(scope="session")
def dist(build: Build, shared_folder: Path) -> Path:
    """Every artefact of this tree."""
    with exclusive(shared_folder / "release"):
        out = shared_folder / "dist"
        return out if out.exists() else build(out)


@pytest.fixture(scope="session")
def debian(dist: Path, shared_folder: Path) -> Debian:
    """The Debian package, installed below a root of its own."""
    package = find_debian(dist)
    with exclusive(shared_folder / "debian"):
        installed = Debian(shared_folder / "debian-root")
        if not installed.root.exists():
            installed.install(package)
        return installed


def find_debian(dist: Path) -> Path:
    """The package; skips where it cannot be built or tried, and says why."""
    if why := release.debian.missing():
        pytest.skip(why)
    if os.geteuid() != 0 and shutil.which("fakeroot") is None:
        pytest.skip("dpkg installs as root alone, and fakeroot is not installed")
    asked = [SYSTEM_PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    if found not in source.pythons():
        pytest.skip(f"the package is for the system's Python, {' or '.join(source.pythons())}; here it is {found}")
    [package] = dist.glob("*.deb")
    return package


@pytest.fixture
def empty_home(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has just got the program and nothing else."""
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home"), "PATH": os.defpath, "LANG": "C.UTF-8"}
