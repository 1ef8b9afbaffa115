"""Home: each part leads to the thing itself, at every size, by keys and by mouse."""

from __future__ import annotations

import pytest

from shema_cli.ui.screens.home import HomeScreen
from shema_cli.ui.screens.parts import FEWEST, shares
from tests.ui.support import seated


@pytest.mark.parametrize(
    ("needs", "room", "given"),
    [
        ([2, 9, 100], 16, [3, 6, 7]),
        ([2, 4, 100], 30, [3, 4, 23]),
        ([2, 2, 2], 20, [3, 3, 14]),
        ([50, 50, 50], 12, [4, 4, 4]),
        ([2], 10, [10]),
    ],
)
def test_each_part_has_what_it_needs_as_far_as_there_is_room(needs: list[int], room: int, given: list[int]) -> None:
    assert shares(needs, room) == given
    assert min(given) >= FEWEST


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (80, 24), (120, 40), (250, 80)])
async def test_all_parts_are_there_at_every_size(sandbox: dict[str, str], columns: int, lines: int) -> None:
    async with seated(sandbox, columns=columns, lines=lines) as seat:
        await seat.sees("320", "What is wrong", "Dead letters", "Timeout", "Events", "TIME")
        assert len(seat.lines) == lines
        assert max(map(len, seat.lines)) <= columns


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (80, 24), (120, 40), (250, 80)])
async def test_no_line_is_left_over_while_a_part_has_rows_that_are_not_seen(
    sandbox: dict[str, str], columns: int, lines: int
) -> None:
    async with seated(sandbox, columns=columns, lines=lines) as seat:
        await seat.sees("Timeout", "12 dead letters")
        screen = seat.console.screen
        assert isinstance(screen, HomeScreen)
        screen.tell()
        await seat.press("tab", "shift+tab")
        assert screen._panels[-1].region.bottom == lines - 1
        assert [panel.size.height for panel in screen._panels] == screen._heights
        assert [head.size.height for head in screen._heads] == [1, 1, 1]


async def test_on_a_wide_screen_what_happens_stands_beside_the_rest(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, columns=250, lines=80) as seat:
        await seat.sees("What is wrong", "Events", "Timeout")
        assert seat.place("What is wrong")[1] == seat.place("Events")[1]


@pytest.mark.parametrize(
    ("steps", "wanted"), [(0, "shema dashboard"), (1, "ENROLLMENT"), (2, "LAST SAID"), (3, "SEATS")]
)
async def test_a_number_leads_to_its_page(sandbox: dict[str, str], steps: int, wanted: str) -> None:
    async with seated(sandbox, columns=120, lines=40) as seat:
        await seat.sees("320 students", "Timeout")
        await seat.press("shift+tab", *["right"] * steps, "enter")
        await seat.sees(wanted, without="What is wrong")


async def test_the_numbers_show_at_once_that_the_keys_are_theirs(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320 students", "Timeout")
        screen = seat.console.screen
        assert isinstance(screen, HomeScreen)
        screen.numbers.rest()  # no new answer draws them
        await seat.press("shift+tab")
        assert seat.style("320 students").reverse
        await seat.press("tab")
        assert not seat.style("320 students").reverse


async def test_a_problem_leads_to_the_problem_and_a_family_to_its_entries(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("dead letters wait", "Timeout")
        await seat.press("enter")
        await seat.sees("because:", "next:", "› dlq: 12 dead letters")
        await seat.press("escape", "tab", "enter")
        await seat.sees("ENTRY", "ENROLLMENT_")


async def test_a_click_chooses_a_second_one_opens_and_the_head_of_a_column_sorts(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, columns=120, lines=40) as seat:
        await seat.sees("dead letters wait", "Timeout after 5000ms")
        await seat.click("Timeout after 5000ms")
        await seat.sees("Dead letters")
        assert seat.console.focused is not None
        await seat.click("Timeout after 5000ms")
        await seat.sees("ENTRY", "ENROLLMENT_")
        await seat.press("escape")
        await seat.sees("FAMILY")
        await seat.click("ENTRIES")
        await seat.sees("↑ENTRIES")
        await seat.click("ENTRIES")
        await seat.sees("↓ENTRIES")


async def test_a_number_is_chosen_by_a_click_and_opened_by_the_second(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, columns=120, lines=40) as seat:
        await seat.sees("14 courses")
        await seat.click("14 courses")
        await seat.click("14 courses")
        await seat.sees("COURSE", "TAKEN")


async def test_the_wheel_goes_through_the_rows(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.wheel("enr-0314")
        await seat.press("x")
        await seat.sees("1 marked")
        await seat.wheel("STUDENT", up=True)
        await seat.press("k", "k", "k", "k", "x")
        shown = await seat.sees("2 marked")
        marked = [number for number, line in enumerate(shown.splitlines()) if line.startswith("✓")]
        assert marked[1] - marked[0] == 3


async def test_rows_for_which_there_is_no_room_are_told_of(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="courses", lines=14) as seat:
        await seat.sees("home › courses · 4 below · 14 courses", without="crs-11")
        await seat.press("G")
        await seat.sees("home › courses · 14 courses", "crs-14", without="below")
    async with seated(sandbox, columns=60, lines=20) as seat:
        await seat.sees("Dead letters · 2 below · 12 entries")
