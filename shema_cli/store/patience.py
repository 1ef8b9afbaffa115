"""Waiting out a failover, for what may be asked twice (contract 3.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shema_cli.clock import Clock
from shema_cli.store.connection import Store
from shema_cli.store.errors import FAILOVER_S, Passing

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 0.5
Answer = TypeVar("Answer")


def patiently(store: Store, clock: Clock, ask: Callable[[], Answer]) -> Answer:
    """Ask, and again while Redis is away, for as long as a failover may take. Raises what `ask` raises."""
    deadline, pause = clock.monotonic() + FAILOVER_S, FIRST_PAUSE_S
    while True:
        try:
            return ask()
        except Passing:
            if clock.monotonic() >= deadline:
                raise
            store.let_go()
            clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
