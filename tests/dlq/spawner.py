"""Real `shema` processes that start in milliseconds: a process that has everything imported forks one for each line.

with Spawner(env) as spawn:
    process = spawn("dlq", "replay", "--all", "--yes")
    process.kill(); process.wait()
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass
class Process:
    pid: int
    folder: Path
    ends: Any

    def kill(self, number: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, seconds: float = 30) -> int:
        """The exit code; negative for the signal that ended it."""
        return self.ends(self.pid, seconds)

    def is_over(self) -> bool:
        """Whether it has ended, asked without waiting for it."""
        try:
            self.wait(0.001)
        except AssertionError:
            return False
        return True

    @property
    def out(self) -> str:
        return (self.folder / f"{self.pid}.out").read_text()

    @property
    def err(self) -> str:
        return (self.folder / f"{self.pid}.err").read_text()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Spawner:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._codes: dict[int, int] = {}

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="shema-spawn-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.dlq.spawner", self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # what is buffered here, select does not see
            env={**os.environ, **self._env},
        )
        self._line()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
        self._folder.cleanup()

    def __call__(self, *argv: str) -> Process:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(argv).encode() + b"\n")
        self._process.stdin.flush()
        while "pid" not in (line := self._line()):
            self._codes[line["ended"]] = line["code"]
        return Process(line["pid"], Path(self._folder.name), self._ends)

    def _ends(self, pid: int, seconds: float) -> int:
        while pid not in self._codes:
            line = self._line(seconds)
            self._codes[line["ended"]] = line["code"]
        return self._codes[pid]

    def _line(self, seconds: float = 30) -> Any:
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        assert ready, "the process did not end in time"
        return json.loads(self._process.stdout.readline())


def _serve(folder: Path) -> None:
    import shema_cli.app
    import shema_cli.auth.gate
    import shema_cli.dlq.commands
    import shema_cli.dlq.discard
    import shema_cli.dlq.replay
    import shema_cli.store.connection
    import shema_cli.store.journal  # noqa: F401

    _say({"ready": True})
    buffer = b""
    running: set[int] = set()
    while True:
        ready, _, _ = select.select([0], [], [], 0.002 if running else None)
        if ready:
            chunk = os.read(0, 65536)
            if not chunk:
                break
            buffer += chunk
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            pid = os.fork()
            if pid == 0:
                _become(folder, json.loads(line))
            running.add(pid)
            _say({"pid": pid})
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                running.discard(pid)
                _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _become(folder: Path, argv: list[str]) -> None:
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / f"{os.getpid()}.{name}", os.O_CREAT | os.O_WRONLY, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from shema_cli.main import main

    code = 70
    try:
        code = main(argv)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _say(line: dict[str, Any]) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
