"""`shema runbook` on a real pseudo-terminal: what Enter runs, and every way out."""

from __future__ import annotations

import os
import re
import signal

import pytest

from shema_cli.cases.book import NAMED
from tests.dashboard.school import School
from tests.dlq.support import letter, push
from tests.runbook.conftest import comes_back, goes_down
from tests.support.signed_in import signed_in
from tests.support.subscriber import Listener
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

ASKED = "q leaves"
MOVES = re.compile(r"\x1b(?!\[[0-9;]*m)")
"""Any sequence but a colour."""


def terminal(school: School, *argv: str, columns: int = 100, lines: int = 50, **env: str) -> Terminal:
    return Terminal("runbook", *argv, env=school.env | env, columns=columns, lines=lines)


def step(number: int, case: str) -> str:
    return f"{number}/{len(NAMED[case].steps)}  "


def number_of(command: str, case: str) -> int:
    return next(number for number, one in enumerate(NAMED[case].steps, start=1) if one.command == command)


def test_from_the_list_through_a_case_until_it_is_solved(school: School, valkey: Valkey) -> None:
    goes_down(school, "course")
    with Listener(valkey.port, "enrollment.approved"), terminal(school) as screen:
        screen.wait("✗ course is down", "1  service-down", f"{len(NAMED)}  registration-stale", "Which one?")
        screen.keys("\r")
        screen.wait(step(1, "service-down"), "$ shema services health course", ASKED)
        screen.keys("\r")
        screen.wait("exit code 1: some instance is not healthy", "Look for", step(2, "service-down"), ASKED)
        screen.keys("s")
        screen.wait(step(3, "service-down"), "b goes back", ASKED)
        screen.keys("b")
        screen.wait(until=lambda: screen.raw.count(step(2, "service-down")) == 2)
        comes_back(school, "course")
        for number in range(3, 9):
            screen.keys("s")
            screen.wait(step(number, "service-down"), until=lambda: screen.text.rstrip().endswith(ASKED))
        screen.keys("s")
        screen.wait("Solved")
        assert screen.end() == 0
        assert screen.settings == screen.settings_before


def test_what_remains_is_told_at_the_end(school: School) -> None:
    with terminal(school, "clock-off", "--step", "3") as screen:
        screen.wait(step(3, "clock-off"), ASKED)
        screen.keys("s")
        screen.wait("Nothing that this case is about", "Besides", "→ shema runbook nobody-hears")
        assert screen.end() == 0


def test_a_name_or_a_number_is_chosen_and_a_wrong_one_is_told(school: School) -> None:
    goes_down(school, "course")
    with terminal(school) as screen:
        screen.wait("Which one?")
        screen.keys("misssed\r")
        screen.wait("there is no case 'misssed'. Did you mean 'missed'?")
        screen.keys("99\r")
        screen.wait("there is no case '99'")
        screen.keys("trail\r")
        screen.wait("The trail is not whole", step(1, "trail-broken"), ASKED)
        screen.keys("q")
        screen.wait(f"left at step 1 of {len(NAMED['trail-broken'].steps)}; to go on: shema runbook trail-broken")
        assert screen.end() == 0


@pytest.mark.parametrize("key", ["q\r", "\x04"])
def test_the_list_is_left(school: School, key: str) -> None:
    with terminal(school) as screen:
        screen.wait("Which one?")
        screen.keys(key)
        assert screen.end() == 0


def test_ctrl_c_at_the_list(school: School) -> None:
    with terminal(school) as screen:
        screen.wait("Which one?")
        screen.keys("\x03")
        assert screen.end() == 130
        assert "shema runbook CASE" in screen.text


def test_ctrl_c_at_a_step_ends_it_and_says_how_to_go_on(school: School) -> None:
    with terminal(school, "service-down", "--step", "4") as screen:
        screen.wait(step(4, "service-down"), "Enter when it is done", ASKED)
        screen.keys("\x03")
        assert screen.end() == 130
        screen_text = screen.text
        assert "interrupted at step 4 of 8" in screen_text
        assert "shema runbook service-down --step 4" in screen_text
        assert screen.settings == screen.settings_before


def test_ctrl_c_in_a_command_ends_the_command_alone(school: School) -> None:
    with terminal(school, "nobody-hears", "--step", "4") as screen:
        screen.wait(step(4, "nobody-hears"), "shema events tail", ASKED)
        screen.keys("\r")
        screen.wait("following")
        screen.keys("\x03")
        screen.wait("exit code", step(5, "nobody-hears"), ASKED)
        screen.keys("q")
        assert screen.end() == 0


def test_what_is_not_known_is_asked_for_and_stays_known(school: School) -> None:
    number = number_of("shema dlq show ID", "dead-letters")
    with terminal(school, "dead-letters", "--step", str(number)) as screen:
        screen.wait(step(number, "dead-letters"), "$ shema dlq show ID", ASKED)
        screen.keys("\r")
        screen.wait("ID: the id:")
        screen.keys("\r")
        screen.wait(until=lambda: screen.text.count("$ shema dlq show ID") == 2)
        screen.keys("\r")
        screen.wait(until=lambda: screen.text.count("ID: the id:") == 2)
        screen.keys("00112233\r")
        screen.wait("there is no", "exit code 1: there is no such entry", step(number + 1, "dead-letters"), ASKED)
        screen.keys("b")
        screen.wait("$ shema dlq show 00112233")
        screen.keys("f")
        screen.wait("ID: the id, 00112233:")
        screen.keys("--other\r")
        screen.wait("$ shema dlq show -- --other")
        screen.keys("q")
        assert screen.end() == 0


def test_a_command_asks_its_own_questions_and_has_its_own_guards(school: School, valkey: Valkey) -> None:
    with valkey.client() as client:
        push(client, [letter(1)])
    number = number_of("shema dlq recover", "run-abandoned")
    with terminal(school, "--read-only", "run-abandoned", "--step", str(number)) as screen:
        screen.wait("$ shema --read-only dlq recover", ASKED)
        screen.keys("\r")
        screen.wait("exit code 5: refused by a guard", step(number + 1, "run-abandoned"), ASKED)
        screen.keys("q")
        assert screen.end() == 0


def test_a_session_that_ends_in_the_midst_is_told_with_the_case_for_it(school: School) -> None:
    expired = {**school.env, **signed_in(exp=1)}
    with Terminal("runbook", "service-down", env=expired, columns=100, lines=50) as screen:
        screen.wait("$ shema services health SERVICE", ASKED)
        screen.keys("f")
        screen.wait("SERVICE: the service")
        screen.keys("course\r")
        screen.wait("$ shema services health course", until=lambda: screen.text.rstrip().endswith(ASKED))
        screen.keys("\r")
        screen.wait("exit code 4", "→ shema runbook session-lost")
        screen.keys("q")
        assert screen.end() == 0


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"SHEMA_PLAIN": "1"}], ids=lambda env: next(iter(env)))
def test_where_nothing_may_move_keys_are_typed_as_lines(school: School, env: dict[str, str]) -> None:
    goes_down(school, "course")
    with Terminal("runbook", "service-down", env=school.env | env, columns=100, lines=50) as screen:
        screen.wait(step(1, "service-down"), f"{ASKED}:")
        screen.keys("x\r")
        screen.wait(until=lambda: screen.text.count(f"{ASKED}:") == 2)
        screen.keys("\r")
        screen.wait("exit code 1", step(2, "service-down"))
        screen.keys("\x04")
        screen.wait("left at step 2 of 8")
        assert screen.end() == 0
        assert not MOVES.search(screen.raw)


def test_a_signal_that_ends_it_ends_its_command_first(school: School) -> None:
    with terminal(school, "nobody-hears", "--step", "4") as screen:
        screen.wait(step(4, "nobody-hears"), ASKED)
        screen.keys("\r")
        screen.wait("following")
        os.kill(screen.child.pid, signal.SIGTERM)
        assert screen.end() == -signal.SIGTERM
        assert screen.settings == screen.settings_before
    eventually(lambda: not tails(school), within_s=10, what=lambda: "the end of the tail")


def test_a_signal_at_a_question_gives_the_terminal_back(school: School) -> None:
    with terminal(school, "service-down") as screen:
        screen.wait(step(1, "service-down"), ASKED, until=lambda: screen.settings != screen.settings_before)
        os.kill(screen.child.pid, signal.SIGTERM)
        assert screen.end() == -signal.SIGTERM
        assert screen.settings == screen.settings_before


def test_ctrl_z_gives_the_terminal_back_and_asks_again_afterwards(school: School) -> None:
    with terminal(school, "service-down") as screen:
        screen.wait(step(1, "service-down"), ASKED, until=lambda: screen.settings != screen.settings_before)
        os.kill(screen.child.pid, signal.SIGTSTP)
        eventually(
            lambda: screen.settings == screen.settings_before, within_s=10, what=lambda: "the terminal as it was"
        )
        os.kill(screen.child.pid, signal.SIGCONT)
        screen.wait(until=lambda: screen.text.count(ASKED) == 2)
        screen.keys("q")
        assert screen.end() == 0
        assert screen.settings == screen.settings_before


def test_settings_that_can_be_read_once_only_have_it_print(school: School) -> None:
    script = (
        "import os, sys; from shema_cli.main import main\n"
        "r, w = os.pipe(); os.write(w, b'SERVICE_NAME=x'); os.close(w)\n"
        "sys.exit(main(['--env-file', f'/dev/fd/{r}', *sys.argv[1:]]))"
    )
    with Terminal("runbook", "clock-off", env=school.env, columns=100, lines=50, script=script) as screen:
        assert screen.end() == 0
        assert "can be read once only" in screen.text
        assert "3/3" in screen.text


def tails(school: School) -> list[str]:
    """Processes that tail the Redis of this test."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - names, not paths
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ, open(f"/proc/{pid}/cmdline", "rb") as words:  # noqa: PTH123
                if school.env["REDIS_URL"].encode() in environ.read() and b"tail" in words.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            continue
    return found
