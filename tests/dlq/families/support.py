"""Families of dead letters that fail at chosen times, and admins who acknowledge them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from shema_cli.clock import iso
from shema_cli.dlq.families.acknowledge import Acknowledger
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.journal import Author, Journal
from tests.dlq.support import event
from tests.support.world import StillClock

LATE = "Timeout after 5000ms"
FULL = "no seat left in the course"
OF_LATE, OF_FULL = fingerprint(LATE), fingerprint(FULL)


def failed(at: datetime | str, error: str | None = LATE, number: int = 1) -> bytes:
    """An entry that failed at this time."""
    told = at if isinstance(at, str) else iso(at)
    return json.dumps({"event": event(number), "error": error, "failedAt": told}).encode()


def ago(clock: StillClock, hours: float, error: str = LATE, number: int = 1) -> bytes:
    """One that failed so many hours ago."""
    return failed(clock.now() - timedelta(hours=hours), error, number)


def put(store: Store, *raws: bytes) -> None:
    """The last is the newest."""
    for raw in raws:
        store.client.lpush(keys.DEAD_LETTERS, raw)


def acknowledger(store: Store, clock: StillClock, who: str = "dina") -> Acknowledger:
    author = Author(f"uid-{who}", f"{who}@shema.test", "dlq ack", "default")
    return Acknowledger(DeadLetters(store), Journal(store, clock, author), clock)


def emptied(store: Store, raws: Iterable[bytes] = ()) -> None:
    """The list without any entry but these."""
    store.client.delete(keys.DEAD_LETTERS)
    put(store, *raws)
