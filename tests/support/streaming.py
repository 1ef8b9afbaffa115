"""A command that goes on by itself (`tail`, `--watch`, `--follow`), in a process of its own, read line by line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

GIVEN_UP_AFTER_S = 60.0


class Streaming:
    """The running command. It is killed when a test waits for ever."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def line(self) -> Any:
        """The next line of stdout, which is a JSON object."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._said()
        return json.loads(line)

    def until(self, kind: str) -> Any:
        """The first line of this kind; what comes before it is passed over."""
        while (line := self.line())["kind"] != kind:
            pass
        return line

    def note(self, start: str) -> str:
        """Wait for a line of stderr that begins so."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.startswith(start.encode()):
                return line.decode()
        raise AssertionError(f"it never said {start!r}")

    def interrupt(self) -> int:
        """Ctrl-C; how it ended."""
        self._process.send_signal(signal.SIGINT)
        self._process.communicate()
        return self._process.returncode

    def _said(self) -> str:
        assert self._process.stderr is not None
        return f"stdout ended; stderr: {self._process.stderr.read().decode()}"


@contextmanager
def streaming(*argv: str, env: Mapping[str, str], cwd: Path) -> Iterator[Streaming]:
    """`shema ARGV -o json` with this environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shema_cli", *argv, "-o", "json"],
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), **env},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    timer = Timer(GIVEN_UP_AFTER_S, process.kill)
    timer.start()
    try:
        yield Streaming(process)
    finally:
        timer.cancel()
        process.kill()
        process.communicate()
