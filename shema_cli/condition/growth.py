"""How fast something comes, by the hour: the one place that says in which hour a moment falls, and what is rising."""

from __future__ import annotations

from shema_cli.frozen import dataclass

HOUR_S = 3600.0
HOURS = 24
_NOTHING = (0,) * HOURS


def hours_ago(age_s: float) -> int:
    """In which hour before now something of this age came: 0 in the last one. A clock that is ahead says now."""
    return max(0, int(age_s // HOUR_S))


def is_rising(last_hour: float, hour_before: float | None) -> bool:
    """Whether more came in the last hour than in the one before; None: that is not known."""
    return last_hour > 0 and hour_before is not None and last_hour > hour_before


class HourCounts:
    """Counts of the last 24 hours, in memory that does not grow."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = list(_NOTHING)

    def add(self, hour: int | None) -> None:
        """Count one that came `hours_ago`; None, or longer ago than 24 hours: it is not counted."""
        if hour is not None and hour < HOURS:
            self._counts[-1 - hour] += 1

    def growth(self) -> Growth:
        return Growth(tuple(self._counts))


@dataclass(frozen=True)
class Growth:
    """How many came in each of the last 24 hours, the last hour last."""

    per_hour: tuple[int, ...] = _NOTHING

    @property
    def last_hour(self) -> int:
        return self.per_hour[-1]

    @property
    def hour_before(self) -> int:
        return self.per_hour[-2]

    @property
    def of_a_day(self) -> int:
        return sum(self.per_hour)

    @property
    def rising(self) -> bool:
        return is_rising(self.last_hour, self.hour_before)

    @property
    def told(self) -> str:
        """`rising +12/h`, `+12/h`; empty where none came in the last hour."""
        if not self.last_hour:
            return ""
        return f"{'rising ' if self.rising else ''}+{self.last_hour:,}/h"

    def document(self) -> dict[str, object]:
        return {"per_hour": list(self.per_hour), "rising": self.rising}


NO_GROWTH = Growth()
