"""An `AppContext` for tests of the gate, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shema_cli.auth.realm import Realm
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams
from shema_cli.settings.sources import load_settings
from tests.support.cli import CapturedStream


@dataclass
class StillClock:
    """Moves only when it is told to, or when somebody sleeps."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def still(timestamp: float) -> StillClock:
    return StillClock(datetime.fromtimestamp(timestamp, UTC))


def app_of(env: Mapping[str, str], clock: StillClock | None = None) -> AppContext:
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), dict(env))
    return AppContext(load_settings(environ=env), streams, options=GlobalOptions(), clock=clock)


def realm_of(env: Mapping[str, str], clock: StillClock | None = None) -> Realm:
    return Realm.of(app_of(env, clock))
