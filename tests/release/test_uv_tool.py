"""`uv tool install` of the wheel, by somebody who has uv and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shema_cli import __version__
from tests.release.conftest import BUNDLE, ROOT


def test_it_installs_and_runs(dist: Path, tmp_path: Path, empty_home: dict[str, str]) -> None:
    env = empty_home | {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_LINK_MODE": "hardlink"}
    uv = [
        str(Path(sys.executable).parent / "uv"),
        "tool",
        "install",
        "--quiet",
        "--offline",
        "--python",
        sys.executable,
    ]
    # What nobody needs is left out, as in everything that is bundled; the rest comes from what was fetched.
    parts = ["--no-index", "--find-links", str(BUNDLE), "--excludes", str(ROOT / "release/excludes.txt")]
    done = subprocess.run(
        [*uv, *parts, str(dist / f"shema_cli-{__version__}-py3-none-any.whl")],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    shema = Path(empty_home["HOME"]) / ".local/bin/shema"
    told = subprocess.run([shema, "--version"], env=empty_home, capture_output=True, text=True, check=True).stdout
    assert told == f"shema {__version__}\n"
    [home] = Path(empty_home["HOME"]).glob(".local/share/uv/tools/shema-cli")
    assert (home / "share/man/man1/shema.1").exists()
    assert (home / "share/bash-completion/completions/shema").exists()
