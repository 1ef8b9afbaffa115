"""How long one attempt may take, from the connection to the last byte of the answer (contract 1.2)."""

from __future__ import annotations

from enum import Enum


class Timeout(Enum):
    """Seconds, by what is asked for."""

    DEFAULT = 5.0  # stats, capacity, health, single objects
    DATABASE = 10.0  # lists and pages
    EXTERNAL = 15.0  # Firebase, Google
    LONG_RUNNING = 30.0  # `shema api`

    @property
    def seconds(self) -> float:
        return self.value
