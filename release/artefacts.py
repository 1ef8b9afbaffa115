"""Everything that a release consists of, built in one go."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from release import bill, debian, gathered, homebrew, one_file, page, python_packages, source, unpacked


def build(out: Path, bundle: Path, url: str | None = None) -> None:
    """Build every artefact of the work tree into `out`, which is emptied first.

    `bundle` is what was gathered; `url` the folder in which the files will be found, `out` itself unless told.
    """
    with tempfile.TemporaryDirectory(prefix="shema-release-") as name:
        work = Path(name)
        unknown = source.copy(work / "source")
        if unknown:
            print(f"left out, because git does not know them: {', '.join(unknown)}")
        os.environ["SOURCE_DATE_EPOCH"] = str(source.moment())
        made = work / "dist"
        made.mkdir()
        _build(work, made, bundle, url or out.resolve().as_uri())
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(made, out)
    for artefact in sorted(out.iterdir()):
        print(f"{artefact.stat().st_size / 1e6:6.1f} MB  {artefact}")


def _build(work: Path, out: Path, bundle: Path, url: str) -> None:
    archive, wheel = python_packages.build(work / "source", out)
    wheels = [wheel, *gathered.wheels(bundle)]
    one_file.build(wheels, out, work)
    packages = work / "packages"
    unpacked.unpack(wheels, packages)
    bill.build(packages, out, work)
    homebrew.build(archive, bundle / gathered.PYLOCK, out, url)
    if why := debian.missing():
        print(f"no Debian package: {why}")
    else:
        debian.build(packages, unpacked.shared(wheel), out, work)
    page.build(out)
