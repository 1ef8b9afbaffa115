"""The process behind `shema sandbox start`: a sandbox that lives until it is told to stop.

Started as `python -m shema_cli.sandbox.process.host` with its orders as JSON on stdin; it answers with one line of JSON
on stdout, `{"running": …}` or `{"error": …}`, and lets go of the terminal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from shema_cli.errors import ShemaError
from shema_cli.sandbox.identity.people import sign_in_admin
from shema_cli.sandbox.process.folder import sweep
from shema_cli.sandbox.process.running import write_profile
from shema_cli.sandbox.process.signals import Signals
from shema_cli.sandbox.system.assembly import Options, System
from shema_cli.state import StateDir


def main() -> None:
    orders = json.load(sys.stdin)
    with Signals() as signals:
        sweep()
        system = System(Options(**orders["options"]))
        system.on_stop = lambda: os.kill(os.getpid(), signal.SIGTERM)
        try:
            system.start()
        except ShemaError as error:
            _answer(error.document())
            return
        try:
            _make_known(system, StateDir(Path(orders["state_dir"])), Path(orders["config_dir"]))
            _answer({"running": str(system.path)})
            _let_go()
            while signals.next()[0] not in (signal.SIGTERM, signal.SIGINT):
                continue
        finally:
            system.stop()


def _make_known(system: System, state: StateDir, config_dir: Path) -> None:
    """In the user's own folders: where it is, the profile that leads to it, and a session for that profile."""
    system.folder.watch(write_profile(config_dir, system.environment()), with_folder=True)
    system.folder.watch(sign_in_admin(system.accounts, system.environment(), state, system.clock))
    system.extra_sessions.append(state)
    system.folder.watch(system.running().write(state))


def _answer(document: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _let_go() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.close(null)


if __name__ == "__main__":
    main()
