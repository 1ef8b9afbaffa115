"""The last day of each number: what is kept, and what it comes to. A gap is a gap, and never 0."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.dashboard.notebook import Notebook
from shema_cli.dashboard.results import SourceAnswer
from shema_cli.dashboard.trend import ABOUT, DAY, DEAD_LETTERS, KEPT, Trend, Trends, minute_of
from shema_cli.dashboard.trendfile import FILE
from shema_cli.settings.sources import load_settings
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir
from tests.dashboard.school import NOON, source

URL = "http://user:1"
STUDENTS = source("user").stat


def settings(url: str = URL, redis: str | None = None, profile: str | None = None) -> Settings:
    environ = {"SHEMA_CONFIG_DIR": "/nonexistent", "SHEMA_STATE_DIR": "/nonexistent", "USER_SERVICE_URL": url}
    environ |= {"REDIS_URL": redis} if redis else {}
    return load_settings(environ=environ, cwd=Path("/nonexistent"), profile=profile, any_profile=True)


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path / "state")


def ago(**since: float) -> datetime:
    return NOON - timedelta(**since)


def answer(value: int | None, at: datetime = NOON, instance: str = URL) -> SourceAnswer:
    return SourceAnswer(source("user"), at, value=value, instance=instance)


def kept(state: StateDir, own: Settings | None = None, now: datetime = NOON) -> dict[int, int]:
    """Minutes before `now` → how many students there were."""
    memory = Notebook(state, own or settings()).load(now)
    assert memory.problem is None
    return {minute_of(now) - minute: value for minute, value in memory.minutes[STUDENTS].items()}


def keep(state: StateDir, *answers: SourceAnswer, own: Settings | None = None, now: datetime = NOON) -> str | None:
    return Notebook(state, own or settings()).save(answers, now, seen=False)


# -- what it comes to --------------------------------------------------------------------------------------------


def trend(**minutes_ago: int) -> Trend:
    return Trend({minute_of(NOON) - int(name[1:]): value for name, value in minutes_ago.items()})


@pytest.mark.parametrize(
    ("minutes_ago", "then"),
    [(DAY, 5), (DAY + ABOUT, 5), (DAY - ABOUT, 5), (DAY + ABOUT + 1, None), (DAY - ABOUT - 1, None), (0, None)],
)
def test_yesterday_is_about_a_day_ago_or_not_known(minutes_ago: int, then: int | None) -> None:
    assert Trend({minute_of(NOON) - minutes_ago: 5}).yesterday(NOON) == then
    assert Trend().yesterday(NOON) is None


def test_of_several_the_nearest_is_yesterday() -> None:
    assert trend(_1400=1, _1435=2, _1450=3).yesterday(NOON) == 2


def test_parts_without_a_number_are_gaps() -> None:
    assert trend(_3=7, _1=9, _0=8).over(NOON, 3, 24) == [7, None, 9, 8]
    assert Trend().over(NOON, 3, 24) == [None] * 4
    assert trend(_0=1).over(NOON, 3, 0) == []


def test_of_a_part_the_newest_number_counts() -> None:
    assert trend(_1=1, _2=2, _3=3, _59=59).over(NOON, 60, 3)[-2:] == [1, None]


@given(st.dictionaries(st.integers(-10, KEPT), st.integers(0, 9), max_size=60), st.integers(0, DAY), st.integers(1, 30))
def test_however_it_is_divided_nothing_is_made_up(minutes: dict[int, int], span: int, most: int) -> None:
    known = {minute_of(NOON) - before: value for before, value in minutes.items()}
    parts = Trend(known).over(NOON, span, most)
    assert 1 <= len(parts) <= most
    past = {value for before, value in minutes.items() if before >= 0}
    assert {part for part in parts if part is not None} <= past
    if not any(before <= span for before in minutes if before >= 0):
        assert not any(part is not None for part in parts[1:])


def test_parts_stay_where_they_are_while_time_goes_on() -> None:
    found = trend(_90=1, _31=2)
    later = NOON + timedelta(minutes=1)
    assert found.over(NOON, 120, 5)[1:] == found.over(later, 120, 5)[1:]


def test_in_memory_the_newest_of_a_minute_counts_and_a_long_watch_stays_small() -> None:
    trends = Trends()
    for value in (1, 2):
        trends.hear(STUDENTS, value, NOON)
    assert trends.of(STUDENTS).minutes == {minute_of(NOON): 2}
    for minute in range(2 * KEPT):
        trends.hear(STUDENTS, minute, NOON + timedelta(minutes=minute))
    assert len(trends.of(STUDENTS).minutes) == KEPT
    assert trends.minutes(NOON + timedelta(minutes=2 * KEPT - 1)) == DAY


# -- what is kept ------------------------------------------------------------------------------------------------


def test_one_number_a_minute_is_kept_and_what_was_not_known_is_not(state: StateDir) -> None:
    for at, value in ((ago(minutes=3), 5), (ago(minutes=3), 6), (ago(minutes=2), None), (ago(minutes=1), 0)):
        keep(state, answer(value, at))
    assert kept(state) == {3: 5, 1: 0}


def test_two_watchers_of_one_minute_keep_one_number(state: StateDir) -> None:
    one, other = Notebook(state, settings()), Notebook(state, settings())
    for minute in range(3):
        at = ago(minutes=minute)
        assert one.save([answer(10, at)], NOON, seen=False) is None
        assert other.save([answer(20, at)], NOON, seen=False) is None
    assert kept(state) == {0: 10, 1: 10, 2: 10}


WATCHER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from shema_cli.dashboard import keeping
from shema_cli.state import StateDir
from tests.dashboard.test_trend import NOON, answer, keep
keeping.BUSY_S = 60  # a busy machine is no watcher
for minute in range(40):
    problem = keep(StateDir(Path(sys.argv[1])), answer(int(sys.argv[2]), NOON - timedelta(minutes=minute)))
    assert problem is None, problem
"""


def test_watchers_at_once_lose_nothing_of_each_other(state: StateDir) -> None:
    command = [sys.executable, "-c", WATCHER, str(state.path)]
    running = [subprocess.Popen([*command, str(value)]) for value in (1, 2, 3)]
    assert [run.wait() for run in running] == [0, 0, 0]
    assert set(kept(state)) == set(range(40))


def test_the_file_holds_little_more_than_a_day(state: StateDir) -> None:
    for minutes in (KEPT + 1, KEPT, 1):
        keep(state, answer(minutes, ago(minutes=minutes)), now=ago(minutes=minutes))
    keep(state, answer(0))
    assert set(kept(state)) == {KEPT, 1, 0}
    with closing(sqlite3.connect(state.file(FILE))) as database, database:
        assert database.execute("SELECT COUNT(*) FROM sample").fetchone() == (3,)


def test_what_a_clock_that_was_ahead_has_written_is_not_believed_and_goes(state: StateDir) -> None:
    ahead = NOON + timedelta(hours=1)
    keep(state, answer(9, ahead), now=ahead)
    assert kept(state) == {}
    keep(state, answer(5))
    assert kept(state) == {0: 5}
    assert kept(state, now=ahead) == {60: 5}


def test_the_numbers_of_another_system_are_its_own(state: StateDir) -> None:
    keep(state, answer(5))
    assert kept(state, settings("http://elsewhere:1")) == {}
    other = settings("http://elsewhere:1")
    keep(state, answer(7, instance="http://elsewhere:1"), own=other)
    assert (kept(state), kept(state, other)) == ({0: 5}, {0: 7})
    registered, another = settings(redis="redis://a"), settings(redis="redis://b")
    keep(state, answer(8, ago(minutes=1), instance="http://registered:1"), own=registered)
    assert (kept(state, registered), kept(state, another)) == ({0: 5, 1: 8}, {0: 5})


def test_dead_letters_have_a_trend_too(state: StateDir) -> None:
    notebook = Notebook(state, settings())
    notebook.save([], NOON, seen=False, letters=3)
    assert Notebook(state, settings()).load(NOON).minutes[DEAD_LETTERS] == {minute_of(NOON): 3}


def test_no_url_is_in_the_file(state: StateDir) -> None:
    secret = "http://name:password@one"
    keep(state, answer(5, instance=secret), own=settings(secret))
    assert kept(state, settings(secret)) == {0: 5}
    assert b"password" not in b"".join(path.read_bytes() for path in state.path.iterdir())


def test_a_number_too_large_to_be_kept_costs_nothing_else(state: StateDir) -> None:
    assert keep(state, answer(10**40)) is None
    assert keep(state, answer(5, ago(minutes=1))) is None
    assert kept(state) == {1: 5}


# -- whatever is in the file -------------------------------------------------------------------------------------


def test_what_is_no_database_is_begun_anew(state: StateDir) -> None:
    state.ensure()
    state.file(FILE).write_bytes(b"rubbish" * 1000)
    assert kept(state) == {}
    assert keep(state, answer(5)) is None
    assert kept(state) == {0: 5}


@pytest.mark.parametrize(
    "made",
    ["CREATE TABLE sample (other TEXT)", "CREATE TABLE sample (series TEXT, minute TEXT, value TEXT, more TEXT)"],
)
def test_a_table_of_another_version_is_begun_anew(state: StateDir, made: str) -> None:
    database = state.database(FILE)
    database.execute(made)
    database.close()
    assert keep(state, answer(5)) is None
    assert kept(state) == {0: 5}


def test_rubbish_in_a_row_is_passed_over(state: StateDir) -> None:
    for minute in range(4):
        keep(state, answer(5, ago(minutes=minute)))
    last = minute_of(NOON)
    with closing(sqlite3.connect(state.file(FILE))) as database, database:
        database.execute("UPDATE sample SET value = 'many' WHERE minute = ?", (last,))
        database.execute("UPDATE sample SET value = -1 WHERE minute = ?", (last - 1,))
        database.execute("UPDATE sample SET value = x'ff' WHERE minute = ?", (last - 2,))
    assert kept(state) == {3: 5}


def test_a_trend_that_cannot_be_kept_costs_no_number(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.dashboard.keeping.BUSY_S", 0.01)
    keep(state, answer(5, ago(minutes=1)))
    holder = sqlite3.connect(state.file(FILE), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert "locked" in (keep(state, answer(6)) or "")
    finally:
        holder.close()
    memory = Notebook(state, settings()).load(NOON)
    assert memory.good["user"].value == 6
    assert kept(state) == {1: 5}
