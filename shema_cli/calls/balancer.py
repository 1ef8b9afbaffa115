"""Whose turn it is among the instances of a service (contract 1.1).

The turn is kept in the state folder: most commands make one call to a service, and without a memory they would all
begin with the same instance.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from shema_cli.calls.instances import Instance
from shema_cli.calls.shared_state import SharedState, transaction


class Balancer:
    """Round robin over the instances of each service, across concurrent commands too."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared

    def line_up(self, service: str, instances: Sequence[Instance]) -> list[Instance]:
        """The instances in the order in which this call tries them; the next call begins one further on."""
        if len(instances) < 2:
            return list(instances)
        start = self._shared.run(lambda db: _take_turn(db, service)) % len(instances)
        return [*instances[start:], *instances[:start]]


def _take_turn(db: sqlite3.Connection, service: str) -> int:
    with transaction(db):
        found = db.execute("SELECT turn FROM rotation WHERE service = ?", (service,)).fetchone()
        turn: int = found[0] if found else 0
        db.execute("INSERT OR REPLACE INTO rotation (service, turn) VALUES (?, ?)", (service, (turn + 1) % 2**31))
    return turn
