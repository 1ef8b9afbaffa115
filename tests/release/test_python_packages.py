"""Wheel and source archive: complete, in their places, and nothing besides."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from release import source
from shema_cli import __version__

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    "shema.bash": "share/bash-completion/completions/shema",
    "_shema": "share/zsh/site-functions/_shema",
    "shema.fish": "share/fish/vendor_completions.d/shema.fish",
}
STAY_HOME = (".github/", ".gitignore", ".pre-commit-config.yaml", "Dockerfile", ".dockerignore")
"""What only a clone has a use for."""


def test_man_pages_and_completions_stand_where_they_are_looked_for(dist: Path) -> None:
    wheel = zipfile.ZipFile(dist / f"shema_cli-{__version__}-py3-none-any.whl")
    data = f"shema_cli-{__version__}.data/data/"
    shared = {name.removeprefix(data): wheel.read(name) for name in wheel.namelist() if name.startswith(data)}
    pages = {f"share/man/man1/{page.name}": page.read_bytes() for page in (ROOT / "docs/man").iterdir()}
    scripts = {place: (ROOT / "completions" / name).read_bytes() for name, place in PLACES.items()}
    assert shared == pages | scripts


def test_the_wheel_has_the_program_alone(dist: Path) -> None:
    names = zipfile.ZipFile(dist / f"shema_cli-{__version__}-py3-none-any.whl").namelist()
    assert {name.split("/")[0].removeprefix(f"shema_cli-{__version__}") for name in names} == {
        "shema_cli",
        ".data",
        ".dist-info",
    }
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.skipif(not source.is_clone(), reason="what git knows is told in a clone alone")
def test_the_source_archive_has_what_git_knows(dist: Path) -> None:
    command = ["git", "-C", str(ROOT), "ls-files"]
    known = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    wanted = {name for name in known if (ROOT / name).is_file() and not name.startswith(STAY_HOME)}
    with tarfile.open(dist / f"shema_cli-{__version__}.tar.gz") as archive:
        there = {name.partition("/")[2] for name in archive.getnames()}
    assert there - {"PKG-INFO", ".gitignore"} == wanted


def test_the_source_archive_builds_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    with tarfile.open(dist / f"shema_cli-{__version__}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / f"shema_cli-{__version__}"
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(unpacked)]
    env = {"PATH": os.defpath, "SOURCE_DATE_EPOCH": str(source.moment(unpacked))}
    subprocess.run(command, check=True, capture_output=True, env=env)
    name = f"shema_cli-{__version__}-py3-none-any.whl"
    assert _digest(tmp_path / name) == _digest(dist / name)


def test_what_is_released_is_what_git_knows_as_it_stands_now(tmp_path: Path) -> None:
    clone, copy = tmp_path / "clone", tmp_path / "copy"
    clone.mkdir()
    for name in ("kept.py", "changed.py", "gone.py"):
        (clone / name).write_text("old")
    git = ["git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@b.test"]
    env = {"PATH": os.defpath, "GIT_COMMITTER_DATE": "@1700000000 +0"}
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], check=True, env=env)
    (clone / "changed.py").write_text("new")
    (clone / "gone.py").unlink()
    (clone / "customers.csv").write_text("not for the public")
    assert source.copy(copy, clone) == ["customers.csv"]
    assert {path.name: path.read_text() for path in copy.iterdir()} == {"kept.py": "old", "changed.py": "new"}
    assert source.moment(clone) == 1_700_000_000


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
