"""What is typed behind `:`: kept, completed, and led to pages with the options of their commands."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.events import Key

from shema_cli.errors import InvalidUsage
from shema_cli.state import StateDir
from shema_cli.ui.page import Parts
from shema_cli.ui.places import page_of
from shema_cli.ui.typed import KEPT, LONGEST, MOST, TypedLines
from tests.ui.support import seated

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def kept(*lines: str, state: StateDir | None = None) -> TypedLines:
    typed = TypedLines(state)
    for line in lines:
        typed.add(line)
    return typed


def test_earlier_lines_come_back_the_newest_first_and_what_was_begun_after_them() -> None:
    typed = kept(":dlq", ":find budi", ":events")
    assert [typed.older(":x"), typed.older(""), typed.older(""), typed.older(":dlq")] == [
        *(":events", ":find budi", ":dlq", ":dlq")
    ]
    assert [typed.newer(":dlq"), typed.newer(""), typed.newer(":events"), typed.newer(":x")] == [
        *(":find budi", ":events", ":x", ":x")
    ]


def test_a_profile_is_not_offered_where_a_page_is_typed() -> None:
    typed = kept(":dlq", "@evening")
    assert typed.older(":") == ":dlq"
    typed.begin()
    assert typed.older("@") == "@evening"


def test_a_line_that_is_sent_again_stands_once_and_last() -> None:
    assert list(kept(":dlq", ":events", ":dlq")) == [":dlq", ":events"]


def test_lines_outlive_the_console_in_a_private_file_that_does_not_grow(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    kept(*(f":find {number}" for number in range(MOST + 10)), ":" + "w" * LONGEST, ":a\x1b[2J", state=state)
    again = list(TypedLines(state))
    assert (len(again), again[0], again[-1]) == (MOST, f":find {MOST + 9}", ":find 10")
    assert stat.S_IMODE(state.file(KEPT).stat().st_mode) == 0o600


def test_two_consoles_keep_the_lines_of_both(tmp_path: Path) -> None:
    one, other = (TypedLines(StateDir(tmp_path / "state")) for _ in range(2))
    one.add(":dlq")
    other.add(":events")
    assert list(TypedLines(StateDir(tmp_path / "state"))) == [":events", ":dlq"]


@pytest.mark.parametrize("found", [b"", b"nonsense", b"{}", b'[1, "\\u001b[2J", ":dlq"]', b"[" * 100_000])
def test_what_is_in_the_file_is_not_trusted(tmp_path: Path, found: bytes) -> None:
    state = StateDir(tmp_path / "state")
    state.write(KEPT, found)
    assert list(TypedLines(state)) in ([], [":dlq"])


def test_where_nothing_can_be_kept_the_lines_of_this_console_are_still_there(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    assert list(kept(":dlq", state=StateDir(tmp_path / "state"))) == [":dlq"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("events", ("events", "tail", "--since", "10m")),
        (
            "events 'enrollment.*' --where courseId=crs-08",
            ("events", "tail", "--since", "10m", "enrollment.*", "--where", "courseId=crs-08"),
        ),
        ("events --since 2h", ("events", "tail", "--since", "2h")),
        ("events --since=2h", ("events", "tail", "--since=2h")),
        ("en --status approved", ("enrollments", "list", "--status", "approved")),
        ("services auth", ("services", "health", "auth")),
        ("history --until 1h", ("events", "history", "--since", "24h", "--until", "1h")),
        ("dlq --type user.updated --limit 3", ("dlq", "stats", "--type", "user.updated", "--limit", "3")),
    ],
)
def test_a_page_takes_the_options_of_its_command(typed: str, words: tuple[str, ...]) -> None:
    page = page_of(typed, NOW)
    assert page is not None
    first = page.pages[0] if isinstance(page, Parts) else page
    assert first.words == words


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("events --profile production", "--profile is for the whole console"),
        ("events -o json", "-o is for the whole console"),
        ("events --output=json", "--output is for the whole console"),
        ("events --raw", "--raw has nothing to show on a page"),
        ("events --help", "--help has nothing to show on a page"),
        ("events 'enrollment", "No closing quotation"),
        ("home --watch", "home takes no options"),
    ],
)
def test_options_that_no_page_takes_are_told(typed: str, told: str) -> None:
    with pytest.raises(InvalidUsage) as wrong:
        page_of(typed, NOW)
    assert told in wrong.value.message


async def test_what_was_typed_is_there_the_next_time_and_tab_completes(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320")
        await seat.write(":find budi")
        await seat.press("enter")
        await seat.sees("FOUND", "Budi Santoso")
        await seat.write(":nonsense")
        await seat.press("enter")
        await seat.sees("there is no page 'nonsense'")
    async with seated(sandbox) as seat:
        await seat.sees("320")
        await seat.write(":cou")
        await seat.press("tab")
        await seat.sees(":courses")
        await seat.press("up")
        await seat.sees(":find budi")
        await seat.press("down")
        await seat.sees(":courses")
        await seat.press("enter")
        await seat.sees("COURSE", "TITLE")
        await seat.write(":find b")
        await seat.press("tab", "enter")
        await seat.sees("FOUND", "Budi Santoso")
    state = StateDir(Path(sandbox["SHEMA_STATE_DIR"]))
    lines = json.loads(state.read(KEPT) or b"")
    assert {":courses", ":find budi"} <= set(lines)
    assert not {":nonsense", ":find b"} & set(lines)


async def test_a_family_is_shown_and_replayed_only_where_the_filters_match(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq --type enrollment.approved", columns=120, lines=40) as seat:
        await seat.sees("dlq --type enrollment.approved", "Timeout")
        await seat.press("R")
        await seat.sees("--type enrollment.approved --canary 5", "Go on? [y/N]")
        await seat.press("escape", "escape", "enter")
        await seat.sees("ENTRY", "ENROLLMENT_APPROVED", "--type enrollment.approved")


async def test_what_was_recorded_is_a_page_that_ends(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="history --limit 3") as seat:
        await seat.sees("s ago · ", " recorded")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("enrollments --status lost", "error: Invalid value for '--status': 'lost' is not one of"),
        ("enrollments --nonsense", "error: No such option: --nonsense"),
        ("events --limit x", "error: Invalid value for '--limit': 'x' is not a whole number"),
        ("events --where x", "error: --where: 'x' is not FIELD=VALUE try: write it as"),
    ],
)
async def test_what_a_command_says_of_its_options_is_told(sandbox: dict[str, str], typed: str, told: str) -> None:
    async with seated(sandbox, begin=typed) as seat:
        await seat.sees(told, without="again in")
        await seat.write(":enrollments")
        await seat.press("enter")
        await seat.sees("24 pending", "enr-0314", without="error: ")


async def test_what_is_typed_ahead_of_what_is_shown_is_for_that(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320", "FAMILY")
        for _ in range(5):
            seat.burst(":services\r:dlq\r:home\r:audit\r")
            await seat.sees("home › audit", "ACTION")
            seat.burst(":dlq\r:courses\r/piano\r")
            await seat.sees("home › courses · /piano: 2 of 14")


async def test_a_page_that_is_left_at_once_and_seen_again_has_what_it_was_told(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="courses") as seat:
        await seat.sees("crs-14")
        for _ in range(10):
            seat.burst(":enrollments\r:courses\r")
        seat.burst(":enrollments\r")
        await seat.sees("home › enrollments", "enr-0314")


async def test_a_key_behind_the_one_that_leaves_goes_nowhere(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="courses") as seat:
        await seat.sees("crs-14")
    assert seat.console.screen_stack == []
    await seat.console.on_event(Key("j", "j"))


async def test_where_several_pages_begin_so_they_are_told(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320")
        await seat.write(":h")
        await seat.sees("home · history")
        await seat.press("enter")
        await seat.sees("'h' is home or history: one letter more")
