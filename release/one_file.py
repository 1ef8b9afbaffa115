"""The whole program in one file: `shema-VERSION-linux-MACHINE.pyz`, made by pex.

pex and not zipapp or shiv: parts of it are compiled and must lie in files. All three unpack them once; pex unpacks into
a real environment and leads straight there from then on (`--sh-boot`), so `shema --version` takes as long as when it
is installed, where shiv reads its whole archive at each start. One file serves every Python that bundles are for.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from release.pythons import MACHINE, complete_platform
from release.source import EXCLUDES, ROOT, pythons, version


def build(wheels: list[Path], out: Path, work: Path) -> Path:
    """Put `wheels` into one file that runs `shema`; `work` is a folder of its own."""
    target = out / f"shema-{version()}-linux-{MACHINE}.pyz"
    # Each Python by its markers and tags: it need not be installed here.
    serving = [word for one in pythons() for word in ("--complete-platform", json.dumps(complete_platform(one)))]
    leaving = [word for name in excluded() for word in ("--exclude", name)]
    resolved = [word for wheel in wheels for word in ("--pre-resolved-dist", str(wheel))]
    running = ["--script", "shema", "--venv", "prepend", "--sh-boot", "--no-compile"]
    pex = [sys.executable, "-m", "pex", "shema-cli[sandbox,ui]", "--pex-root", str(work / "pex")]
    command = [*pex, *running, *serving, *leaving, *resolved, "--output-file", str(target)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def excluded() -> list[str]:
    """What is left out of everything that is bundled."""
    lines = (ROOT / EXCLUDES).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
