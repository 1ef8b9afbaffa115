"""The last one out: takes a sandbox's remains away once its owner is gone, however it went.

    python -I -S guard.py FOLDER

waits on stdin, a pipe of which only the owner holds the other end, and cleans when it closes: also after a kill -9.
It runs by itself, with the standard library alone, so that it costs little and survives its owner.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PLAN = "remains.json"
MARKER = "SHEMA_SANDBOX"
GRACE_S = 3.0
_POLL_S = 0.02


def clean(folder: Path, *, at_once: bool = False) -> None:
    """End the processes that belong to `folder`, and remove the files that its plan names and the folder itself.

    The plan's own processes are ended only `at_once` after the owner's end, and only those that started when it says:
    a number may be another's by now.
    """
    try:
        plan = json.loads((folder / PLAN).read_text())
    except (OSError, ValueError):
        plan = {}
    known = {int(pid): moment for pid, moment in plan.get("pids", ())} if at_once else {}
    _signal({pid for pid, moment in known.items() if moment and started(pid) == moment}, signal.SIGKILL)
    end_processes(folder)
    for name in plan.get("files", ()):
        Path(name).unlink(missing_ok=True)
    for name in plan.get("folders", ()):
        with contextlib.suppress(OSError):
            Path(name).rmdir()  # unless somebody else has put something there
    shutil.rmtree(folder, ignore_errors=True)


def end_processes(folder: Path) -> None:
    """SIGTERM, and SIGKILL for those that are still there after a while."""
    deadline = time.monotonic() + GRACE_S
    _signal(marked(folder), signal.SIGTERM)
    while time.monotonic() < deadline:
        if not marked(folder):
            return
        time.sleep(_POLL_S)
    _signal(marked(folder), signal.SIGKILL)


def marked(folder: Path) -> set[int]:
    """Processes that were started inside the sandbox, wherever they have gone since: their environment names it."""
    wanted = os.fsencode(f"{MARKER}={folder}")
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != os.getpid():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def started(pid: int) -> str:
    """When a process started, in the system's own words; empty when there is none, or nobody tells.

    Together with its number this names a process: a number that is used again belongs to one that started later.
    """
    try:
        if Path("/proc/self/stat").exists():
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        told = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=True)
        return told.stdout.strip()
    except (OSError, IndexError, subprocess.SubprocessError):
        return ""


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            continue


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    clean(Path(sys.argv[1]), at_once=True)


if __name__ == "__main__":
    main()
