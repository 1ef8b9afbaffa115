"""Whether a run's audit entry is in the trail already: its writer may have died right after it."""

from __future__ import annotations

from shema_cli.audit.chain import AUDIT_KEY
from shema_cli.dlq.store import DeadLetters
from shema_cli.events.connection import redis_errors

PAGE = 500


def is_audited(store: DeadLetters, run: str, started_ms: int) -> bool:
    """Look through what was written since the run began (server time, as the ids of the stream are)."""
    needle = run.encode()
    first = f"{started_ms}-0"
    while True:
        with redis_errors(store.settings):
            page = store.client.xrange(AUDIT_KEY, min=first, count=PAGE)
        for name, fields in page:
            if needle in fields.get(b"details", b""):
                return True
            first = f"({name.decode()}"
        if len(page) < PAGE:
            return False
