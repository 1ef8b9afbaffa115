"""The screen at three widths, as a terminal shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from shema_cli.condition.facts import LetterFacts, RegistryFacts
from shema_cli.dashboard.digits import HEIGHT, large
from shema_cli.dashboard.results import (
    COLUMNS,
    WAITING,
    Kept,
    Live,
    Reading,
    ReadingState,
    Snapshot,
    SourceAnswer,
    SourceProblem,
    Surroundings,
    settle,
)
from shema_cli.dashboard.sources import SOURCES
from shema_cli.dashboard.trend import Trends
from shema_cli.dashboard.views import footer, live_screen, screen
from shema_cli.output.sparkline import sparkline
from shema_cli.settings.target import Target
from tests.dashboard.school import NOON, VALUES, School
from tests.support.cli import shema
from tests.support.http import Answer as HttpAnswer
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey, free_port

WIDTHS = [40, 80, 120]
AROUND = Surroundings(
    LetterFacts(3, oldest_s=7200.0),
    redis_ms=0.4,
    registry=RegistryFacts(4, (("chat", "http://chat:1"),)),
)
ALL_WELL = Surroundings(LetterFacts(0), redis_ms=0.4, registry=RegistryFacts(4))
FAILED = SourceProblem("service_timeout", "chat at http://chat-service:3005: no answer within 5 s (3 attempts)")


def reading(
    service: str, state: ReadingState = ReadingState.LIVE, value: int | None = None, previous: int | None = None
) -> Reading:
    source = next(one for one in SOURCES if one.service == service)
    number = VALUES[service] if value is None else value
    answer = SourceAnswer(
        source, NOON, value=number if state is ReadingState.LIVE else None, duration_ms=52, request_id="req_1_a"
    )
    if state is not ReadingState.LIVE:
        answer = replace(answer, problem=FAILED, circuit="open")
    kept = Kept(number, NOON - timedelta(minutes=4)) if state is ReadingState.STALE else None
    look = None if previous is None else Kept(previous, NOON - timedelta(days=1))
    return settle(answer, kept, NOON, 3600, look)


def snapshot(*special: Reading, around: Surroundings | None = AROUND) -> Snapshot:
    by_name = {one.source.service: one for one in special}
    return Snapshot(NOON, tuple(by_name.get(name) or reading(name) for name in VALUES), surroundings=around)


def lines(renderable: RenderableType, width: int) -> list[str]:
    console = Console(width=width, markup=False, highlight=False, emoji=False, no_color=True)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().split("\n")]


def block(width: int, *special: Reading, around: Surroundings | None = AROUND) -> str:
    return "\n".join(lines(screen(snapshot(*special, around=around), width), width))


TARGET = Target("production", "cache.school.test:6379/0", {}, "shema-prod", None, {}, who="dina@school.test")


@pytest.mark.parametrize(
    ("width", "where"),
    [
        (120, "redis cache.school.test:6379/0 · Firebase shema-prod · dina@school.test"),
        (80, "redis cache.school.test:6379/0 · Firebase shema-prod"),
        (60, "redis cache.school.test:6379/0"),
        (40, ""),
    ],
)
def test_the_target_stands_below_the_headline_as_far_as_there_is_room(width: int, where: str) -> None:
    target = replace(TARGET, read_only="--read-only")
    shown = lines(screen(replace(snapshot(around=ALL_WELL), target=target), width), width)
    assert shown[1].startswith(" Shema Music · production READ-ONLY " if width > 64 else " production READ-ONLY ")
    assert shown[2].startswith(" ✓ Every number is fresh.")
    assert shown[2].removeprefix(" ✓ Every number is fresh.").strip() == where


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_there_at_every_width(width: int) -> None:
    shown = block(width, reading("chat", ReadingState.STALE), reading("course", ReadingState.UNAVAILABLE))
    for text in ("Students", "Pending enrollments", "Active chats", "Courses", "Upcoming classes"):
        assert text in shown
    for text in ("1 is old, 1 is missing", "4m old", "not available", "stale", "unavailable"):
        assert text in shown
    assert "3" in shown
    assert "answers in 0.4 ms" in shown
    assert "4 instances registered" in shown
    assert "2h old" in shown
    for line in large("1,284"):
        assert line in shown
    assert "chat-service:3005" in shown.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("width", [*WIDTHS, 20, 30, 63, 64, 65, 107, 108, 109, 300])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    huge = snapshot(
        reading("user", value=10**40), reading("chat", ReadingState.STALE), reading("course", previous=10**30)
    )
    live = Live({name: tuple(range(50)) for name in VALUES}, frozenset(VALUES))
    for drawn in (screen(huge, width), *(live_screen(huge, width, live, roomy=roomy) for roomy in (True, False))):
        assert max(cell_len(line) for line in lines(drawn, width)) <= width


def test_five_side_by_side_then_two_rows_then_one_under_the_other() -> None:
    def together(width: int) -> int:
        return max(sum(one.title in line for one in SOURCES) for line in block(width).split("\n"))

    assert [together(width) for width in WIDTHS] == [1, 3, 5]


@pytest.mark.parametrize(("columns", "height"), [(80, 24), (120, 24), (40, 44)])
def test_the_large_numbers_fit_an_ordinary_terminal(columns: int, height: int) -> None:
    drawn = lines(live_screen(snapshot(reading("chat", ReadingState.STALE)), columns, Live(), roomy=True), columns)
    assert len(drawn[:-1]) < height


def test_the_trend_since_the_last_look() -> None:
    assert "▲ 12 in 1d" in block(120, reading("user", previous=1272))
    assert "▼ 3 in 1d" in block(120, reading("enrollment", previous=10))
    assert "same as 1d ago" in block(120, reading("chat", previous=12))
    assert "first look" in block(120)


def lately(*values: int | None, minutes_apart: int = 60, name: str = "user") -> Trends:
    """The last of `values` is now."""
    trends = Trends()
    for before, value in enumerate(reversed(values)):
        if value is not None:
            trends.hear(stat_of(name), value, NOON - timedelta(minutes=minutes_apart * before))
    return trends


def stat_of(service: str) -> str:
    return next(one.stat for one in SOURCES if one.service == service)


def shown(width: int, trends: Trends, *special: Reading, live: Live | None = None, words: bool = False) -> str:
    found = replace(snapshot(*special), trends=trends, words=words)
    if live is None:
        return "\n".join(lines(screen(found, width), width))
    return "\n".join(lines(live_screen(found, width, live, roomy=not words), width))


@pytest.mark.parametrize(("height", "large"), [(60, True), (24, False), (10, False)])
def test_the_numbers_are_large_where_all_of_it_is_seen_at_once(height: int, large: bool) -> None:
    """What is wrong stands first, and must not be pushed off the screen by how it is drawn."""
    drawn = lines(screen(replace(snapshot(), lines=height), 80), 80)
    assert any("▀█" in line for line in drawn) is large
    assert len(drawn) < height or not large


@pytest.mark.parametrize("width", WIDTHS)
def test_since_yesterday_where_somebody_looked_then(width: int) -> None:
    day = lately(1272, *[None] * 23, 1284)
    assert "+12 since yesterday" in shown(width, day, reading("user", previous=1000))
    assert "-12 since yesterday" in shown(width, lately(1296, *[None] * 23, 1284))
    assert "as yesterday" in shown(width, lately(1284, *[None] * 23, 1284))
    assert "since yesterday" not in shown(width, lately(1272, *[None] * 20, 1284))
    assert "yesterday" not in shown(width, day, reading("user", ReadingState.STALE))
    assert "yesterday" not in shown(width, day, reading("user", ReadingState.UNAVAILABLE))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_last_day_is_drawn_with_its_gaps_and_says_how_long_it_is(width: int) -> None:
    drawn = shown(width, lately(1, None, 5, 9, None, 9, name="enrollment"))
    (line,) = (line for line in drawn.split("\n") if "▁" in line and "█" in line and "5h" in line)
    bars = line[line.index("▁") : line.index(" 5h")]
    assert " " in bars
    assert set(bars) == set("▁▄█ ")


def test_one_number_alone_is_no_course_of_things() -> None:
    assert "▁" not in shown(120, lately(1284))
    assert "▁" not in shown(120, Trends())


def test_in_a_watch_the_session_is_drawn_until_more_is_known() -> None:
    live = Live({"chat": (1, 2, 3, 9)}, every_s=5.0)
    assert "▁▁▂█" in shown(120, lately(12, name="chat"), live=live)
    assert "▁▁▂█" not in shown(120, lately(9, 1, 9, name="chat"), live=live)


def test_without_drawing_characters_all_of_it_is_still_there() -> None:
    drawn = shown(80, lately(1, None, 5, 1284), words=True)
    assert not set(drawn) & set("▁▂▃▄▅▆▇█▀")
    students = next(line for line in drawn.split("\n") if "Students" in line)
    assert "1,284" in students
    assert "_" in students
    assert students.rstrip().endswith("# 3h")


def test_who_has_it_read_aloud_hears_what_has_changed() -> None:
    found = replace(snapshot(), trends=lately(1272, *[None] * 23, 1284)).in_words()
    rows = {str(row[0]): row[-1] for row in found.table().rows}
    assert (rows["total_students"], rows["active_chats"]) == ("+12", None)
    assert "Students: 1284 (+12 since yesterday)" in found.line()
    assert tuple(snapshot().table().columns) == COLUMNS


def test_the_whole_in_a_sentence() -> None:
    assert "✓ Every number is fresh." in block(80, around=ALL_WELL)
    assert "! 3 dead letters wait, the oldest 2h old, and 1 more." in block(80)
    assert "✗ chat is down, and 1 more. 4 are fresh, 1 is old." in block(80, reading("chat", ReadingState.STALE))
    nothing = tuple(reading(name, ReadingState.UNAVAILABLE) for name in VALUES)
    assert "✗ user is down, and 5 more. 5 are missing." in block(80, *nothing)
    waiting = tuple(settle(SourceAnswer(one, NOON, problem=WAITING), None, NOON, 1) for one in SOURCES)
    assert "Asking the services" in block(80, *waiting)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_comes_from_outside_cannot_command_the_terminal(width: int) -> None:
    evil = replace(
        reading("chat", ReadingState.STALE),
        answer=replace(reading("chat").answer, problem=SourceProblem("x", "\x1b[2J[red]\u202e")),
    )
    around = Surroundings(redis_problem="\x1b]0;x\x07", registry_problem="\x9b2J")
    shown = block(width, evil, around=around)
    assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "[red]" in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_redis_is_told_as_a_state(width: int) -> None:
    shown = block(width, around=Surroundings(redis_problem="no answer", registry_problem="no answer"))
    assert "not known" in shown
    assert "○ no answer" in shown
    assert "Redis" not in block(width, around=None)


@given(st.integers(0, 10**12))
def test_large_numbers_are_even(number: int) -> None:
    drawn = large(f"{number:,}")
    assert len(drawn) == HEIGHT
    assert len({len(line) for line in drawn}) == 1


def test_every_digit_looks_different() -> None:
    assert len({large(digit) for digit in "0123456789,-"}) == 12


@settings(max_examples=50)
@given(st.lists(st.none() | st.integers(0, 10**30)), st.integers(0, 30))
def test_a_sparkline_spans_from_the_lowest_to_the_highest(values: list[int | None], width: int) -> None:
    drawn = sparkline(values, width)
    shown = values[-width:] if width else []
    known = {value for value in shown if value is not None}
    assert len(drawn) == (len(shown) if known else 0)
    if len(known) > 1:
        assert drawn[shown.index(max(known))] == "█"
        assert drawn[shown.index(min(known))] == "▁"


def test_the_footer_is_cut() -> None:
    assert cell_len(footer(["a long warning " * 20, "q quit"], 40).plain) <= 40


# -- on a real terminal ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_a_look_on_a_real_terminal(school: School, valkey: Valkey, redis_client: redis.Redis, width: int) -> None:
    redis_client.lpush("events:dead_letter", json.dumps({"failedAt": "2020-01-01T00:00:00.000Z"}))
    school.fails("schedule")
    env = {**school.env, "REDIS_URL": valkey.url}
    with Terminal("dashboard", env=env, columns=width, lines=60) as terminal:
        assert terminal.end() == 1
        shown = terminal.text
        assert "4 are fresh, 1 is missing" in shown
        assert large("1,284")[0] in shown
        assert terminal.colour_at("● user") == "green"
        assert terminal.colour_at("○ schedule") == "red"
        oldest = "the oldest" if width == 80 else "● 1 waiting"
        assert terminal.colour_at(oldest) == "red"
        assert "nothing registered" in shown


def test_redis_down_breaks_nothing_on_the_terminal(school: School) -> None:
    env = {**school.env, "REDIS_URL": f"redis://127.0.0.1:{free_port()}"}
    with Terminal("dashboard", env=env, columns=100, lines=40) as terminal:
        assert terminal.end() == 0
        assert "Every number is fresh" not in terminal.text
        assert f"✗ Redis at {env['REDIS_URL'].removeprefix('redis://')}/0 does not answer." in terminal.text
        assert "cannot be used now" in terminal.text


def test_a_person_is_told_who_is_slow(school: School) -> None:
    school.answers("chat", HttpAnswer(json={"active_count": 3}, delay=2))
    with Terminal("dashboard", env=school.env, columns=100, lines=40) as terminal:
        terminal.wait("waiting for chat …")
        assert terminal.end() == 0
        assert "Every number is fresh" in terminal.text


def test_no_colour_when_it_is_not_wanted(school: School) -> None:
    with Terminal("dashboard", env={**school.env, "NO_COLOR": "1"}, columns=100, lines=40) as terminal:
        assert terminal.end() == 0
        assert "\x1b[32m" not in terminal.raw
        assert "Every number is fresh" in terminal.text


def test_a_piped_dashboard_does_not_ask_redis_for_decoration(
    school: School, redis_client: redis.Redis, valkey: Valkey
) -> None:
    before = redis_client.info("commandstats").get("cmdstat_llen", {}).get("calls", 0)
    assert shema("dashboard", "-o", "json", env={**school.env, "REDIS_URL": valkey.url}).code == 0
    assert redis_client.info("commandstats").get("cmdstat_llen", {}).get("calls", 0) == before
