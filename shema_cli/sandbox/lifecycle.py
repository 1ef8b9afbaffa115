"""`shema sandbox start`, `stop`, `status`, `env`, `reset`, `fault`, `traffic`: one that outlives the command."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shema_cli.clock import TO_THE_MINUTE, local_time, parse_duration
from shema_cli.errors import Failed, Refused, Unreachable
from shema_cli.locks import locked
from shema_cli.sandbox.extra import need_extra
from shema_cli.sandbox.process.folder import LOCK, PREFIX, is_alive, kill_owner, sweep
from shema_cli.sandbox.process.running import PROFILE, RunningSandbox
from shema_cli.sandbox.results import (
    Environment,
    PartChanged,
    SandboxStatus,
    Started,
    Stopped,
    SystemStatus,
    TrafficReport,
)
from shema_cli.sandbox.system import control_client
from shema_cli.settings.target import outranked_by
from shema_cli.shell import to_type
from shema_cli.state import StateDir
from shema_cli.store.remembered import forget_all

if TYPE_CHECKING:
    from shema_cli.output.person import Person
    from shema_cli.sandbox.system.faults import FaultDocument
    from shema_cli.settings.values import Settings

STOP_WITHIN_S = 15.0
KILL_WITHIN_S = 5.0
_POLL_S = 0.02
_NO_PART_OF_IT = ("SHEMA_CONFIG_DIR", "SHEMA_STATE_DIR", "SHEMA_PROFILE")


def need(state: StateDir) -> RunningSandbox:
    """The sandbox that runs. Raises Failed when none does."""
    running = RunningSandbox.find(state)
    if running is None:
        raise Failed("no_sandbox", "no sandbox is running", "shema sandbox start")
    return running


def start(settings: Settings, state: StateDir, person: Person, *, base_port: int | None, pause_s: float) -> Started:
    """Start a sandbox that goes on by itself; come back when everything answers.

    `base_port` and `pause_s` are those of `system.assembly.Options`. Raises Refused when one runs already, Failed when
    it cannot start.
    """
    need_extra()
    _refuse_dead_shell(state.path)
    with locked(state.ensure()):  # two at the same moment: the second waits, and then sees the first one's sandbox
        if running := RunningSandbox.find(state):
            raise Refused(
                "sandbox_running",
                f"a sandbox is running already (since {local_time(running.started_at, TO_THE_MINUTE)})",
                "shema sandbox stop",
            )
        orders = {
            "options": {"base_port": base_port, "pause_s": pause_s},
            "state_dir": str(state.path.resolve()),
            "config_dir": str(settings.config_path.parent.resolve()),
        }
        _start_host(orders)
        forget_all(state, PROFILE)
        started = Started(need(state))
        _warn_of_overrides(settings, person, started)
        return started


def stop(state: StateDir) -> Stopped:
    """Stop it and wait until nothing of it is left. None running is what was wanted, too.

    Raises Failed when it does not end, and no process can be shown to be its own.
    """
    running = RunningSandbox.find(state)
    swept = sweep()
    if running is None:
        return Stopped(was_running=False, swept=len(swept))
    with contextlib.suppress(Unreachable, Failed):
        control_client.ask(running, "POST", "/stop")
    if not _gone(running, STOP_WITHIN_S):
        killed = kill_owner(running.folder)  # its guard cleans up
        if not _gone(running, KILL_WITHIN_S):
            sweep()
        if not killed and is_alive(running.folder):
            raise Failed(
                "sandbox_not_ended",
                f"the sandbox in {running.folder} does not end, and no process can be shown to be its own",
                f"look who holds its lock, and end that: {to_type('fuser -v', str(running.folder / LOCK))}",
            )
    return Stopped(was_running=True, swept=len(swept))


def status(state: StateDir) -> SandboxStatus:
    """What runs, and what is wrong with it on purpose."""
    running = RunningSandbox.find(state)
    return SandboxStatus(SystemStatus(running, control_client.system_status(running)) if running else None)


def environment(state: StateDir) -> Environment:
    """What another program needs to join. Raises Failed when no sandbox runs."""
    return Environment(need(state).environment)


def reset(state: StateDir) -> PartChanged:
    """Data, faults and accounts as at the start. Raises Failed when no sandbox runs, Unreachable when it hangs."""
    control_client.ask(need(state), "POST", "/reset")
    forget_all(state, PROFILE)
    return PartChanged("reset", {})


def set_fault(state: StateDir, target: str, wanted: FaultDocument | None) -> PartChanged:
    """Add faults to a service, `redis`, `firebase` or `history`; None clears them.

    Raises NotFound when there is no such part, Failed when no sandbox runs, Unreachable when it hangs.
    """
    return PartChanged(target, control_client.set_fault(need(state), target, wanted)["fault"])


def traffic(state: StateDir, rate: float, duration: str | None, seed: int) -> Iterator[TrafficReport]:
    """`rate` events a second; what happens, second by second, until it ends with the total.

    Raises InvalidUsage for a duration that is none, Failed when no sandbox runs, Unreachable when it goes away.
    """
    seconds = parse_duration(duration, "--for") if duration else None
    report: TrafficReport | None = None
    for told in control_client.traffic(need(state), rate, seconds, seed):
        report = TrafficReport(told)
        yield report
    if report is None or not report.is_total:
        raise Unreachable("sandbox_unreachable", "the sandbox ended while its traffic went on", "shema sandbox status")


def _warn_of_overrides(settings: Settings, person: Person, started: Started) -> None:
    """The environment and `.env` outrank a profile (contract 2.1): then `--profile sandbox` would lead elsewhere."""
    wanted = {name: value for name, value in started.running.environment.items() if name not in _NO_PART_OF_IT}
    if found := ", ".join(f"{entry.name} ({entry.source})" for entry in outranked_by(settings, wanted)):
        person.warn(f'{found} outranks the profile sandbox; join it by `eval "$(shema sandbox env)"` instead')


def _refuse_dead_shell(state_dir: Path) -> None:
    if state_dir.parent.name.startswith(PREFIX) and not is_alive(state_dir.parent):
        raise Refused(
            "sandbox_gone",
            f"SHEMA_STATE_DIR leads into a sandbox that is gone ({state_dir.parent})",
            "open a new shell, or: unset SHEMA_STATE_DIR SHEMA_CONFIG_DIR SHEMA_PROFILE",
        )


def _start_host(orders: Mapping[str, object]) -> None:
    """In a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it. Raises Failed."""
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
        if line := host.stdout.readline():
            if error := json.loads(line).get("error"):
                raise Failed(error["code"], error["message"], error["hint"])
            return
        problem = host.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
    host.wait()
    raise Failed("sandbox_failed", f"the sandbox did not start: {problem}")


def _gone(running: RunningSandbox, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not is_alive(running.folder) and not running.folder.exists():
            return True
        time.sleep(_POLL_S)
    return False
