"""Some of the views as pictures for README and documentation: `docs/pictures/`, written with the other snapshots."""

from __future__ import annotations

import re
from pathlib import Path

from tests.ui.snapshots import SHOTS, taken

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
SUFFIX = ".svg"
NAMES = ("home", "question", "dead-letters", "events")
COLUMNS, LINES = 100, 30
_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_OF_ONE_PICTURE = re.compile(r"terminal-\d+")
_GENERATED = re.compile(r"\s*<!-- .*? -->")


async def picture(name: str) -> str:
    """The view as SVG that asks nobody for a font, and is the same whenever it is drawn."""
    shot = next(one for one in SHOTS if one.name == name)
    async with taken(shot, COLUMNS, LINES) as seat:
        drawn = seat.console.export_screenshot(title="shema ui")
    drawn = _GENERATED.sub("", _FONT.sub("", drawn))
    return "\n".join(line.rstrip() for line in _OF_ONE_PICTURE.sub(name, drawn).splitlines()) + "\n"


async def write() -> None:
    """Write them all again."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob(f"*{SUFFIX}"):
        old.unlink()
    for name in NAMES:
        (FOLDER / f"{name}{SUFFIX}").write_text(await picture(name), encoding="utf-8")
