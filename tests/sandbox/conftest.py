from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.sandbox import sandbox, sandbox_system

__all__ = ["sandbox", "sandbox_system"]

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


def eventually(condition: Callable[[], object], within_s: float = LONG_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


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
        ended = subprocess.run([*SHEMA, *argv], env=self.environ, capture_output=True, text=True, timeout=120)
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
        eventually(lambda: not self.folders())
        eventually(lambda: not marked(str(self.temporary / "shema-sandbox-")))

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


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[Traces]:
    found = Traces(tmp_path)
    yield found
    found.clean_up()
