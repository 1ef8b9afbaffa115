from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.traces import SHEMA, Traces


@pytest.mark.everywhere
def test_start_is_ready_and_found_by_later_commands(traces: Traces) -> None:
    started = json.loads(traces.shema("sandbox", "start", "--json").stdout)
    assert started["running"] is True
    assert started["environment"]["FIREBASE_PROJECT_ID"] == "demo-shema"
    signed_in = json.loads(traces.shema("--profile", "sandbox", "auth", "status", "--json").stdout)
    assert (signed_in["signed_in"], signed_in["email"]) == (True, "admin@shema.test")
    found = json.loads(
        traces.shema("--profile", "sandbox", "users", "show", "nobody@x.test", "--json", check=False).stdout
    )
    assert found["error"]["code"] != "service_unreachable"
    traces.shema("sandbox", "stop")
    traces.nothing_left()


def test_what_outranks_the_profile_is_told(traces: Traces) -> None:
    traces.environ |= {"REDIS_URL": "redis://10.0.0.1", "SHEMA_PROFILE": "sandbox", "FIREBASE_PROJECT_ID": "demo-shema"}
    started = traces.shema("sandbox", "start")
    assert "SHEMA_PROFILE" not in started.stderr, "it leads there"
    assert "FIREBASE_PROJECT_ID" not in started.stderr, "it says the same"
    assert "REDIS_URL (environment) outranks the profile sandbox" in started.stderr
    assert "SERVICE_JWT_SECRET" not in started.stdout + started.stderr
    traces.shema("sandbox", "fault", "redis", "--hang")
    traces.shema("sandbox", "stop")
    traces.nothing_left()


def test_a_second_start_is_refused(traces: Traces) -> None:
    traces.shema("sandbox", "start")
    again = traces.shema("sandbox", "start", "--json", check=False)
    assert again.returncode == 5
    assert json.loads(again.stdout)["error"]["code"] == "sandbox_running"
    assert len(traces.folders()) == 1
    traces.shema("sandbox", "stop")
    traces.nothing_left()


def test_two_starts_at_once_make_one_sandbox(traces: Traces) -> None:
    both = [traces.spawn("sandbox", "start") for _ in range(2)]
    assert sorted(process.wait(60) for process in both) == [0, 5]
    assert len(traces.folders()) == 1
    traces.shema("sandbox", "stop")
    traces.nothing_left()


def test_stop_leaves_the_users_own_folders_as_they_were(traces: Traces) -> None:
    config = Path(traces.environ["SHEMA_CONFIG_DIR"])
    config.mkdir()
    (config / "config.toml").write_text("# mine\n[profiles.production]\n")
    traces.shema("sandbox", "start")
    assert (config / "config.toml").read_text() == "# mine\n[profiles.production]\n"
    profile = config / "profiles.d" / "sandbox.toml"
    assert profile.stat().st_mode & 0o777 == 0o600
    traces.shema("sandbox", "stop")
    assert [path.name for path in config.iterdir()] == ["config.toml"]
    assert list(Path(traces.environ["SHEMA_STATE_DIR"]).iterdir()) == []


@pytest.mark.everywhere
def test_a_host_that_is_killed_is_cleaned_up_after(traces: Traces) -> None:
    pid = json.loads(traces.shema("sandbox", "start", "--json").stdout)["pid"]
    os.kill(pid, signal.SIGKILL)
    traces.nothing_left()
    assert list(Path(traces.environ["SHEMA_STATE_DIR"]).iterdir()) == []
    assert traces.shema("sandbox", "status", check=False).returncode == 1
    traces.shema("sandbox", "start")
    traces.shema("sandbox", "stop")
    traces.nothing_left()


def test_it_outlives_the_session_that_started_it(traces: Traces) -> None:
    script = f"{' '.join(SHEMA)} sandbox start; kill -HUP -$$"
    subprocess.run(["setsid", "sh", "-c", script], env=traces.environ, capture_output=True, check=False)
    assert traces.status()["running"] is True
    traces.shema("sandbox", "stop")
    traces.nothing_left()


def test_a_host_that_hangs_is_stopped_all_the_same(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = json.loads(traces.shema("sandbox", "start", "--json").stdout)["pid"]
    os.kill(pid, signal.SIGSTOP)
    script = (
        "from shema_cli.sandbox import lifecycle; from shema_cli.sandbox.system import control_client; "
        "lifecycle.STOP_WITHIN_S = 0.5; "
        "control_client.TIMEOUT_S = 0.5; from shema_cli.main import run; run()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, "sandbox", "stop"], env=traces.environ, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    traces.nothing_left()


def test_env_is_for_a_shell_to_eval_or_json(traces: Traces) -> None:
    traces.shema("sandbox", "start")
    lines = traces.shema("sandbox", "env").stdout
    values = json.loads(traces.shema("sandbox", "env", "--json").stdout)
    script = f'{lines}\nprintf %s "$REDIS_URL $SERVICE_JWT_SECRET"'
    printed = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=False).stdout
    assert printed == f"{values['REDIS_URL']} {values['SERVICE_JWT_SECRET']}"
    inside = traces.environ | values
    status = subprocess.run(
        [*SHEMA, "sandbox", "status", "--json"], env=inside, capture_output=True, text=True, check=False
    )
    assert json.loads(status.stdout)["running"] is True
    traces.shema("sandbox", "stop")
    traces.nothing_left()


@pytest.mark.parametrize("verb", ["env", "reset"])
def test_without_a_sandbox_the_next_command_is_named(traces: Traces, verb: str) -> None:
    ended = traces.shema("sandbox", verb, check=False)
    assert ended.returncode == 1
    assert "shema sandbox start" in ended.stderr


def test_stop_without_a_sandbox_is_done(traces: Traces) -> None:
    assert "No sandbox was running" in traces.shema("sandbox", "stop").stderr


def free_base() -> int:
    """A number after which eleven ports are free, below those that the system gives out by itself."""
    for base in range(20_000, 30_000, 97):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for offset in range(1, 12):
                held.enter_context(socket.socket()).bind(("127.0.0.1", base + offset))
            return base
    raise AssertionError("no free ports")


def test_ports_can_be_chosen_and_a_taken_one_is_told(traces: Traces) -> None:
    base = free_base()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + 3))
        ended = traces.shema("sandbox", "start", "--base-port", str(base), "--json", check=False)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"]["code"] == "port_taken"
    traces.nothing_left()
    started = json.loads(traces.shema("sandbox", "start", "--base-port", str(base), "--json").stdout)
    assert started["environment"]["COURSE_SERVICE_URL"] == f"http://127.0.0.1:{base + 3}"
    traces.shema("sandbox", "stop")
    traces.nothing_left()
