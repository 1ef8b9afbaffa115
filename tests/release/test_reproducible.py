"""Who builds a release again gets the same bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tests.release.conftest import Build


def test_a_second_build_has_the_same_bytes(dist: Path, build: Build, tmp_path: Path) -> None:
    temporary = tmp_path / "somewhere" / "else"
    temporary.mkdir(parents=True)
    env = os.environ | {"TZ": "Asia/Jakarta", "TMPDIR": str(temporary), "LC_ALL": "C"}
    again = build(tmp_path / "again", env=env, umask=0o077)
    assert digests(again) == digests(dist)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
