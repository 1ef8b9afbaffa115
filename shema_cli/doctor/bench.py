"""What a check may use: settings, time, a Redis connection of its own. Whatever a check would write is dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path

from shema_cli.clock import Clock
from shema_cli.doctor.results import Finding, FindingState
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.masking import masked
from shema_cli.output.streams import Streams
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir
from shema_cli.store.connection import Store


class Skip(Exception):
    """What this check needs is reported missing by another one."""


class ReadOnlyState(StateDir):
    """The state folder, never written to."""

    def ensure(self) -> Path:
        return self.path

    def write(self, _name: str, _content: bytes) -> None:
        return

    def delete(self, _name: str) -> None:
        return


@dataclass(frozen=True)
class Say:
    """Makes the findings of one area and check."""

    area: str
    check: str

    to_copy: str = ""

    def ok(self, message: str) -> Finding:
        return self._finding(FindingState.OK, message)

    def warn(self, message: str, advice: str) -> Finding:
        return self._finding(FindingState.WARN, message, advice)

    def fail(self, message: str, advice: str) -> Finding:
        return self._finding(FindingState.FAIL, message, advice)

    def with_copy(self, command: str) -> Say:
        """For a finding whose message or advice ends in a long command."""
        return replace(self, to_copy=command)

    def error(self, error: ShemaError) -> Finding:
        return self.fail(error.message, error.hint or "")

    def _finding(self, state: FindingState, message: str, advice: str = "") -> Finding:
        return Finding(self.area, self.check, state, masked(message), masked(advice), self.to_copy)


@dataclass
class Bench:
    """Shared by all checks of one run, which are in threads of their own.

    `wanted_profile` is the one that was asked for, which `settings` do not have when it does not exist.
    """

    settings: Settings
    streams: Streams
    clock: Clock
    wanted_profile: str | None = None
    state: ReadOnlyState = field(init=False)
    _redis_answers: bool | None = None
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.state = ReadOnlyState(self.settings.state_path)

    @contextmanager
    def redis(self) -> Iterator[Store]:
        """A connection of one's own. Raises Skip when Redis does not answer, which the check of the server tells."""
        with self._asking:
            if self._redis_answers is None:
                self._redis_answers = self._answers()
        if not self._redis_answers:
            raise Skip
        with self.connect() as store:
            yield store

    @contextmanager
    def connect(self) -> Iterator[Store]:
        """A connection that is closed again; errors leave as ShemaErrors."""
        store = Store(self.settings)
        with store.errors():
            try:
                yield store
            finally:
                store.close()

    def _answers(self) -> bool:
        try:
            with self.connect() as store:
                store.knock()
                return True
        except ShemaError:
            return False


Check = Callable[[Bench, Say], Iterator[Finding]]
"""Looks at one thing and yields what it found. It may raise: the runner makes a finding of that."""
