"""Text that was chosen to harm whoever reads it: no page breaks, and none of it reaches the terminal as it is."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len

from shema_cli.output.sanitize import safe_line
from tests.ui.canned.desk import CannedDesk
from tests.ui.canned.hostile import TEXTS, Hostile
from tests.ui.snapshots import Shot, Step, taken

PLACES = ("home", "enrollments", "courses", "dlq", "services", "events", "chat", "audit", "status")
COLUMNS, LINES = 80, 24


@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:24] for text in TEXTS])
async def test_every_page_stays_as_it_is_whatever_stands_in_its_fields(text: str) -> None:
    for place in PLACES:
        shot = Shot(place, place, (Step("production"),))
        async with taken(shot, COLUMNS, LINES, CannedDesk(told=Hostile(text).of)) as seat:
            lines = seat.lines
            assert len(lines) == LINES, place
            assert lines[0].startswith(" production "), place
            assert "? keys" in lines[-1], place
            for line in lines:
                assert cell_len(line) <= COLUMNS, place
                assert safe_line(line) == line, place
                assert not any(unicodedata.category(one) in ("Cc", "Cs") for one in line), place


@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:24] for text in TEXTS])
async def test_what_is_copied_is_the_id_itself(text: str) -> None:
    hostile = Hostile(text)
    async with taken(
        Shot("copied", "enrollments", (Step("6 pending"),)), COLUMNS, LINES, CannedDesk(told=hostile.of)
    ) as seat:
        await seat.press("y")
        await seat.sees("copied")
        sendable = not any(unicodedata.category(one) == "Cs" for one in text)
        assert seat.console.clipboard == (hostile.of("enr-0314") if sendable else "")
