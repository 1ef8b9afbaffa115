"""The whole job in a real terminal, and the terminals in which there is no console."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import redis

from shema_cli.store import keys
from shema_cli.ui.commands import SEEN
from tests.support.cli import shema
from tests.support.terminal import Terminal

ESC = "\x1b"
STDERR_ELSEWHERE = """
import os, sys
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
from shema_cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.everywhere
def test_the_job_is_done_on_one_screen_and_the_terminal_is_as_it_was(sandbox: Mapping[str, str]) -> None:
    (Path(sandbox["SHEMA_STATE_DIR"]) / SEEN).unlink(missing_ok=True)
    with Terminal("ui", env=sandbox) as terminal:
        terminal.wait("What is wrong", "Dead letters", "FAMILY", "dlq", "first time here? press ? for the keys")
        terminal.keys("e")
        terminal.wait("ENROLLMENT", "enr-0314")
        terminal.keys("a")
        terminal.wait("$ shema enrollments approve enr-0314", "Go on? [y/N]")
        terminal.keys("y\r")
        terminal.wait("1 approved", "Esc back")
        terminal.keys(ESC)
        terminal.wait("ENROLLMENT", until=lambda: "enr-0314" not in terminal.text)
        terminal.keys(":dlq\r")
        terminal.wait("FAMILY", "ENTRIES")
        terminal.keys("\r")
        terminal.wait("ENTRY", "ENROLLMENT_")
        terminal.keys(ESC)
        terminal.wait("FAMILY")
        terminal.resize(60, 20)
        terminal.wait("FAMILY")
        terminal.keys("q")
        assert terminal.end() == 0
        assert terminal.settings == terminal.settings_before
        assert terminal.raw.count("\x1b[?1049h") == terminal.raw.count("\x1b[?1049l") == 1
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        assert client.exists(keys.decision("enr-0314"))


def test_the_terminal_is_lent_to_what_needs_it_whole_and_taken_back(sandbox: Mapping[str, str]) -> None:
    with Terminal("ui", "enrollments", env=sandbox) as terminal:
        terminal.wait("ENROLLMENT", "enr-0314")
        terminal.keys("o")
        terminal.wait("Review 1 of 24", "a approve")
        terminal.keys("q")
        terminal.wait("Nothing was chosen")
        terminal.keys("q")
        terminal.wait("Enter leads back to the console")
        terminal.keys("\r")
        terminal.wait("ENROLLMENT", "enr-0314")
        terminal.keys("q")
        assert terminal.end() == 0


def test_another_profile_begins_anew_with_its_own_target(sandbox: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[profiles.sandbox]\n[profiles.evening]\nread_only = true\n")
    with Terminal("ui", env={**sandbox, "SHEMA_CONFIG_DIR": str(tmp_path)}) as terminal:
        terminal.wait("What is wrong", "FAMILY")
        terminal.keys("@lost\r")
        terminal.wait("there is no profile 'lost': evening, sandbox")
        terminal.keys("@evening\r")
        assert terminal.end() == 4  # its own gate, where nobody is signed in
        assert "(profile evening)" in terminal.text


def test_it_is_drawn_where_stderr_leads_elsewhere(sandbox: Mapping[str, str]) -> None:
    with Terminal("ui", env=sandbox, script=STDERR_ELSEWHERE) as terminal:
        terminal.wait("What is wrong")
        terminal.keys("q")
        assert terminal.end() == 0


@pytest.mark.parametrize("how", [{"TERM": "dumb"}, {"SHEMA_PLAIN": "1"}])
def test_a_terminal_on_which_nothing_may_move_is_politely_refused(
    sandbox: Mapping[str, str], how: Mapping[str, str]
) -> None:
    with Terminal("ui", env={**sandbox, **how}) as terminal:
        assert terminal.end() == 2
        assert "the console needs a terminal" in terminal.text
        assert "shema status" in terminal.text


@pytest.mark.parametrize("words", [("ui",), ("ui", "--json")])
def test_without_a_terminal_it_is_politely_refused(sandbox: Mapping[str, str], words: tuple[str, ...]) -> None:
    done = shema(*words, env=sandbox)
    assert done.code == 2
    assert "the console needs a terminal" in done.err + done.out


def test_a_page_that_is_none_is_told_with_those_that_are(sandbox: Mapping[str, str]) -> None:
    with Terminal("ui", "nonsense", env=sandbox) as terminal:
        assert terminal.end() == 2
        assert "there is no page 'nonsense'" in terminal.text
        assert "enrollments" in terminal.text


def test_without_its_extra_it_names_what_installs_it(sandbox: Mapping[str, str]) -> None:
    script = "import sys; sys.modules['textual'] = None; from shema_cli.main import main; sys.exit(main(sys.argv[1:]))"
    with Terminal("ui", env=sandbox, script=script) as terminal:
        assert terminal.end() == 2
        assert "pip install 'shema-cli[ui]'" in terminal.text


NEW = """
import sys
from importlib import import_module
from shema_cli.ui.loaded import LOADED
for name in LOADED:
    import_module(name)
before = set(sys.modules)
from shema_cli.ui.lines import Desk
from shema_cli.auth.gate import Gate
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams
app = AppContext.open(Streams.system(), GlobalOptions(), "ui", open_gate=Gate)
app.admin = app.gate.authorize(changes=False)
before = set(sys.modules)
for line in sys.argv[1:]:
    outcome = Desk(app).read(tuple(line.split()))
    assert outcome.error is None, outcome.error
    for name in sorted(set(sys.modules) - before):
        if not name.startswith("typer."):  # of what it keeps to itself
            print(line, name)
    before = set(sys.modules)
app.close()
"""
LINES = [
    "dashboard", "status", "enrollments list --status pending", "courses list", "dlq stats", "dlq list --limit 10",
    "services health", "services health auth", "events listeners", "events missed --since 24h auth",
    "audit list --limit 10", "audit verify", "trace enr-0314", "find budi", "enrollments show enr-0314",
    "events history --since 1h",
]  # fmt: skip


def test_what_lines_use_is_loaded_before_the_first_of_them_runs_in_a_thread(sandbox: Mapping[str, str]) -> None:
    command = [sys.executable, "-c", NEW, *LINES]
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **sandbox}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == []
