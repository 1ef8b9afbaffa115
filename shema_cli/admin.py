"""Whoever a command runs for, and what says whether they still may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from typing import Protocol

from shema_cli.clock import Clock
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir


@dataclass(frozen=True)
class Admin:
    """The verified admin in whose name a command runs. `source`: `session`, `SHEMA_ID_TOKEN` or `service-account`.

    `confirmed_until`: how long Firebase's last word on them is taken for its word of now (monotonic seconds).
    """

    uid: str
    email: str
    id_token: str = field(repr=False)
    expires_at: datetime
    emulator: bool
    source: str
    confirmed_until: float = 0.0


class Gatekeeper(Protocol):
    """What `auth/gate.py` is to a command, which knows nothing of Firebase."""

    def authorize(self, *, changes: bool) -> Admin:
        """The verified admin. Raises AccessDenied and Unreachable."""

    def renew(self, admin: Admin, *, now: bool = False) -> Admin:
        """The admin again in the middle of a long run, as strictly as before a change; `now`: Firebase is asked."""

    def look_on(self, admin: Admin) -> Admin:
        """The same for what only reads: Firebase may be away while the ID token holds."""


OpenGate = Callable[[Settings, StateDir, Clock, Callable[[str], None]], Gatekeeper]
"""Makes the gate of a command; the last argument says a line to the person."""


class StillAdmin(Protocol):
    """Asked by a command that has begun: whether its admin still is one.

    What changes something has Firebase asked, unless it was a moment ago; `now` does not take that for an answer: a
    question was answered, or something was waited for, and what has happened meanwhile is not known. Raises
    AccessDenied, Unreachable, Failed.
    """

    def __call__(self, *, now: bool = False) -> None: ...


def nobody_signed_in(*, now: bool = False) -> None:
    """Where nobody had to sign in, nobody is asked."""


class Mandate:
    """Whether a long run may go on in its admin's name; asked before each batch of changes (contract 2.4).

    `ended` is why not, once it may not. What was in hand is finished, the rest is told as not done. `withdrawn` tells
    why, where somebody else has ended it.
    """

    def __init__(self, still_admin: StillAdmin, withdrawn: Callable[[], ShemaError | None] = lambda: None) -> None:
        self._ended: ShemaError | None = None
        self._still_admin = still_admin
        self._withdrawn = withdrawn

    @property
    def ended(self) -> ShemaError | None:
        self._ended = self._ended or self._withdrawn()
        return self._ended

    def holds(self, *, now: bool = False) -> bool:
        if self.ended is None:
            try:
                self._still_admin(now=now)
            except ShemaError as error:
                self._ended = error
        return self.ended is None
