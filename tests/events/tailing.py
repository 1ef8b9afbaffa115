"""A tail that runs beside the test: in a thread, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from shema_cli.context import AppContext, GlobalOptions
from shema_cli.events.buffer import Buffer
from shema_cli.events.reader import Pace
from shema_cli.events.tail import TailOptions, tail
from shema_cli.output.streams import Streams
from shema_cli.store import keys
from tests.support.cli import CapturedStream
from tests.support.signed_in import signed_in

FAST = Pace(ping_after=0.1, answer_within=0.3, first_pause=0.01, longest_pause=0.05, look_around=0.2)


def event(event_type: str = "ENROLLMENT_APPROVED", event_id: str = "evt_1", **more: Any) -> bytes:
    data = {"enrollmentId": "e1", "studentId": "s1"}
    document = {"eventType": event_type, "eventId": event_id, "timestamp": "2026-01-31T08:00:00.000Z"}
    return json.dumps({**document, "version": "1.0", "data": data, **more}, separators=(",", ":")).encode()


def wait_for(holds: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not _quietly(holds):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def _quietly(holds: Callable[[], object]) -> object:
    try:
        return holds()
    except (redis.RedisError, OSError):
        return False


def is_followed(port: int, pattern: bytes = b"*", count: int = 1) -> bool:
    with redis.Redis(port=port, socket_timeout=1) as client:
        channel = keys.PRESENCE_PREFIX.encode() + pattern
        return int(client.execute_command("PUBSUB", "NUMSUB", channel)[1]) == count


@dataclass
class ThreadedTail:
    """`tail` in a thread, with its output kept; ends by its own limits."""

    url: str
    folder: Path
    options: TailOptions
    output: str = "json"
    buffer: Buffer | None = None
    terminal: bool = False
    stdout: CapturedStream = field(init=False)
    stderr: CapturedStream = field(init=False)
    outcome: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stdout, self.stderr = CapturedStream(terminal=self.terminal), CapturedStream()
        env = {"REDIS_URL": self.url, "SHEMA_CONFIG_DIR": str(self.folder), "SHEMA_STATE_DIR": str(self.folder)}
        streams = Streams(CapturedStream(), self.stdout, self.stderr, env)
        app = AppContext.open(streams, GlobalOptions(output=self.output), "events tail")
        self._thread = threading.Thread(target=self._run, args=(app,), daemon=True)
        self._thread.start()

    def _run(self, app: AppContext) -> None:
        try:
            self.outcome.append(tail(app, self.options, buffer=self.buffer))
        except Exception as error:
            self.outcome.append(error)

    def result(self) -> list[Any]:
        """Wait for the end and return the decoded lines."""
        self._thread.join(30)
        assert not self._thread.is_alive(), self.text
        assert self.outcome == [0], self.outcome
        return self.lines

    @property
    def text(self) -> str:
        return self.stdout.bytes.decode()

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.text.splitlines()]


def tail_process(*argv: str, url: str, folder: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """`shema … tail ARGV` with pipes for stdout and stderr."""
    settings = {
        "REDIS_URL": url,
        "SHEMA_CONFIG_DIR": str(folder / "config"),
        "SHEMA_STATE_DIR": str(folder / "state"),
        "PATH": os.environ["PATH"],
        **signed_in(),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "shema_cli", *argv],
        env={**settings, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
