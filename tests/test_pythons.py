"""`.ci/pythons.py`: which Pythons are found, what is run on each, and how that is told."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / ".ci" / "pythons.py"
OWN = "{}.{}".format(*sys.version_info)
NEWER = "3.14" if OWN != "3.14" else "3.13"
"""A version that is not the one of this test, and that nobody has made an environment of."""

MAKE = """#!/bin/sh
echo "$*" >> "$0.called"
echo "........"
echo "== $(wc -l < "$0.called") closing =="
echo
case "$*" in *$FAILING*) exit 2;; esac
"""


class Machine:
    """A PATH and a home with what a test puts there, and a `make` that notes what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.home = folder / "bin", folder / "home"
        self._make = self.program(self.bin / "make", MAKE)

    def program(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def python(self, path: Path, version: str) -> Path:
        return self.program(path, f"#!/bin/sh\necho {version}\n")

    def run(self, *words: str, failing: str = "nothing", **more: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.home), "FAILING": failing, **more}
        env["MAKE"] = str(self._make)
        return subprocess.run([sys.executable, SCRIPT, *words], env=env, capture_output=True, text=True, check=False)

    @property
    def asked(self) -> list[str]:
        return self._make.with_suffix(".called").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_all_of_it_here_and_a_choice_elsewhere(machine: Machine) -> None:
    other = machine.python(machine.home / ".pyenv" / "versions" / f"{NEWER}.0" / "bin" / "python", NEWER)
    done = machine.run()
    assert done.returncode == 0
    assert machine.asked[0] == "--no-print-directory suite"
    assert f"--no-print-directory suite VENV=.venv-{NEWER} PYTHON={other} PYTEST_MORE=-m everywhere" in (machine.asked)


def test_unless_all_is_asked_for_only_the_newest_of_the_others_is_taken(machine: Machine) -> None:
    older = next(version for version in ("3.11", "3.12") if version != OWN)
    for version in (older, "3.14"):
        machine.python(machine.bin / f"python{version}", version)
    told = machine.run().stdout
    assert [line for line in machine.asked if f"VENV=.venv-{older}" in line] == []
    assert f"Python {older}: make test-all runs it there" in told
    machine.run("--prepare")
    assert machine.asked[-1] == "--no-print-directory ready VENV=.venv-3.14 PYTHON=python3.14"


def test_all_of_it_everywhere_when_asked_for(machine: Machine) -> None:
    other = machine.python(machine.bin / f"python{NEWER}", NEWER)
    machine.run("--whole")
    assert f"--no-print-directory suite VENV=.venv-{NEWER} PYTHON={other.name}" in machine.asked


def test_each_is_told_at_the_end_and_the_last_line_is_of_the_whole_suite(machine: Machine) -> None:
    machine.python(machine.bin / f"python{NEWER}", NEWER)
    told = machine.run().stdout.rpartition(" there")[2].rpartition("not found here\n")[2].strip().split("\n\n")
    assert told[0].startswith(f"Python {NEWER}: the tests marked everywhere\n== ")
    assert told[-1] == f"Python {OWN}: the whole suite\n== 1 closing =="


@pytest.mark.parametrize("failing", ["suite", f"VENV=.venv-{NEWER}"])
def test_what_fails_on_any_is_a_failure_and_the_others_are_run(machine: Machine, failing: str) -> None:
    machine.python(machine.bin / f"python{NEWER}", NEWER)
    assert machine.run(failing=failing).returncode == 1
    assert any(NEWER in line for line in machine.asked)
    assert machine.asked[0] == "--no-print-directory suite"


def test_the_newest_of_pyenv_wherever_that_is(machine: Machine, tmp_path: Path) -> None:
    for patch in ("9", "10"):
        machine.python(tmp_path / "elsewhere" / "versions" / f"{NEWER}.{patch}" / "bin" / "python", NEWER)
    machine.program(machine.bin / "pyenv", f"#!/bin/sh\necho {tmp_path}/elsewhere\n")
    machine.run()
    assert any(f"/versions/{NEWER}.10/bin/python" in line for line in machine.asked)


def test_a_stand_in_with_nothing_behind_it_is_passed_over(machine: Machine, tmp_path: Path) -> None:
    machine.program(machine.bin / f"python{NEWER}", "#!/bin/sh\nexit 127\n")
    done = machine.run(PYENV_ROOT=str(tmp_path / "none"))
    assert f"Python {NEWER}: not found here" in done.stdout
    assert not any(NEWER in line for line in machine.asked)


def test_the_versions_it_looks_for_are_those_that_the_classifiers_name_and_the_next() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [one.rpartition(" ")[2] for one in project["classifiers"] if "Python :: 3." in one]
    assert project["requires-python"] == f">={named[0]}"
    said = (ROOT / "docs" / "releasing.md").read_text()
    assert f"It was run on Python {', '.join(named[:-1])} and {named[-1]}" in said
    looked_for = SCRIPT.read_text().partition("VERSIONS = (")[2].partition(")")[0].replace('"', "").split(", ")
    assert looked_for[: len(named)] == named
