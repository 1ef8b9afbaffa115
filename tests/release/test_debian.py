"""The Debian package, installed by dpkg."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from shema_cli import __version__
from shema_cli.app import TREE
from tests.completion.shells import bash
from tests.release.conftest import find_debian
from tests.release.dpkg import Debian


@pytest.fixture
def shema(debian: Debian, tmp_path: Path, empty_home: dict[str, str]) -> dict[str, str]:
    """An environment with the installed `shema` on PATH, by the words that its first line would be read as."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "shema").write_text(f'#!/bin/sh\nexec {debian.python} -I {debian.script} "$@"\n')
    (folder / "shema").chmod(0o755)
    return empty_home | {"PATH": f"{folder}:{empty_home['PATH']}"}


def run(*command: str, env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_runs_the_main_job(shema: dict[str, str]) -> None:
    words = shema["PATH"].partition(":")[0] + "/shema"
    assert run("shema", "--version", env=shema) == f"shema {__version__}\n"
    assert run("shema", "dlq", "--help", env=shema).startswith("Usage: shema dlq")
    asked = run("shema", "sandbox", "run", "--", words, "services", "health", "-o", "json", env=shema)
    assert json.loads(asked)["services"]


def test_its_script_names_its_own_python(debian: Debian) -> None:
    assert debian.script.readlink() == Path("../lib/shema/bin/shema")
    assert debian.script.read_text().partition("\n")[0] == "#!/usr/lib/shema/bin/python3 -I"


def test_it_is_compiled_once_for_everybody(debian: Debian) -> None:
    main = debian.root / "usr/lib/shema/lib/site-packages/shema_cli/__pycache__"
    [compiled] = main.glob("main.*.pyc")
    # A traceback names the place where it is installed, and not the one where it was compiled.
    assert str(debian.root).encode() not in compiled.read_bytes()


def test_tab_completes_by_the_installed_script(debian: Debian, shema: dict[str, str]) -> None:
    script = debian.root / "usr/share/bash-completion/completions/shema"
    assert [word.strip() for word in bash("shema dl", shema, script=script)] == ["dlq"]
    config = Path(shema["HOME"]) / ".config/shema/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.rehearsal]\n")
    assert [word.strip() for word in bash("shema config use re", shema, script=script)] == ["rehearsal"]


def test_every_manual_page_is_shown(debian: Debian, shema: dict[str, str]) -> None:
    if shutil.which("man") is None:
        pytest.skip("man is not installed, so the manual is not tried")
    pages = str(debian.root / "usr/share/man")
    assert "SHEMA(1)" in run("man", "-M", pages, "shema", env=shema)
    for name in TREE:
        assert f"shema {name}" in run("man", "-M", pages, f"shema-{name}", env=shema)


def test_removing_it_leaves_nothing(dist: Path, tmp_path: Path) -> None:
    debian = Debian(tmp_path / "root")
    debian.install(find_debian(dist))
    assert list(debian.root.glob("usr/lib/shema/lib/site-packages/shema_cli/**/*.pyc"))
    debian.dpkg("--purge", "shema")
    assert not (debian.root / "usr").exists()
