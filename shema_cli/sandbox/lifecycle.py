"""`shema sandbox start`, `stop`, `status`, `env`, `reset` and `fault`: a sandbox that outlives the command."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shema_cli.durations import parse_duration
from shema_cli.errors import Failed, Refused, Unreachable
from shema_cli.exit_codes import ExitCode
from shema_cli.sandbox.extra import need_extra
from shema_cli.sandbox.process.folder import PREFIX, is_alive, sweep
from shema_cli.sandbox.process.running import Running
from shema_cli.sandbox.results import Changed, Environment, Started, Status, Stopped, Tally
from shema_cli.sandbox.system.control_client import ask, follow

if TYPE_CHECKING:
    from shema_cli.context import AppContext
    from shema_cli.sandbox.system.options import Options

STOP_WITHIN_S = 15.0
KILL_WITHIN_S = 5.0
_POLL_S = 0.02
_PLACES = ("SHEMA_CONFIG_DIR", "SHEMA_STATE_DIR")


def start(app: AppContext, options: Options) -> Started:
    """Start a sandbox that goes on by itself; come back when everything answers.

    Raises Refused when one runs already, Failed when it cannot start.
    """
    need_extra()
    _refuse_dead_shell(app.state.path)
    with _one_at_a_time(app.state.ensure()):
        if running := Running.find(app.state.path):
            raise Refused(
                "sandbox_running",
                f"a sandbox is running already (since {running.started_at:%H:%M} UTC)",
                "shema sandbox stop",
            )
        orders = {
            "options": asdict(options),
            "state_dir": str(app.state.path.resolve()),
            "config_dir": str(app.settings.config_path.parent.resolve()),
        }
        answer = _start_host(orders)
        if "error" in answer:
            error = answer["error"]
            raise Failed(error["code"], error["message"], error["hint"])
        started = Started(_need(app))
        _warn_of_overrides(app, started)
        return started


def stop(app: AppContext) -> Stopped:
    """Stop it and wait until nothing of it is left. None running is what was wanted, too."""
    running = Running.find(app.state.path)
    swept = sweep()
    if running is None:
        return Stopped(was_running=False, swept=len(swept))
    with contextlib.suppress(Unreachable, Failed):
        ask(running, "POST", "/stop")
    if not _gone(running, STOP_WITHIN_S):
        os.kill(running.pid, signal.SIGKILL)  # its guard cleans up
        if not _gone(running, KILL_WITHIN_S):
            sweep()
    return Stopped(was_running=True, swept=len(swept))


def status(app: AppContext) -> Status:
    """What runs, and what is wrong with it on purpose."""
    running = Running.find(app.state.path)
    if running is None:
        return Status(None, {})
    return Status(running, ask(running, "GET", "/status"))


def environment(app: AppContext) -> Environment:
    """What another program needs to join. Raises Failed when no sandbox runs."""
    return Environment(_need(app).environment)


def reset(app: AppContext) -> Changed:
    ask(_need(app), "POST", "/reset")
    return Changed("reset", {})


def set_fault(app: AppContext, target: str, wanted: dict[str, Any] | None) -> Changed:
    """Add faults to a service, `redis` or `firebase`; None clears them."""
    answer = ask(_need(app), "POST", "/fault", {"target": target, "set": wanted})
    return Changed(target, answer["fault"])


def traffic(app: AppContext, rate: float, duration: str | None, seed: int) -> ExitCode:
    """Print what happens, second by second, until it ends. Something that failed is a failure of the whole."""
    seconds = parse_duration(duration, "--for") if duration else None
    total: Mapping[str, Any] | None = None
    for tally in follow(_need(app), "/traffic", {"rate": rate, "seconds": seconds, "seed": seed}):
        total = tally if tally["kind"] == "total" else None
        app.output.record(Tally(tally))
    if total is None:
        raise Unreachable("sandbox_unreachable", "the sandbox ended while its traffic went on", "shema sandbox status")
    return ExitCode.FAILED if total["failed"] else ExitCode.DONE


def _warn_of_overrides(app: AppContext, started: Started) -> None:
    """The environment and `.env` outrank a profile (contract 2.1): then `--profile sandbox` would lead elsewhere."""
    entries = [app.settings.entries.get(name) for name in started.running.environment]
    outranking = [e for e in entries if e is not None and e.name not in _PLACES and e.source in ("environment", ".env")]
    if outranking:
        found = ", ".join(f"{entry.name} ({entry.source})" for entry in outranking)
        app.output.warn(f'{found} outranks the profile sandbox; join it by `eval "$(shema sandbox env)"` instead')


def _refuse_dead_shell(state_dir: Path) -> None:
    if state_dir.parent.name.startswith(PREFIX) and not is_alive(state_dir.parent):
        raise Refused(
            "sandbox_gone",
            f"SHEMA_STATE_DIR leads into a sandbox that is gone ({state_dir.parent})",
            "open a new shell, or: unset SHEMA_STATE_DIR SHEMA_CONFIG_DIR SHEMA_PROFILE",
        )


def _need(app: AppContext) -> Running:
    running = Running.find(app.state.path)
    if running is None:
        raise Failed("no_sandbox", "no sandbox is running", "shema sandbox start")
    return running


def _start_host(orders: dict[str, Any]) -> dict[str, Any]:
    """In a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it."""
    host = subprocess.Popen(
        [sys.executable, "-m", "shema_cli.sandbox.process.host"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    )
    assert host.stdin is not None
    assert host.stdout is not None
    assert host.stderr is not None
    with host.stdin, host.stdout, host.stderr:
        host.stdin.write(json.dumps(orders).encode())
        host.stdin.close()
        line = host.stdout.readline()
        if line:
            return dict(json.loads(line))
        problem = host.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
    host.wait()
    return {"error": {"code": "sandbox_failed", "message": f"the sandbox did not start: {problem}", "hint": None}}


def _gone(running: Running, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not is_alive(running.folder) and not running.folder.exists():
            return True
        time.sleep(_POLL_S)
    return False


@contextlib.contextmanager
def _one_at_a_time(state_dir: Path) -> Iterator[None]:
    """Two `start` at the same moment: the second waits, and then sees the first one's sandbox."""
    handle = os.open(state_dir, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
