"""Wheels laid out in one folder, as a Python's site-packages."""

from __future__ import annotations

import zipfile
from pathlib import Path


def unpack(wheels: list[Path], into: Path) -> None:
    """Lay the packages of `wheels` side by side, those for several Pythons into one folder.

    A compiled module bears its Python in its name, so they do not meet; everything else must be the same in all
    wheels of a package, but for what they say of themselves. Raises ValueError where it is not.
    """
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith("/") or ".data/" in name:
                    continue
                target, content = into / name, archive.read(name)
                if not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
                    if archive.getinfo(name).external_attr >> 16 & 0o111:
                        target.chmod(0o755)
                elif ".dist-info/" not in name and target.read_bytes() != content:
                    raise ValueError(f"{name} of {wheel.name} is another one for another Python")


def shared(wheel: Path) -> dict[str, bytes]:
    """What a wheel lays below a prefix, by its path there: `share/man/man1/shema.1`."""
    with zipfile.ZipFile(wheel) as archive:
        named = ((name.partition(".data/data/")[2], name) for name in archive.namelist())
        return {place: archive.read(name) for place, name in named if place}
