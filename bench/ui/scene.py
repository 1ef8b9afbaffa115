"""What the figures of the console share: a sandbox of its own to look at, and what a process uses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHEMA = (sys.executable, "-m", "shema_cli")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Scene:
    """A running sandbox. `around`: the variables with which it is steered; `inside`: those that lead into it."""

    around: Mapping[str, str]
    inside: Mapping[str, str]

    def shema(self, *words: str) -> str:
        """Run a command of the sandbox; what it printed."""
        return subprocess.run([*SHEMA, *words], env=self.around, check=True, capture_output=True, text=True).stdout

    def beside(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on by itself."""
        return subprocess.Popen([*SHEMA, *words], env=self.around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def scene() -> Iterator[Scene]:
    """A sandbox with a home of its own, taken down at the end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nothing is left then either
    with tempfile.TemporaryDirectory(prefix="shema-bench-") as folder:
        own = {"SHEMA_CONFIG_DIR": f"{folder}/config", "SHEMA_STATE_DIR": f"{folder}/state", "HOME": folder}
        around = {**as_usual(), **own}
        outside = Scene(around, {})
        outside.shema("sandbox", "start")
        try:
            leads_into: dict[str, str] = json.loads(outside.shema("sandbox", "env", "--json"))
            yield Scene(around, {**as_usual(), "HOME": folder, **leads_into})
        finally:
            outside.shema("sandbox", "stop")


def as_usual() -> dict[str, str]:
    """This environment, in which bytecode is kept as it is on an admin's machine."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Used:
    """What a process has by now: memory in MiB, threads, open files, and the processor seconds it has taken."""

    rss_mib: float
    threads: int
    files: int
    cpu_s: float


def used(pid: int) -> Used:
    """Read from `/proc`."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Used(
        rss_mib=int(status["VmRSS"].split()[0]) / 1024,
        threads=int(status["Threads"]),
        files=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        cpu_s=(int(fields[11]) + int(fields[12])) / TICKS,
    )
