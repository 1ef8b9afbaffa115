"""`shema` as a process of its own, and what a sandbox may have left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.waiting import eventually

SHEMA = (sys.executable, "-m", "shema_cli")
LONG_S = 30.0


def marked(folder: str) -> list[int]:
    """Processes whose environment or arguments name this sandbox folder, and servers that work in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            told += os.fsencode((entry / "cwd").readlink())
        except OSError:
            continue
        if folder.encode() in told and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


class Traces:
    """What a sandbox may leave: its own temporary folder, so that tests do not see each other's."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
            "SHEMA_CONFIG_DIR": str(folder / "config"),
            "SHEMA_STATE_DIR": str(folder / "state"),
        }
        self.started: list[subprocess.Popen[str]] = []

    def shema(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [*SHEMA, *argv], env=self.environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert not check or ended.returncode == 0, ended.stderr
        return ended

    def spawn(self, *argv: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*SHEMA, *argv], env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.started.append(process)
        return process

    def folders(self) -> list[Path]:
        return list(self.temporary.iterdir())

    def nothing_left(self) -> None:
        """No file in the temporary folder and no process that was started for a folder in it."""
        eventually(lambda: not self.folders(), within_s=LONG_S, what="the temporary folder is empty")
        started = str(self.temporary / "shema-sandbox-")
        eventually(lambda: not marked(started), within_s=LONG_S, what="no process of a sandbox is left")

    def status(self) -> Mapping[str, object]:
        document: Mapping[str, object] = json.loads(self.shema("sandbox", "status", "--json").stdout)
        return document

    def clean_up(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for pid in marked(str(self.temporary)):  # after a test that failed: hosts, too
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
