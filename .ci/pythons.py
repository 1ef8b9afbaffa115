"""The suite on the Pythons that this machine has: `python .ci/pythons.py [--whole]`, with the Python of `.venv`.

On that one all of it is run. On the others, each in a `.venv-3.13` (…) of its own, all of it with `--whole`; else, on
the newest of them, the tests marked `everywhere`: a choice of what starts real parts, and what is quick in the rooms
where Pythons differ (tests/conftest.py). Each version is told at the end with what was run on it; the last lines are
pytest's own. Ends with 1 when a test has failed on any.
With `--prepare` it makes the environments that it would use, and runs nothing.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
WHOLE, CHOSEN = "the whole suite", "the tests marked everywhere"
CHOOSE = "everywhere"
_SAY_VERSION = "import ensurepip, sys, venv; print('{}.{}'.format(*sys.version_info))"


@dataclass(frozen=True)
class Ran:
    """What was run on a Python; `closing` is pytest's last line."""

    version: str
    what: str
    closing: str
    passed: bool


def main(arguments: list[str]) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--whole", action="store_true", help="run the whole suite on each")
    options.add_argument("--prepare", action="store_true", help="make the environments alone")
    asked = options.parse_args(arguments)
    own = "{}.{}".format(*sys.version_info)
    others = {version: found(version) for version in VERSIONS if version != own}
    there = {version: python for version, python in others.items() if python}
    used = there if asked.whole else dict(list(there.items())[-1:])
    if asked.prepare:
        return max([subprocess.run(_make("ready", *one), check=False).returncode for one in used.items()], default=0)
    ran = [_run(own, WHOLE), *(_run(version, WHOLE if asked.whole else CHOSEN, used[version]) for version in used)]
    print()
    for version in (one for one in others if one not in used):
        print(f"Python {version}: {'make test-all runs it there' if version in there else 'not found here'}")
    for one in reversed(ran):  # the whole suite's line stands last
        print(f"\nPython {one.version}: {one.what}\n{one.closing}", flush=True)
    return 0 if all(one.passed for one in ran) else 1


def found(version: str) -> str | None:
    """A Python of that version which can make an environment. A stand-in on PATH (pyenv) may have nothing behind it."""
    return next((one for one in _candidates(version) if _is(one, version)), None)


def _candidates(version: str) -> Iterator[str]:
    yield f"python{version}"
    roots = {os.environ.get("PYENV_ROOT"): None, _said_by("pyenv", "root"): None, str(Path.home() / ".pyenv"): None}
    for root in filter(None, roots):
        folders = Path(root, "versions").glob(f"{version}.*")
        for folder in sorted(folders, key=_number, reverse=True):
            yield str(folder / "bin" / "python")


def _number(folder: Path) -> list[int]:
    return [int(part) for part in folder.name.split(".") if part.isdigit()]


def _is(python: str, version: str) -> bool:
    return _said_by(python, "-c", _SAY_VERSION) == version


def _said_by(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _make(target: str, version: str, python: str | None) -> list[str]:
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", target]
    return [*command, f"VENV=.venv-{version}", f"PYTHON={python}"] if python else command


def _run(version: str, what: str, python: str | None = None) -> Ran:
    command = _make("suite", version, python)
    if what == CHOSEN:
        command += [f"PYTEST_MORE=-m {shlex.quote(CHOOSE)}"]
    print(f"\nPython {version}{f' ({python})' if python else ''}: {what}", flush=True)
    closing = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            closing = line.strip() or closing
    return Ran(version, what, closing or "pytest was not reached", process.returncode == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
