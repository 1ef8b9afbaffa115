"""`--watch` on a real terminal, and off one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from contextlib import closing
from pathlib import Path

import pytest

from shema_cli.clock import parse_iso
from shema_cli.dashboard.commands import SCHOOL_STATES
from shema_cli.dashboard.results import SchoolState
from tests.dashboard.school import STATS, School, good
from tests.support.cli import shema
from tests.support.http import Answer
from tests.support.signed_in import id_token
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


@pytest.fixture
def watched(school: School, valkey: Valkey) -> School:
    school.env["REDIS_URL"] = valkey.url
    return school


def assert_given_back(terminal: Terminal) -> None:
    """The terminal is as it was: settings, screen, cursor."""
    assert terminal.settings == terminal.settings_before
    assert terminal.raw.count(ENTER) == terminal.raw.count(LEAVE) == 1
    assert terminal.raw.rindex(SHOW) > terminal.raw.rindex(HIDE)
    assert "Shema Music" not in terminal.raw[terminal.raw.rindex(LEAVE) :]


@pytest.mark.everywhere
@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x03", 130)])
def test_q_and_ctrl_c_leave_the_terminal_as_it_was(watched: School, key: str, code: int) -> None:
    with Terminal("dashboard", "--watch", env=watched.env) as terminal:
        terminal.wait("Every number is fresh", "nothing registered")
        assert not terminal.settings[3] & termios.ECHO
        terminal.keys(key)
        assert terminal.end() == code
        assert_given_back(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP])
def test_a_signal_that_ends_it_leaves_the_terminal_whole(watched: School, number: signal.Signals) -> None:
    with Terminal("dashboard", "--watch", env=watched.env) as terminal:
        terminal.wait("Every number is fresh")
        terminal.child.kill(number)
        assert terminal.end() == -number
        assert_given_back(terminal)


def test_it_ends_with_the_session(watched: School) -> None:
    watched.env["SHEMA_ID_TOKEN"] = id_token(exp=int(time.time()) + 4)
    with Terminal("dashboard", "--watch", env=watched.env) as terminal:
        assert terminal.wait("Every number is fresh").end() == 4
        assert_given_back(terminal)
        assert "expired" in terminal.text


def test_ctrl_z_gives_the_terminal_back_for_a_while(watched: School) -> None:
    with Terminal("dashboard", "--watch", env=watched.env) as terminal:
        terminal.wait("Every number is fresh")
        terminal.keys("\x1a")
        terminal.wait(until=lambda: terminal.raw.endswith(LEAVE))
        assert terminal.settings == terminal.settings_before
        terminal.child.kill(signal.SIGCONT)
        terminal.wait(until=lambda: terminal.raw.count(ENTER) == 2 and "Every number is fresh" in terminal.text)
        terminal.keys("q")
        assert terminal.end() == 0
        assert terminal.settings == terminal.settings_before


def test_it_is_drawn_anew_when_the_terminal_changes_its_size(watched: School) -> None:
    with Terminal("dashboard", "--watch", env=watched.env, columns=120, lines=30) as terminal:
        terminal.wait("Upcoming classes", "q quit")
        assert "Students" in _line_of(terminal, "Upcoming classes")
        terminal.resize(80, 24)
        terminal.wait("Dead letters", "q quit", until=lambda: "Students" not in _line_of(terminal, "Upcoming classes"))
        terminal.resize(40, 24)
        terminal.wait("1,284", "q quit")
        terminal.keys("q")
        assert terminal.end() == 0


DRAWS_ONLY_WHEN_RESIZED = """
import asyncio, sys
from shema_cli.output.terminal import LiveTerminal
from shema_cli.output.sink import Output
from shema_cli.output.streams import Streams

async def main():
    resized = asyncio.Event()
    with LiveTerminal(Output(Streams.system()), lambda key: None, resized.set) as terminal:
        while True:
            terminal.draw([f"{terminal.size[0]} by {terminal.size[1]}"])
            await resized.wait()
            resized.clear()

asyncio.run(main())
"""


def test_a_change_of_size_is_heard_at_once() -> None:
    with Terminal(env={}, script=DRAWS_ONLY_WHEN_RESIZED) as terminal:
        terminal.wait("80 by 24")
        terminal.resize(100, 30)
        terminal.wait("100 by 30")


def test_changes_are_marked_and_drawn_over_time(watched: School) -> None:
    watched.answers("chat", *(good("chat", n) for n in (12, 12, 14, 17)))
    with Terminal("dashboard", "--watch", "0.3", env=watched.env, columns=120, lines=30) as terminal:
        terminal.wait("Active chats ◆", "▁")
        assert "Students ◆" not in terminal.text
        terminal.wait("█")
        terminal.keys("q")
        assert terminal.end() == 0


def test_only_what_changed_is_written(watched: School) -> None:
    with Terminal("dashboard", "--watch", "600", env=watched.env, columns=120, lines=30) as terminal:
        terminal.wait("Every number is fresh", "nothing registered")
        written = len(terminal.raw)
        terminal.wait("1s ago")
        frame = terminal.raw[written:]
        assert "Students" not in frame
        assert "\x1b[2J" not in frame
        terminal.keys("q")
        assert terminal.end() == 0


def test_a_slow_service_holds_up_none_of_the_others(watched: School) -> None:
    watched.answers("chat", Answer(json={"active_count": 1}, delay=30))
    with Terminal("dashboard", "--watch", env=watched.env, columns=120, lines=30) as terminal:
        terminal.wait("4 are fresh, 1 is missing", "asking …", timeout=4)
        terminal.keys("q")
        assert terminal.end() == 0


def test_r_asks_at_once(watched: School) -> None:
    with Terminal("dashboard", "--watch", "600", env=watched.env, columns=120, lines=30) as terminal:
        terminal.wait("Every number is fresh")
        watched.fails("user")
        terminal.keys("r")
        terminal.wait("4 are fresh, 1 is old")
        terminal.keys("q")
        assert terminal.end() == 0


def test_what_was_seen_is_the_next_look_s_trend(watched: School) -> None:
    with Terminal("dashboard", "--watch", env=watched.env) as terminal:
        terminal.wait("Every number is fresh", "first look")
        terminal.keys("q")
        assert terminal.end() == 0
    watched.answers("user", good("user", 1290))
    with Terminal("dashboard", env=watched.env, lines=30) as terminal:
        assert terminal.end() == 0
        assert "▲ 6 in" in terminal.text
        assert "same as" in terminal.text


def test_warnings_come_after_the_screen_not_over_it(watched: School) -> None:
    watched.env["SERVICE_JWT_SECRET"] = "short"
    with Terminal("dashboard", "--watch", "-v", env=watched.env) as terminal:
        terminal.wait("Every number is fresh")
        terminal.keys("q")
        assert terminal.end() == 0
        assert "fewer than 32 bytes" not in terminal.raw[: terminal.raw.rindex(LEAVE)]
        assert "fewer than 32 bytes" in terminal.raw[terminal.raw.rindex(LEAVE) :]


def test_a_terminal_that_can_do_nothing_gets_lines(watched: School) -> None:
    with Terminal("dashboard", "--watch", "0.2", env={**watched.env, "TERM": "dumb"}, columns=200) as terminal:
        terminal.wait("Students: 1284", until=lambda: terminal.raw.count("Students: 1284") >= 2)
        assert "\x1b" not in terminal.raw
        terminal.keys("\x03")
        assert terminal.end() == 130


@pytest.mark.parametrize(
    ("state", "code", "told"), [("healthy", 0, "healthy after"), ("degraded", 1, "not degraded within")]
)
def test_it_ends_when_the_state_is_reached_or_the_wait_is_over(
    watched: School, state: str, code: int, told: str
) -> None:
    wait = () if code == 0 else ("--wait", "2")
    with Terminal("dashboard", "--watch", "0.2", "--until", state, *wait, env=watched.env) as terminal:
        assert terminal.end() == code
        assert_given_back(terminal)
        assert told in terminal.text


def test_it_waits_while_something_is_missing_and_q_gives_up(watched: School) -> None:
    watched.answers("chat", *[Answer(403)] * 3, good("chat"))
    with Terminal("dashboard", "--watch", "0.3", "--until", "healthy", env=watched.env) as terminal:
        terminal.wait("1 is missing")
        assert terminal.end() == 0
    watched.fails("chat")
    with Terminal("dashboard", "--until", "healthy", env=watched.env) as terminal:
        terminal.wait("chat")
        terminal.keys("q")
        assert terminal.end() == 1


def test_the_bell_rings_when_something_turns_worse_and_once(watched: School) -> None:
    with Terminal("dashboard", "--watch", "0.2", "--bell", env=watched.env) as terminal:
        terminal.wait("Every number is fresh", "nothing registered")
        assert "\a" not in terminal.raw
        watched.fails("chat")
        terminal.wait("chat answers wrongly", until=lambda: "\a" in terminal.raw)
        watched.fails("user")
        terminal.wait("and 1 more", until=lambda: terminal.raw.count("\a") == 2)
        watched.recovers()
        terminal.wait("Every number is fresh")
        terminal.keys("q")
        assert terminal.end() == 0
        assert terminal.raw.count("\a") == 2


def test_without_the_option_nothing_rings(watched: School) -> None:
    with Terminal("dashboard", "--watch", "0.2", env=watched.env) as terminal:
        terminal.wait("Every number is fresh")
        watched.fails("chat")
        terminal.wait("chat answers wrongly")
        terminal.keys("q")
        assert terminal.end() == 0
        assert "\a" not in terminal.raw


def test_the_next_watch_knows_the_day_before(watched: School) -> None:
    with Terminal("dashboard", "--watch", env=watched.env) as terminal:
        terminal.wait("Every number is fresh")
        terminal.keys("q")
        assert terminal.end() == 0
    database = Path(watched.env["SHEMA_STATE_DIR"]) / "trend.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE sample SET minute = minute - (24 * 60 - 30)")
    watched.answers("user", good("user", 1290))
    told = ("+6 since yesterday", "▁", "▄ 23h", "as yesterday")
    with Terminal("dashboard", env=watched.env, lines=40) as terminal:
        assert terminal.end() == 0
        assert [text for text in told if text not in terminal.text] == []
    with Terminal("dashboard", "--watch", env=watched.env, lines=40) as terminal:
        terminal.wait(*told)
        terminal.keys("q")
        assert terminal.end() == 0


def test_a_terminal_without_drawing_characters_still_shows_every_number(watched: School) -> None:
    with Terminal("dashboard", "--watch", env={**watched.env, "PYTHONIOENCODING": "latin-1"}) as terminal:
        terminal.wait("1,284", "ok Every number is fresh", "q quit")
        terminal.keys("q")
        assert terminal.end() == 0


# -- off a terminal -------------------------------------------------------------------------------------------------


@pytest.fixture
def piped(school: School) -> School:
    school.answers("user", good("user"), Answer(403), good("user"))
    return school


@pytest.mark.parametrize("argv", [["--watch", "0.2"], ["-o", "json", "--watch=200ms"]])
def test_piped_it_is_a_json_object_a_line_as_it_comes(piped: School, argv: list[str]) -> None:
    command = [sys.executable, "-m", "shema_cli", "dashboard", *argv]
    with subprocess.Popen(
        command, env={**os.environ, **piped.env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout
        documents = [json.loads(run.stdout.readline()) for _ in range(3)]
        run.stdout.close()  # the reader goes away, which is success
        assert run.wait(10) == 0
    assert [document["sources"]["user"]["state"] for document in documents] == ["live", "stale", "live"]
    assert documents[0]["stats"] == STATS
    times = [parse_iso(document["timestamp"]) for document in documents]
    assert times == sorted(times, key=str)


def test_interrupted_off_a_terminal(school: School) -> None:
    command = [sys.executable, "-m", "shema_cli", "dashboard", "--watch", "-o", "json"]
    with subprocess.Popen(
        command, env={**os.environ, **school.env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout
        assert json.loads(run.stdout.readline())["stats"] == STATS
        run.send_signal(signal.SIGINT)
        assert run.wait(10) == 130
        assert run.stderr
        assert b"Traceback" not in run.stderr.read()


@pytest.mark.parametrize("key", ["until", "bell"])
def test_off_a_terminal_nothing_rings_and_the_last_line_is_what_was_waited_for(school: School, key: str) -> None:
    school.answers("user", *[Answer(403)] * 2, good("user"))
    run = shema(
        "dashboard", "--until", "healthy", "--watch", "0.2", *(["--bell"] if key == "bell" else []), env=school.env
    )
    states = [json.loads(line)["sources"]["user"]["state"] for line in run.out.splitlines()]
    assert (run.code, states) == (0, ["unavailable", "unavailable", "live"])
    assert "\a" not in run.out + run.err
    assert "healthy after" in run.err


def test_what_was_waited_for_and_did_not_come(school: School) -> None:
    run = shema("dashboard", "-o", "json", "--until=degraded", "--watch=0.1", "--wait=4", env=school.env)
    assert run.code == 1
    assert [json.loads(line)["stats"] for line in run.out.splitlines()]
    assert "not degraded within" in run.err


@pytest.mark.parametrize(
    "argv", [["--until", "better"], ["--wait", "5"], ["--bell"], ["--until", "healthy", "--wait", "soon"]]
)
def test_a_line_that_means_nothing_is_refused(school: School, argv: list[str]) -> None:
    assert shema("dashboard", *argv, env=school.env).code == 2
    assert tuple(SchoolState) == SCHOOL_STATES


def test_a_state_folder_that_takes_nothing_is_told_once_and_breaks_nothing(school: School, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {**school.env, "SHEMA_STATE_DIR": str(tmp_path / "file" / "state")}
    run = shema("dashboard", "--until", "healthy", env=env)
    assert (run.code, json.loads(run.out)["stats"]) == (0, STATS)
    assert run.err.count("nothing is kept") == 1


def test_a_full_disk_is_told_once_and_breaks_nothing(school: School) -> None:
    code = (
        "import resource, signal, sys; from shema_cli.main import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0));"
        "sys.exit(main(['dashboard', '-o', 'json', '--watch', '0.1', '--until', 'healthy']))"
    )
    school.answers("user", *[Answer(403)] * 2, good("user"))
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, env=school.env, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 3), done.stderr
    assert done.stderr.count("cannot be kept") == 1


@pytest.mark.parametrize("given", ["0", "0.01", "soon", "-3", "--watch"])
def test_the_interval_must_be_a_duration(school: School, given: str) -> None:
    assert shema("dashboard", f"--watch={given}", env=school.env).code == 2


def _line_of(terminal: Terminal, text: str) -> str:
    return next((line for line in terminal.display if text in line), "")
