"""The console has the colours of its terminal, be it light or dark, and tells nothing by them alone."""

from __future__ import annotations

import pytest
from rich.color import ColorType
from rich.segment import Segment

from tests.ui.snapshots import SHOTS, Shot, taken
from tests.ui.support import Seat

NAMES = ("home", "palette", "question", "keys")
LOOKED_AT = [shot for shot in SHOTS if shot.name in NAMES]


def segments(seat: Seat) -> list[Segment]:
    return [segment for strip in seat.console.screen._compositor.render_strips() for segment in strip]


@pytest.mark.parametrize("shot", LOOKED_AT, ids=[shot.name for shot in LOOKED_AT])
async def test_only_the_colours_of_the_terminal_are_used_and_no_background_but_its_own(shot: Shot) -> None:
    async with taken(shot, 80, 24) as seat:
        for segment in segments(seat):
            style = segment.style
            if style is not None:
                assert style.color is None or style.color.type is not ColorType.TRUECOLOR, segment
                assert style.bgcolor is None or style.bgcolor.type is ColorType.DEFAULT, segment


@pytest.mark.parametrize("shot", LOOKED_AT, ids=[shot.name for shot in LOOKED_AT])
async def test_where_no_colour_is_wanted_there_is_none_and_the_same_is_told(
    shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with taken(shot, 80, 24) as seat:
        coloured = seat.text
    monkeypatch.setenv("NO_COLOR", "1")
    async with taken(shot, 80, 24) as seat:
        assert seat.text == coloured
        assert {style.color.type for one in segments(seat) if (style := one.style) and style.color} <= {
            ColorType.DEFAULT
        }
