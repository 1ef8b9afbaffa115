"""A command's world on a real server, and the services that hear the events."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shema_cli.auth.gate import Admin
from shema_cli.clock import Clock
from shema_cli.context import AppContext
from shema_cli.enrollments.decide import Decider
from shema_cli.output.streams import Streams
from shema_cli.settings.sources import load_settings
from tests.support.valkey import Valkey

ADMIN = Admin("uid-ana", "ana@shema.test", "token", datetime(2030, 1, 1, tzinfo=UTC), True, "session")


@contextmanager
def context(
    valkey: Valkey, folder: Path, *, admin: Admin = ADMIN, clock: Clock | None = None, **settings: str
) -> Iterator[AppContext]:
    """An AppContext as a command gets it, in the name of `admin`."""
    environ = {"REDIS_URL": valkey.url, "SHEMA_CONFIG_DIR": str(folder), "SHEMA_STATE_DIR": str(folder), **settings}
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO(), environ)
    app = AppContext(load_settings(environ=environ, cwd=folder), streams, command="enrollments approve", clock=clock)
    app.admin = admin
    try:
        yield app
    finally:
        app.close()


def decider_of(app: AppContext, *, allow_unheard: bool = False) -> Decider:
    return Decider(app.store, app.clock, app.journal, allow_unheard=allow_unheard)
