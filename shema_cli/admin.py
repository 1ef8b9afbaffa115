"""Whoever a command runs for, and what says whether they still may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shema_cli.clock import Clock
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir


@dataclass(frozen=True)
class Admin:
    """The verified admin in whose name a command runs. `source`: `session`, `SHEMA_ID_TOKEN` or `service-account`."""

    uid: str
    email: str
    id_token: str = field(repr=False)
    expires_at: datetime
    emulator: bool
    source: str


class Gatekeeper(Protocol):
    """What `auth/gate.py` is to a command, which knows nothing of Firebase."""

    def authorize(self, *, changes: bool) -> Admin:
        """The verified admin. Raises AccessDenied and Unreachable."""

    def renew(self, admin: Admin) -> Admin:
        """The admin again in the middle of a long run, as strictly as before a change."""

    def look_on(self, admin: Admin) -> Admin:
        """The same for what only reads: Firebase may be away while the ID token holds."""


OpenGate = Callable[[Settings, StateDir, Clock, Callable[[str], None]], Gatekeeper]
"""Makes the gate of a command; the last argument says a line to the person."""
