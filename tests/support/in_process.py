"""Redis in this process (fakeredis): for what only reads, and for a server that goes away exactly here.

It runs the scripts; it has neither INFO, CONFIG nor CLIENT LIST by type, so nothing that counts listeners. What the
guards promise is tested on a real server.
"""

from __future__ import annotations

from typing import Any

import fakeredis

from shema_cli.store.connection import Store
from tests.support.store import settings_for

URL = "redis://127.0.0.1:1/0"


class InProcessClient(fakeredis.FakeRedis):
    """A client whose server goes away after `calls_left` more calls; None: it stays."""

    calls_left: int | None = None

    def execute_command(self, *words: Any, **options: Any) -> Any:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                self.connection_pool.connection_kwargs["server"].connected = False
        return super().execute_command(*words, **options)


def in_process() -> InProcessClient:
    """A client of a server of its own, which is empty."""
    return InProcessClient(server=fakeredis.FakeServer(), protocol=2)


def store_in_process(client: InProcessClient) -> Store:
    return Store.over(client, settings_for(URL))
