"""`shema sandbox run`: a sandbox for as long as one command takes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence

from shema_cli.errors import Failed, NotFound
from shema_cli.sandbox.process.folder import sweep
from shema_cli.sandbox.process.signals import Signals, dies_with_parent
from shema_cli.sandbox.system.assembly import Options, System

KILL_AFTER_S = 10.0


def run_in_sandbox(command: Sequence[str], options: Options) -> int:
    """Run `command` in a sandbox of its own; its exit code, 128 + n when signal n ended it.

    Raises NotFound when there is no such command, Failed when the sandbox cannot start.
    """
    with Signals() as signals:
        sweep()
        system = System(options)
        system.on_stop = _terminate_self
        system.start()
        try:
            if early := signals.pending():
                return 128 + early
            return _wait(_start(command, system.command_environment()), signals)
        finally:
            system.stop()


def _terminate_self() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """The command gets this process' own stdin, stdout, stderr, terminal, and whatever else was handed down."""
    try:
        return subprocess.Popen(command, env=environment, close_fds=False, preexec_fn=dies_with_parent(signal.SIGTERM))
    except FileNotFoundError:
        raise NotFound(
            "no_such_command", f"there is no command {command[0]!r}", "shema sandbox run -- COMMAND…"
        ) from None
    except OSError as error:
        raise Failed("command_failed", f"{command[0]} cannot be run: {error.strerror}") from None


def _wait(process: subprocess.Popen[bytes], signals: Signals) -> int:
    """Pass signals on and wait for the command, which alone decides what Ctrl-C means to it.

    One that does not end after SIGTERM or SIGHUP is killed after a while.
    """
    killer: threading.Timer | None = None
    while (code := process.poll()) is None:
        number, from_terminal = signals.next()
        if number is signal.SIGCHLD or process.poll() is not None:
            continue
        if not (from_terminal and number is signal.SIGINT):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
        if number is not signal.SIGINT and killer is None:
            killer = threading.Timer(KILL_AFTER_S, process.kill)
            killer.daemon = True
            killer.start()
    if killer is not None:
        killer.cancel()
    return 128 - code if code < 0 else code
