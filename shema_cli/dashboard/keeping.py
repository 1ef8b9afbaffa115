"""Where the dashboard keeps what it has seen: small databases in the state folder, and whose each number is.

A number is kept for the profile and for where it came from: one of another system is never shown (contract 2.3).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable

from shema_cli.errors import ShemaError
from shema_cli.settings.values import Settings
from shema_cli.state import CacheFile, StateDir, StateUnusable

BUSY_S = 0.5
AHEAD_S = 300  # a clock may be wrong by this much; what is dated later is not believed


class Keeping:
    """One of the databases. It costs nobody anything but what it holds: nothing that is wrong with it is raised."""

    def __init__(self, state: StateDir, name: str, schema: str) -> None:
        self._state = state
        self._file = CacheFile(state, name, (schema,), busy_s=BUSY_S)

    def use(self, work: Callable[[sqlite3.Connection], None]) -> str | None:
        """Have `work` done on it, which blocks for about a second at most; what went wrong, if anything.

        A state folder that cannot be used at all is told by itself, once.
        """
        try:
            self._file.use(work)
        except StateUnusable as error:
            self._state.left_out(error)
        except (sqlite3.Error, OSError, ShemaError) as error:
            return f"the last good numbers and their trend cannot be kept: {error}"
        return None


class Origins:
    """Where the numbers of one profile may come from, as names that show no password of a URL."""

    def __init__(self, settings: Settings) -> None:
        self.profile = settings.profile or ""
        self._urls = settings.service_urls()
        self.redis = named(f"registry {settings.get('REDIS_URL') or ''}")
        """Redis, and whatever is registered in it."""

    def of(self, service: str, instance: str | None) -> str:
        """Where an answer came from: a configured instance, else one that the registry named."""
        url = (instance or "").rstrip("/")
        return named(url) if url in self._urls.get(service, ()) else self.redis

    def known(self, service: str) -> set[str]:
        """Wherever an answer of this service may have come from."""
        return {self.redis, *(named(url) for url in self._urls.get(service, ()))}


def named(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()[:32]
