"""Everything that a release consists of, built in one go."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from release import gathered, one_file, python_packages, source


def build(out: Path, bundle: Path) -> None:
    """Build every artefact of the work tree into `out`, which is emptied first; `bundle` is what was gathered."""
    with tempfile.TemporaryDirectory(prefix="shema-release-") as name:
        work = Path(name)
        unknown = source.copy(work / "source")
        if unknown:
            print(f"left out, because git does not know them: {', '.join(unknown)}")
        os.environ["SOURCE_DATE_EPOCH"] = str(source.moment())
        made = work / "dist"
        made.mkdir()
        _build(work, made, gathered.wheels(bundle))
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(made, out)
    for artefact in sorted(out.iterdir()):
        print(f"{artefact.stat().st_size / 1e6:6.1f} MB  {artefact}")


def _build(work: Path, out: Path, wheels: list[Path]) -> None:
    _, wheel = python_packages.build(work / "source", out)
    one_file.build([wheel, *wheels], out, work)
