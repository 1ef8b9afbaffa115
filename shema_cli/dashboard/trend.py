"""What each number was at every minute of the last day, and what that comes to.

Nothing stands for a minute in which no number was known: a gap is a gap, and never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from shema_cli.frozen import dataclass

MINUTE_S = 60
DAY = 24 * 60
ABOUT = 60
"""So many minutes from a day ago a number still is one of yesterday's."""
KEPT = DAY + 2 * ABOUT
DEAD_LETTERS = "dead_letters"
Minutes = Mapping[int, int]
"""Minute since 1970 → the number."""


def minute_of(moment: datetime) -> int:
    return int(moment.timestamp() // MINUTE_S)


@dataclass(frozen=True)
class Trend:
    """One number over the last day."""

    minutes: Minutes = field(default_factory=dict)

    def begins(self, now: datetime) -> int | None:
        """The oldest minute of the last day of which it is known."""
        last = minute_of(now)
        return min((minute for minute in self.minutes if last - DAY <= minute <= last), default=None)

    def yesterday(self, now: datetime) -> int | None:
        """What it was about a day ago; None where nobody looked then."""
        day_ago = minute_of(now) - DAY
        nearest = min(self.minutes, key=lambda minute: abs(minute - day_ago), default=None)
        return None if nearest is None or abs(nearest - day_ago) > ABOUT else self.minutes[nearest]

    def over(self, now: datetime, minutes: int, most: int, *, finest: int = 1) -> list[int | None]:
        """The last `minutes` in at most `most` equal parts of at least `finest` minutes, oldest first.

        Of each the newest number that is known; None for a part of which none is. Parts begin on multiples of their
        length, so that they stay where they are while time goes on.
        """
        length = max(finest, -(-minutes // max(1, most - 1)))
        last = minute_of(now) // length
        first = (minute_of(now) - minutes) // length
        parts: dict[int, int] = {}
        for minute in sorted(self.minutes):
            if minute <= minute_of(now):
                parts[minute // length] = self.minutes[minute]
        return [parts.get(part) for part in range(first, last + 1)][-most:] if most > 0 else []


class Trends:
    """The trends of one system by the name of the number: what was kept, and what is heard from now on."""

    def __init__(self, kept: Mapping[str, Minutes] | None = None) -> None:
        self._minutes = {name: dict(minutes) for name, minutes in (kept or {}).items()}

    def hear(self, name: str, value: int, at: datetime) -> None:
        """In memory the newest of a minute counts, so that what is shown is never behind."""
        minutes = self._minutes.setdefault(name, {})
        minutes[minute_of(at)] = value
        if len(minutes) > KEPT:
            del minutes[min(minutes)]

    def of(self, name: str) -> Trend:
        return Trend(self._minutes.get(name, {}))

    def minutes(self, now: datetime) -> int:
        """How far back within the last day anything is known: one axis for all."""
        begins = [first for name in self._minutes if (first := self.of(name).begins(now)) is not None]
        return minute_of(now) - min(begins) if begins else 0
