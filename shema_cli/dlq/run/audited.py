"""Whether a run's audit entry is in the trail already: its writer may have died right after it."""

from __future__ import annotations

from shema_cli.dlq.run.store import DeadLetters
from shema_cli.store import keys
from shema_cli.store.connection import redis_errors

PAGE = 500
SKEW_MS = 3_600_000


def is_audited(store: DeadLetters, run: str, started_ms: int) -> bool:
    """Look through what was written since the run began.

    Both times are a server's, but on a cluster, or after a failover, not the same server's.
    """
    needle = f'"run": "{run}"'.encode()
    first = f"{max(0, started_ms - SKEW_MS)}-0"
    while True:
        with redis_errors(store.settings):
            page = store.client.xrange(keys.AUDIT, min=first, count=PAGE)
        for name, fields in page:
            if needle in fields.get(b"details", b""):
                return True
            first = f"({name.decode()}"
        if len(page) < PAGE:
            return False
