"""The tool as its users get it: a wheel, built from this tree and installed into a venv of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Shema = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installed `shema`; its dependencies are borrowed from the environment of the tests."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    (Path(purelib) / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return venv / "bin"


@pytest.fixture
def shema(installed: Path, tmp_path: Path) -> Shema:
    """Run the installed `shema` in an empty HOME, outside of the repository."""

    def run(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
        env = {"HOME": str(tmp_path), "PATH": f"{installed}:{os.defpath}", "LANG": "C.UTF-8"}
        env |= options.pop("env", {})
        return subprocess.run(
            [installed / "shema", *argv], env=env, cwd=tmp_path, capture_output=True, text=True, **options, check=False
        )

    return run
