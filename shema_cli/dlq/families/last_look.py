"""When an admin last looked at the dead letters of a target: what failed since is new to them.

Kept on this machine, for each admin and each target by itself. Only a look at all of them at a terminal counts: what
goes into a pipe or a program was not looked at, and filters show a part.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from shema_cli.clock import iso, parse_iso
from shema_cli.dlq.families.acknowledged import Acknowledged, Failures, believed
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass

if TYPE_CHECKING:
    from shema_cli.settings.target import Target
    from shema_cli.state import StateDir

SITTING_S = 120.0
"""Looks within so long of the first of them are one: what `stats` tells as new is new in the `list` that follows."""


@dataclass(frozen=True)
class Eyes:
    """With whose eyes dead letters are looked at: what is known to all, and since when it is new to this admin.

    `since` None: they never looked here, so nothing is told of what is new.
    """

    acknowledged: Acknowledged
    now: datetime
    since: datetime | None = None

    @property
    def since_s(self) -> float | None:
        """How long ago they looked."""
        return None if self.since is None else (self.now - self.since).total_seconds()

    def is_new(self, failed: datetime | None) -> bool:
        """Whether what failed then did so since. What does not say when it failed is not told as new."""
        if self.since is None:
            return False
        known = believed(failed, self.now)
        return known is not None and known > self.since

    def failures(self) -> Failures:
        """To be told of all entries, so that it is known how the acknowledged families stand."""
        return Failures(self.acknowledged, self.now)


class LastLook:
    """The file of one admin and one target. What cannot be read or written costs what is new, never the command."""

    def __init__(self, state: StateDir, target: Target, uid: str) -> None:
        whose = "\0".join((target.profile, target.redis or "", uid))
        self._state = state
        self._name = f"looked-{sha256(whose.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}.json"

    def since(self, now: datetime) -> datetime | None:
        """What failed after this is new; None where they never looked, or a clock was set back since."""
        before, began, last = self._recall()
        if last is None or last > now:
            return None
        return before or last if _one_sitting(began, now) else last

    def keep(self, now: datetime) -> None:
        """They have looked."""
        before, began, last = self._recall()
        if not _one_sitting(began, now):
            before, began = last, now
        told = {"before": before and iso(before), "began": began and iso(began), "last": iso(now)}
        with suppress(OSError, ShemaError):
            self._state.write(self._name, json.dumps(told).encode())

    def _recall(self) -> tuple[datetime | None, datetime | None, datetime | None]:
        kept: dict[str, object] = {}
        with suppress(ShemaError):
            kept = self._state.read_object(self._name)
        before, began, last = (_moment(kept.get(name)) for name in ("before", "began", "last"))
        return before, began, last


def _one_sitting(began: datetime | None, now: datetime) -> bool:
    return began is not None and 0 <= (now - began).total_seconds() <= SITTING_S


def _moment(text: object) -> datetime | None:
    return parse_iso(text) if isinstance(text, str) else None
