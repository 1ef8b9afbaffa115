"""The image: its definition, linted and followed as far as it goes without a builder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from release import source
from shema_cli import __version__
from tests.release.conftest import BUNDLE, ROOT

pytestmark = pytest.mark.skipif(not source.is_clone(), reason="the definition of the image is in a clone alone")
DEFINITION = ROOT / "Dockerfile"


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, "--no-color", DEFINITION], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_of_two_stages_and_does_not_run_as_root() -> None:
    last = DEFINITION.read_text().split("\nFROM ")[-1]
    assert DEFINITION.read_text().count("FROM ") == 2
    assert re.search(r"^USER (?!0|root)\w+$", last, re.MULTILINE)
    assert "pip" not in last
    told = re.search(r"^ENTRYPOINT (.*)$", last, re.MULTILINE)
    assert told
    assert json.loads(told[1]) == ["shema"]


def test_its_python_is_a_supported_one() -> None:
    assert set(re.findall(r"FROM python:(3\.\d+)-slim", DEFINITION.read_text())) <= set(source.pythons())


def test_what_it_installs_runs_without_grpc(dist: Path, tmp_path: Path, empty_home: dict[str, str]) -> None:
    # The words of the definition's two RUNs, but for the network: from what was fetched.
    venv = tmp_path / "shema"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin/python"), "install", "--quiet", "--no-deps"]
    lock = ["--only-binary", ":all:", "--require-hashes", "--requirement", str(ROOT / "requirements.lock")]
    subprocess.run([*pip, "--no-index", "--find-links", str(BUNDLE), "--no-compile", *lock], check=True)
    subprocess.run([*pip, "--no-compile", str(dist / f"shema_cli-{__version__}-py3-none-any.whl")], check=True)
    env = empty_home | {"PATH": f"{venv / 'bin'}:{empty_home['PATH']}"}
    command = ["shema", "sandbox", "run", "--", "shema", "admins", "list", "-o", "json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["admins"]
    assert not list(venv.glob("lib/*/site-packages/grpc*"))
