"""A tail that runs beside the test: in a thread, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from shema_cli.clock import SystemClock
from shema_cli.events.buffer import Buffer
from shema_cli.events.printer import MessageLines, NoticeLine, StdoutPrinter
from shema_cli.events.reader import TailPace
from shema_cli.events.tail import TailOptions, tail
from shema_cli.events.views import chat_lines, lines
from shema_cli.output.sink import Format, Output
from shema_cli.output.streams import Streams
from tests.support.cli import CapturedStream
from tests.support.signed_in import signed_in
from tests.support.store import store_at

FAST = TailPace(ping_after=0.1, answer_within=0.3, first_pause=0.01, longest_pause=0.05, look_around=0.2)


def event(event_type: str = "ENROLLMENT_APPROVED", event_id: str = "evt_1", **more: Any) -> bytes:
    data = {"enrollmentId": "e1", "studentId": "s1"}
    document = {"eventType": event_type, "eventId": event_id, "timestamp": "2026-01-31T08:00:00.000Z"}
    return json.dumps({**document, "version": "1.0", "data": data, **more}, separators=(",", ":")).encode()


def view(record: MessageLines | NoticeLine, width: int) -> RenderableType:
    return (chat_lines if record.layout.as_chat else lines)(record, width)


@dataclass
class ThreadedTail:
    """`tail` in a thread, with its output kept; ends by its own limits."""

    url: str
    options: TailOptions
    output: str = "json"
    buffer: Buffer | None = None
    still_admin: Callable[[], None] = lambda: None
    stdout: CapturedStream = field(init=False)
    stderr: CapturedStream = field(init=False)
    outcome: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stdout, self.stderr = CapturedStream(), CapturedStream()
        output = Output(Streams(CapturedStream(), self.stdout, self.stderr, {}), Format(self.output))
        printer = StdoutPrinter(output, self.options, view)
        self._thread = threading.Thread(target=self._run, args=(printer,), daemon=True)
        self._thread.start()

    def _run(self, printer: StdoutPrinter) -> None:
        clock, store = SystemClock(), store_at(self.url)
        try:
            code = tail(store, self.options, printer, clock=clock, still_admin=self.still_admin, buffer=self.buffer)
            self.outcome.append(code)
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
