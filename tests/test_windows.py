"""The core without fcntl, termios and owners of files: what Windows lacks is hidden from a process.

It shows that nothing of POSIX is needed; how Windows itself behaves it cannot show.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from shema_cli.locks import LOCK_OF_A_FOLDER
from shema_cli.sandbox.identity.people import ADMIN, ADMIN_PASSWORD
from shema_cli.sandbox.system.assembly import System
from tests.support.cli import Run
from tests.support.sandbox import event
from tests.support.terminal import Terminal

ROOT = Path(__file__).resolve().parents[1]
ON_WINDOWS = (sys.executable, "-m", "tests.support.windows")
BECOME = "from tests.support.windows import become; become(); "
SHEMA = f"{BECOME} from shema_cli.main import run; run()"


def on_windows(*lines: Sequence[str], env: Mapping[str, str]) -> list[Run]:
    """How command lines end that are run one after another in one process."""
    done = subprocess.run(
        [*ON_WINDOWS, "--each"],
        cwd=ROOT,
        env={"LANG": "C.UTF-8", **env},
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Run(**one) for one in json.loads(done.stdout)]


def documents(*lines: Sequence[str], env: Mapping[str, str]) -> list[Any]:
    """The JSON documents of command lines that all end well."""
    ran = on_windows(*((*line, "-o", "json") for line in lines), env=env)
    assert [one.code for one in ran] == [0] * len(lines), ran
    return [one.json for one in ran]


def test_the_disguise_holds() -> None:
    hidden = ("fcntl", "termios", "pwd", "resource")
    code = f"""{BECOME}
import os, signal
for name in {hidden}:
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    raise SystemExit(name)
try:
    os.open("/", os.O_RDONLY)
except PermissionError:
    print(os.stat("/").st_uid, hasattr(os, "geteuid"), hasattr(os, "O_NOFOLLOW"), hasattr(signal, "SIGHUP"))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "0 False False False\n"


def test_what_asks_nobody(base_env: dict[str, str]) -> None:
    path, status, types = on_windows(("config", "path"), ("auth", "status"), ("events", "types"), env=base_env)
    assert (path.code, "config.toml" in path.out) == (0, True), path
    assert (status.code, "signed_in\tno" in status.out) == (4, True), status
    assert (types.code, "ENROLLMENT_APPROVED" in types.out) == (0, True), types


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("enrollments", "approve", "--help")])
def test_what_is_told_of_it(words: tuple[str, ...], base_env: dict[str, str]) -> None:
    done = subprocess.run([*ON_WINDOWS, *words], cwd=ROOT, env=base_env, capture_output=True, text=True, check=True)
    assert "shema" in done.stdout


def test_the_daily_work(sandbox: dict[str, str]) -> None:
    (pending,) = documents(("enrollments", "list", "--status", "pending", "--limit", "1"), env=sandbox)
    approve = ("enrollments", "approve", pending["enrollments"][0]["id"], "--yes")
    status, _, decided, verified, letters, listed, services = documents(
        ("auth", "status"),
        ("dashboard",),
        approve,
        ("audit", "verify"),
        ("dlq", "stats"),
        ("dlq", "list", "--limit", "1"),
        ("services", "list"),
        env=sandbox,
    )
    assert status["admin"] is True
    assert decided["summary"] == {"approved": 1}
    assert verified["checked"] >= 1
    assert letters["total"] == listed["total"] > 0
    assert services["services"]


def test_what_streams(sandbox: dict[str, str], sandbox_system: System) -> None:
    publish = ("events", "publish", "chat.message", "--data", event("chat.message", {"sessionId": "s"}), "--dry-run")
    tail, watch, check, _ = on_windows(
        ("events", "tail", "--idle-exit", "200ms", "-o", "json"),
        ("dashboard", "--until", "degraded", "--wait", "5s", "-o", "json"),
        ("check",),
        publish,
        env=sandbox,
    )
    assert (tail.code, "fault in shema" in tail.err) == (0, False), tail
    assert watch.lines
    assert check.code in (0, 1, 2), check


def test_a_session_is_kept_and_ended(sandbox: dict[str, str], tmp_path: Path) -> None:
    env = sandbox | {"SHEMA_STATE_DIR": str(tmp_path / "state")}
    login = [*ON_WINDOWS, "auth", "login", "--email", ADMIN, "--password-stdin"]
    subprocess.run(login, cwd=ROOT, env=env, input=f"{ADMIN_PASSWORD}\n", text=True, check=True, capture_output=True)
    before, again, _ = documents(("auth", "status"), ("enrollments", "list"), ("auth", "logout"), env=env)
    assert (before["email"], before["storage"]) == (ADMIN, "file")
    assert again["enrollments"]
    (after,) = on_windows(("auth", "status", "-o", "json"), env=env)
    assert (after.code, after.json["signed_in"]) == (4, False)


def test_settings_are_written_one_process_at_a_time(base_env: dict[str, str]) -> None:
    running = [
        subprocess.Popen(
            [*ON_WINDOWS, "config", "set", "--profile", f"p{number}", "REDIS_URL", "redis://127.0.0.1:1"],
            cwd=ROOT,
            env=base_env,
            stdout=subprocess.DEVNULL,
        )
        for number in range(3)
    ]
    assert [one.wait() for one in running] == [0, 0, 0]
    folder = Path(base_env["SHEMA_CONFIG_DIR"])
    assert (folder / LOCK_OF_A_FOLDER).exists()
    assert (folder / "config.toml").read_text().count("[profiles.p") == 3


def test_the_sandbox_says_that_it_cannot(base_env: dict[str, str]) -> None:
    ran = on_windows(("sandbox", "start"), ("sandbox", "run", "--", "true"), env=base_env)
    assert [one.code for one in ran] == [1, 1], ran
    assert all("the sandbox runs on Linux and macOS" in one.err for one in ran)
    assert "no sandbox" in on_windows(("sandbox", "status"), env=base_env)[0].err.lower()


@pytest.mark.parametrize("argv", [("ui",), ("enrollments", "review"), ("dlq", "triage")])
def test_what_takes_a_terminal_over_says_that_it_cannot(argv: tuple[str, ...], sandbox: dict[str, str]) -> None:
    with Terminal(*argv, env=sandbox | {"PYTHONPATH": str(ROOT)}, script=SHEMA) as terminal:
        assert terminal.end() == 2
    assert "needs a terminal on which something may move" in " ".join(terminal.text.split())


def test_a_question_is_asked_and_answered_on_a_terminal(sandbox: dict[str, str]) -> None:
    argv = ("config", "set", "--profile", "mine", "SERVICE_JWT_SECRET", "-")
    with Terminal(*argv, env=sandbox | {"PYTHONPATH": str(ROOT)}, script=SHEMA) as terminal:
        terminal.wait("SERVICE_JWT_SECRET")
        terminal.keys("a-secret-of-some-length-that-nobody-sees\r")
        assert terminal.end() == 0
