"""What a command is given, for a test that calls its work: an app out of these variables alone, and a still clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shema_cli.admin import Admin
from shema_cli.auth.gate import Gate
from shema_cli.clock import Clock
from shema_cli.context import AppContext
from shema_cli.output.streams import Streams
from shema_cli.settings.sources import load_settings
from tests.support.cli import CapturedStream
from tests.support.valkey import Valkey

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ANA = Admin("uid-ana", "ana@shema.test", "token", datetime(2030, 1, 1, tzinfo=UTC), True, "session")


@dataclass
class StillClock:
    """Moves only when it is told to, or when somebody sleeps."""

    at: datetime = NOW
    passed: float = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.passed += seconds


def still(timestamp: float) -> StillClock:
    return StillClock(datetime.fromtimestamp(timestamp, UTC))


def app_of(
    environ: Mapping[str, str], clock: Clock | None = None, *, command: str = "test", cwd: Path | None = None
) -> AppContext:
    """An app whose streams are kept and which knows nothing of the machine. Whoever asks for it closes it."""
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), dict(environ))
    return AppContext(load_settings(environ=environ, cwd=cwd), streams, command=command, clock=clock, open_gate=Gate)


@contextmanager
def app_on(
    valkey: Valkey, folder: Path, *, admin: Admin = ANA, clock: Clock | None = None, **settings: str
) -> Iterator[AppContext]:
    """An app on a real server, in the name of `admin`, with its files in `folder`."""
    environ = {"REDIS_URL": valkey.url, "SHEMA_CONFIG_DIR": str(folder), "SHEMA_STATE_DIR": str(folder), **settings}
    app = app_of(environ, clock, command="enrollments approve", cwd=folder)
    app.admin = admin
    try:
        yield app
    finally:
        app.close()
