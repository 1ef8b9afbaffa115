"""What follows for ever and was not let: since when, what is wrong, and when it is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shema_cli.clock import age, iso, parse_moment
from shema_cli.errors import Failed, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.ui.lines import Words
from shema_cli.ui.page import with_options

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Between one try and the next; the last for as long as it takes."""
SINCE = "--since"


@dataclass(frozen=True)
class Away:
    """Moments are monotonic seconds. `tries`: how often in a row it could not begin."""

    since: float
    problem: ShemaError | None = None
    tries: int = 0
    next_at: float = 0.0

    def again(self, problem: ShemaError, now: float) -> Away:
        """It was tried, and this came of it."""
        tried = replace(self, problem=problem, tries=self.tries + 1)
        return replace(tried, next_at=now + tried.pause_s)

    @property
    def pause_s(self) -> float:
        return PAUSES_S[min(self.tries, len(PAUSES_S)) - 1]

    @property
    def may_come_back(self) -> bool:
        """A line that is wrong, or not allowed, is so the next time too."""
        return isinstance(self.problem, (Unreachable, Failed))

    def told(self, now: float) -> str:
        """`away for 12s · again in 4s · Redis at … does not answer`"""
        message = self.problem.message if self.problem else ""
        if not self.may_come_back:
            return " · ".join(filter(None, (message, self.problem.hint if self.problem else "")))
        left = self.next_at - now
        again = f"again in {age(left)}" if left >= 1 else "trying again"
        return f"away for {age(now - self.since)} · {again} · {message}"


def going_on(words: Words, lost_at: datetime | None, opened_at: datetime) -> Words:
    """The line that tells what came meanwhile: since it was lost; where it never began, since its own beginning was
    asked for."""
    at = words.index(SINCE) + 1 if SINCE in words else 0
    if not at:
        return words if lost_at is None else with_options(words, SINCE, iso(lost_at))
    return (*words[:at], iso(lost_at or parse_moment(words[at], SINCE, opened_at)), *words[at + 1 :])
