"""What `make dist` builds, built once for all test processes of a run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.emulated import shared_folder
from tests.support.firebase import exclusive

__all__ = ["shared_folder"]

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / ".tools" / "bundle"
Build = Callable[..., Path]


@pytest.fixture(scope="session")
def build() -> Build:
    """Build into a folder, as `make dist` does, with what was fetched before."""

    def run(out: Path, **options: Any) -> Path:
        if not (BUNDLE / ".ready").exists():
            pytest.skip("what is bundled was not fetched: `make .tools/bundle/.ready` does")
        command = [sys.executable, "-m", "release", "build", "--gathered", str(BUNDLE), "--out", str(out)]
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


@pytest.fixture
def empty_home(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has just got the program and nothing else."""
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home"), "PATH": os.defpath, "LANG": "C.UTF-8"}
