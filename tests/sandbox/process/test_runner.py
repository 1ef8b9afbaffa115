from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from shema_cli.sandbox.process.folder import Folder, sweep
from tests.support.traces import SHEMA, Traces, marked
from tests.support.waiting import eventually

# Says where it is once it runs, then waits; ends with 7 on SIGTERM.
WAITING = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print(os.environ["SHEMA_SANDBOX"], flush=True)
time.sleep(60)
"""


def started(traces: Traces) -> tuple[subprocess.Popen[str], str]:
    process = traces.spawn("sandbox", "run", "--", sys.executable, "-c", WAITING)
    assert process.stdout is not None
    folder = process.stdout.readline().strip()
    assert Path(folder).is_dir()
    return process, folder


def test_the_command_gets_the_streams_the_environment_and_gives_its_exit_code(traces: Traces) -> None:
    script = "cat; echo $FIREBASE_PROJECT_ID $SHEMA_PROFILE >&2; command -v shema; exit 9"
    ended = subprocess.run(
        [*SHEMA, "sandbox", "run", "--", "sh", "-c", script],
        env=traces.environ,
        input=b"\x00\xff bytes\n",
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 9
    beside = str(Path(sys.executable).parent / "shema").encode()
    assert ended.stdout == b"\x00\xff bytes\n" + beside + b"\n"
    assert ended.stderr == b"demo-shema sandbox\n"
    traces.nothing_left()


def test_options_after_the_command_are_the_commands_own(traces: Traces) -> None:
    ended = traces.shema("sandbox", "run", "shema", "auth", "status", "--json")
    assert '"email":"admin@shema.test"' in ended.stdout
    traces.nothing_left()


def test_settings_of_the_outside_do_not_leak_in(traces: Traces) -> None:
    traces.environ |= {"SHEMA_ID_TOKEN": "x", "PAYMENT_SERVICE_URL": "http://10.0.0.1"}
    ended = traces.shema(
        "sandbox", "run", "--", "sh", "-c", 'echo "[$SHEMA_ID_TOKEN$PAYMENT_SERVICE_URL]$SHEMA_PROFILE"'
    )
    assert ended.stdout == "[]sandbox\n"


def test_a_command_that_does_not_exist_is_one_error_and_leaves_nothing(traces: Traces) -> None:
    ended = traces.shema("sandbox", "run", "--", "no-such-program", check=False)
    assert ended.returncode == 1
    assert "no-such-program" in ended.stderr
    assert "Traceback" not in ended.stderr
    traces.nothing_left()


def test_a_command_ended_by_a_signal_gives_128_and_its_number(traces: Traces) -> None:
    ended = traces.shema("sandbox", "run", "--", "sh", "-c", "kill -KILL $$", check=False)
    assert ended.returncode == 128 + signal.SIGKILL
    traces.nothing_left()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 7), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_signals_reach_the_command_and_the_sandbox_waits_for_it(
    traces: Traces, number: signal.Signals, code: int
) -> None:
    process, _ = started(traces)
    process.send_signal(number)
    # Python ends itself by SIGINT after the KeyboardInterrupt, so that 128 + 2 is seen.
    assert process.wait(30) == code
    traces.nothing_left()


def test_background_processes_of_the_command_are_ended_too(traces: Traces) -> None:
    ended = traces.shema("sandbox", "run", "--", "sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $!")
    traces.nothing_left()
    status = Path(f"/proc/{ended.stdout.strip()}/stat")
    assert not status.exists() or " Z " in status.read_text()  # where nothing reaps the orphans of a container


def test_a_runner_that_is_killed_leaves_nothing(traces: Traces) -> None:
    process, folder = started(traces)
    assert len(marked(folder)) == 3  # the command, the server and the guard
    process.kill()
    process.wait()
    traces.nothing_left()


def test_when_the_guard_is_killed_as_well_the_next_sandbox_sweeps(traces: Traces) -> None:
    process, folder = started(traces)
    guards = [pid for pid in marked(folder) if b"guard.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(guards) == 1
    os.kill(guards[0], signal.SIGKILL)
    process.kill()
    process.wait()
    eventually(lambda: not marked(folder), what="they end with the runner")
    assert Path(folder).exists()
    traces.shema("sandbox", "run", "--", "true")
    traces.nothing_left()


def test_a_sandbox_that_lives_is_not_swept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = Folder()
    try:
        assert sweep() == []
        assert folder.path.is_dir()
    finally:
        folder.remove()
    assert not folder.path.exists()


def test_two_sandboxes_at_once_do_not_meet(traces: Traces) -> None:
    first, one = started(traces)
    second, other = started(traces)
    first.terminate()
    assert first.wait(30) == 7
    assert not Path(one).exists()
    assert Path(other).exists()
    second.terminate()
    second.wait(30)
    traces.nothing_left()


def test_at_a_terminal_ctrl_c_reaches_the_command_once(traces: Traces) -> None:
    script = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("ready", os.isatty(0), os.isatty(1), flush=True)
codes = [signal.sigwaitinfo([signal.SIGINT]).si_code]
while more := signal.sigtimedwait([signal.SIGINT], 0.5):
    codes.append(more.si_code)
print("codes", codes, flush=True)
"""
    argv = [*SHEMA, "sandbox", "run", "--", sys.executable, "-c", script]
    terminal = pexpect.spawn(argv[0], argv[1:], env=traces.environ, timeout=30, encoding="utf-8")
    terminal.expect("ready True True")
    terminal.sendintr()
    terminal.expect("codes .*]")
    assert terminal.after == "codes [128]"  # from the terminal, not passed on by the runner once more
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    traces.nothing_left()


def test_a_terminal_that_is_closed_takes_all_of_it_along(traces: Traces) -> None:
    argv = [*SHEMA, "sandbox", "run", "--", sys.executable, "-c", WAITING]
    terminal = pexpect.spawn(argv[0], argv[1:], env=traces.environ, timeout=30)
    terminal.expect("shema-sandbox-")
    os.close(terminal.child_fd)
    terminal.closed = True
    _, status = os.waitpid(terminal.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (1, 128 + signal.SIGHUP)  # 1: it could not write to the terminal
    traces.nothing_left()
