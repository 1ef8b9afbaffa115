"""Text that was chosen to harm whoever reads it: no page breaks, and none of it reaches the terminal as it is."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from rich.cells import cell_len

from shema_cli.output.sanitize import safe_line
from shema_cli.ui.lines import Outcome, Words
from shema_cli.ui.screens.base import ConsoleScreen
from tests.ui.canned.desk import CannedDesk
from tests.ui.canned.hostile import TEXTS, Hostile
from tests.ui.snapshots import Shot, Step, taken
from tests.ui.support import Seat

PLACES = ("home", "enrollments", "courses", "dlq", "services", "events", "chat", "audit", "status")
COLUMNS, LINES = 80, 24
SIZES = ((60, 20), (COLUMNS, LINES), (120, 40))
HERE = Step("production")
ROWS = Step("enr-0314")
DEEPER = (
    Shot("question", "enrollments", (ROWS, Step("Go on?", ["x", "x", "x", "a"]))),
    Shot("decided", "enrollments", (ROWS, Step("Go on?", ["x", "a"]), Step("Esc back", ["y", "enter"]))),
    Shot("enrollment", "enrollments", (ROWS, Step("copy the line", ["enter"]))),
    Shot("story", "enrollments", (ROWS, Step("copy the line", ["t"]))),
    Shot("letter", "dlq", (Step("FAMILY"), HERE, Step("ENTRY", ["enter"]), Step("copy the line", ["enter"]))),
    Shot("keys", "enrollments", (ROWS, Step("On this page", ["question_mark"]))),
    Shot("event", "events", (Step("09:09:00"), Step("Esc back", ["enter"]))),
    Shot("said", "chat", (Step("Budi Santos"), Step("09:08:00", ["enter"]), Step("Esc back", ["enter"]))),
    Shot("found", "home", (HERE, Step("6 found", [":", *"find budi", "enter"]))),
)


class HostileDesk(CannedDesk):
    """Tells in hostile texts what it is asked in these."""

    def __init__(self, text: str) -> None:
        super().__init__(told=Hostile(text).of)
        self._text = text

    def read(self, words: Words) -> Outcome:
        return replace(super().read(tuple(word.replace(self._text, "") for word in words)), words=words)


def check(seat: Seat, columns: int, lines: int, what: str) -> None:
    """Nothing is wider or longer than its room, nothing reaches the terminal as it is, and head and foot stand."""
    assert len(seat.lines) == lines, what
    assert seat.lines[0].startswith(" production "), what
    if isinstance(seat.console.screen, ConsoleScreen):
        assert "? keys" in seat.lines[-1], what
    for line in seat.lines:
        assert cell_len(line) <= columns, what
        assert safe_line(line) == line, what
        assert not any(unicodedata.category(one) in ("Cc", "Cs") for one in line), what


@pytest.mark.parametrize(("columns", "lines"), SIZES)
@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:24] for text in TEXTS])
async def test_every_page_stays_as_it_is_whatever_stands_in_its_fields(text: str, columns: int, lines: int) -> None:
    for place in PLACES:
        async with taken(Shot(place, place, (HERE,)), columns, lines, CannedDesk(told=Hostile(text).of)) as seat:
            check(seat, columns, lines, place)


@pytest.mark.parametrize(("columns", "lines"), [SIZES[0], SIZES[2]])
@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:24] for text in TEXTS])
async def test_so_does_what_stands_behind_them(text: str, columns: int, lines: int) -> None:
    for shot in DEEPER:
        async with taken(shot, columns, lines, HostileDesk(text)) as seat:
            check(seat, columns, lines, shot.name)


@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:24] for text in TEXTS])
async def test_so_does_what_says_why_nothing_is_changed(text: str) -> None:
    shot = Shot("read-only", "enrollments", (ROWS, Step("no approve", ["a"])), read_only=text)
    async with taken(shot, COLUMNS, LINES, CannedDesk(told=Hostile(text).of)) as seat:
        assert "READ-ONLY" in seat.lines[0]
        assert all(safe_line(line) == line and cell_len(line) <= COLUMNS for line in seat.lines)


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
