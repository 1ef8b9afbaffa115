"""What is wrong, in one line each: what, why, and what to do (contract 3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`fail`: something does not work now; `warn`: something will not, or may not."""

    FAIL = "fail"
    WARN = "warn"


WORST_FIRST = (Severity.FAIL, Severity.WARN)
AREAS = ("redis", "services", "listeners", "dlq", "history", "audit", "session", "clock", "target", "registry")
"""What is looked at, in the order in which problems of one severity are told."""


@dataclass(frozen=True)
class Problem:
    """`what` is wrong and its `cause`, without a full stop; `next` is a command, or what to do.

    `about` names the part of the area that is meant, where it has parts.
    """

    severity: Severity
    area: str
    what: str
    cause: str
    next: str
    about: str = ""

    def document(self) -> dict[str, str]:
        return {
            "severity": self.severity.value,
            "area": self.area,
            "what": self.what,
            "cause": self.cause,
            "next": self.next,
        }


@dataclass(frozen=True)
class Headline:
    """The first line: the worst problem, and how many more there are. `severity` None: nothing is wrong."""

    severity: Severity | None
    said: str


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Worst first."""
    return tuple(sorted(problems, key=lambda one: (WORST_FIRST.index(one.severity), AREAS.index(one.area))))


def headline(problems: Sequence[Problem], well: str) -> Headline:
    """`well` is what stands there when nothing is wrong."""
    if not problems:
        return Headline(None, well)
    first, more = problems[0], len(problems) - 1
    return Headline(first.severity, first.what + (f", and {more} more" if more else ""))
