"""All cases, and which of them fits what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shema_cli.cases.messages import (
    DEAD_LETTERS,
    FAMILY_RETURNED,
    HISTORY_GAP,
    MISSED,
    NOBODY_HEARS,
    RUN_ABANDONED,
    SEATS_FULL,
)
from shema_cli.cases.model import Case, Known
from shema_cli.cases.people import REFUSED, SESSION_LOST, TRAIL_BROKEN
from shema_cli.cases.system import (
    CLOCK_OFF,
    CUT_OFF,
    NOT_SET_UP,
    REDIS_AWAY,
    REGISTRATION_STALE,
    SERVICE_DOWN,
    SERVICE_REFUSES,
)
from shema_cli.condition.problems import Kind, Problem
from shema_cli.frozen import dataclass

CASES: tuple[Case, ...] = (
    SERVICE_DOWN,
    DEAD_LETTERS,
    FAMILY_RETURNED,
    RUN_ABANDONED,
    NOBODY_HEARS,
    MISSED,
    HISTORY_GAP,
    REDIS_AWAY,
    SESSION_LOST,
    REFUSED,
    TRAIL_BROKEN,
    SEATS_FULL,
    CUT_OFF,
    CLOCK_OFF,
    NOT_SET_UP,
    SERVICE_REFUSES,
    REGISTRATION_STALE,
)
"""In the order of the page."""

NAMED: Mapping[str, Case] = {case.name: case for case in CASES}
ANSWERED_BY: Mapping[Kind, Case] = {kind: case for case in CASES for kind in case.answers}


@dataclass(frozen=True)
class Fit:
    """A case, the problems that it answers, worst first, and what is known of them for its commands."""

    case: Case
    problems: tuple[Problem, ...] = ()

    @property
    def known(self) -> Known:
        """Of the worst problem; what that does not tell, of the next."""
        return {word: value for one in reversed(self.problems) for word, value in one.known.items()}


def fitting(problems: Sequence[Problem]) -> tuple[Fit, ...]:
    """Every case: first those that answer a problem, in the order of `problems` (worst first), then the others."""
    of_case: dict[str, list[Problem]] = {}
    for one in problems:
        of_case.setdefault(ANSWERED_BY[one.kind].name, []).append(one)
    fits = [Fit(NAMED[name], tuple(found)) for name, found in of_case.items()]
    return (*fits, *(Fit(case) for case in CASES if case.name not in of_case))
