"""Source archive and, out of it, the wheel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def build(source: Path, out: Path) -> tuple[Path, Path]:
    """Build both out of `source`; the wheel is made from the unpacked archive, so the archive is complete."""
    # Its own environment would fetch hatchling anew; the one at work here is pinned.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(out.glob("*.tar.gz")), next(out.glob("*.whl"))
