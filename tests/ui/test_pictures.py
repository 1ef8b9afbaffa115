"""The pictures of the console: as it is now, and drawn without the network."""

from __future__ import annotations

import re

import pytest

from tests.ui.snapshots.pictures import FOLDER, NAMES, SUFFIX, picture


def test_there_are_those_pictures_and_no_others() -> None:
    assert {path.stem for path in FOLDER.glob(f"*{SUFFIX}")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_a_picture_shows_the_console_as_it_is(name: str) -> None:
    committed = (FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8")
    assert await picture(name) == committed, "python -m tests.ui.snapshots"
    assert set(re.findall(r"https?://[^\"' )]+", committed)) == {"http://www.w3.org/2000/svg"}
    assert "@font-face" not in committed
