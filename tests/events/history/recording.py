"""Recorders that run beside a test: as processes that can be killed, or in a thread."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shema_cli.clock import SystemClock
from shema_cli.errors import ShemaError
from shema_cli.events.history.entries import HistoryEntry, RecordedGap, RecordedMessage
from shema_cli.events.history.log import Keep
from shema_cli.events.history.record import RecordOptions, record
from shema_cli.events.history.stream import forward
from shema_cli.events.history.writer import Figures
from shema_cli.events.reader import TailPace
from tests.events.tailing import tail_process
from tests.support.store import store_at
from tests.support.waiting import eventually

QUICK = TailPace(
    ping_after=0.1, answer_within=0.5, first_pause=0.02, longest_pause=0.1, look_around=0.2, told_alive=0.1
)
A_DAY = Keep(86_400)


@dataclass
class RecorderProcess:
    """`shema events record -o json`; every change that it tells is kept."""

    process: subprocess.Popen[bytes]
    changes: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_what_is_said)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.changes.append(json.loads(line))

    def _read_what_is_said(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line.decode())

    @property
    def state(self) -> str:
        return str(self.changes[-1]["state"]) if self.changes else ""

    def until(self, *states: str, within_s: float = 20.0) -> RecorderProcess:
        eventually(
            lambda: self.state in states, within_s=within_s, what=lambda: f"{states}: {self.changes} {self.said}"
        )
        return self

    def kill(self) -> None:
        self.process.kill()
        self._over()

    def end(self, number: int = signal.SIGTERM) -> int:
        """How it ended."""
        self.process.send_signal(number)
        self.process.wait(20)
        self._over()
        return self.process.returncode

    def _over(self) -> None:
        self.process.wait(20)
        for thread in self._threads:
            thread.join(10)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


@contextmanager
def recorder_process(*flags: str, url: str, folder: Path) -> Iterator[RecorderProcess]:
    process = tail_process("events", "record", "-o", "json", *flags, url=url, folder=folder)
    recorder = RecorderProcess(process)
    try:
        yield recorder
    finally:
        if process.poll() is None:
            recorder.kill()


@dataclass
class RecorderThread:
    """The work of the command in a thread."""

    url: str
    keep: Keep = A_DAY
    pace: TailPace = QUICK
    told: list[tuple[str, str]] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    outcome: list[Any] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    stop: threading.Event = field(default_factory=threading.Event)
    admin_gone: ShemaError | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        store = store_at(self.url)
        options = RecordOptions(self.keep, self.pace)
        try:
            ended = record(store, options, self, clock=SystemClock(), still_admin=self._still_admin, stop=self.stop)
            self.outcome.append(ended)
        except Exception as error:
            self.outcome.append(error)
        finally:
            store.close()

    def _still_admin(self) -> None:
        if self.admin_gone:
            raise self.admin_gone

    def changed(self, state: str, why: str, figures: Figures) -> None:
        self.figures = figures
        self.told.append((state, why))

    def goes_on(self, figures: Figures) -> None:
        self.figures = figures

    def warn(self, text: str) -> None:
        self.warned.append(text)

    @property
    def state(self) -> str:
        return self.told[-1][0] if self.told else ""

    def until(self, *states: str) -> RecorderThread:
        eventually(lambda: self.state in states or self.outcome, within_s=20, what=lambda: f"{states}: {self.told}")
        assert self.state in states, (self.told, self.outcome)
        return self

    def ended(self) -> Any:
        self._thread.join(20)
        assert not self._thread.is_alive(), self.told
        return self.outcome[0]

    def end(self) -> Any:
        self.stop.set()
        return self.ended()


@contextmanager
def recording(url: str, keep: Keep = A_DAY, pace: TailPace = QUICK) -> Iterator[RecorderThread]:
    """One that records, ended with the block."""
    recorder = RecorderThread(url, keep, pace)
    try:
        yield recorder
    finally:
        recorder.end()


def entries(url: str) -> list[HistoryEntry]:
    store = store_at(url)
    try:
        return list(forward(store))
    finally:
        store.close()


def payloads(url: str) -> list[bytes]:
    return [one.payload for one in entries(url) if isinstance(one, RecordedMessage)]


def gaps(url: str) -> list[RecordedGap]:
    return [one for one in entries(url) if isinstance(one, RecordedGap)]
