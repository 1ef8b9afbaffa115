"""A program of Node's that a test gives orders to and listens to: lines of JSON on stdin and stdout."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.firebase import NODE_MODULES

ANSWERS_WITHIN_S = 20.0


def need_node(*modules: str) -> None:
    """Skips the test, and says what is missing."""
    if not shutil.which("node") or not all((NODE_MODULES / name).is_dir() for name in modules):
        pytest.skip(f"node or {' or '.join(modules)} is not installed: it takes Node 20 and `make .tools/.ready`")


class Node:
    """The program, which is ready, and everything that it has said."""

    def __init__(self, program: Path, *argv: str, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            ["node", str(program), *argv],
            env={**environment, "PATH": os.environ["PATH"], "SERVICE_NAME": "node", "NODE_PATH": str(NODE_MODULES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._kept: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.wait(lambda line: "ready" in line)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first line of this kind that nobody has asked for yet."""
        for line in self._kept:
            if wanted(line):
                self._kept.remove(line)
                return line
        while True:
            line = self._said.get(timeout=ANSWERS_WITHIN_S)
            if wanted(line):
                return line
            self._kept.append(line)

    def tell(self, order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, order: str, **arguments: Any) -> Any:
        self.tell({"do": order, **arguments})
        return self.wait(lambda line: line.get("done") == order)["result"]

    def hears(self, **expected: Any) -> dict[str, Any]:
        """A message with these values, whole."""
        return self.wait(lambda line: expected.items() <= line.get("heard", {}).items())

    def close(self) -> None:
        """Have it end by itself."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            assert self.process.wait(ANSWERS_WITHIN_S) == 0
        finally:
            self.process.kill()
            self._reader.join()
            self.process.stdout.close()
