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
import sys
import time
from pathlib import Path

PLAN = "remains.json"
MARKER = "SHEMA_SANDBOX"
GRACE_S = 3.0
_POLL_S = 0.02


def clean(folder: Path) -> None:
    """End the processes that belong to `folder`, and remove the files that its plan names and the folder itself."""
    try:
        plan = json.loads((folder / PLAN).read_text())
    except (OSError, ValueError):
        plan = {}
    end_processes(folder, [int(pid) for pid in plan.get("pids", ())])
    for name in plan.get("files", ()):
        Path(name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            Path(name).parent.rmdir()  # a folder that was made for it alone
    shutil.rmtree(folder, ignore_errors=True)


def end_processes(folder: Path, known: list[int]) -> None:
    """SIGTERM, and SIGKILL for those that are still there after a while."""
    deadline = time.monotonic() + GRACE_S
    _signal(marked(folder) | set(known), signal.SIGTERM)
    while time.monotonic() < deadline:
        if not _alive(marked(folder) | set(known)):
            return
        time.sleep(_POLL_S)
    _signal(marked(folder) | set(known), signal.SIGKILL)


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


def _alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if _exists(pid)}


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return sys.platform != "linux"


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
    clean(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
