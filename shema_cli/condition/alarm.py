"""When something has turned worse: told once, and not for as long as it lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shema_cli.condition.facts import Condition, Unseen
from shema_cli.condition.judge import every_problem
from shema_cli.condition.problems import Severity

Part = tuple[str, str]
"""An area, and what of it is meant."""
_LEVELS = {Severity.WARN: 1, Severity.FAIL: 2}


class Alarm:
    """Remembers how each part was when it was last known."""

    def __init__(self) -> None:
        self._before: dict[Part, int] = {}

    def hear(self, seen: Condition) -> bool:
        """Whether some part is worse than it was. One that was never known before has not turned."""
        levels = levels_of(seen)
        worse = any(level > self._before.get(part, level) for part, level in levels.items())
        self._before |= levels
        return worse


def levels_of(seen: Condition) -> Mapping[Part, int]:
    """How each part is that is known: 0 well, 1 warns, 2 fails."""
    levels = dict.fromkeys(_known(seen), 0)
    for problem in every_problem(seen):
        part = (problem.area, problem.about)
        if part in levels:
            levels[part] = max(levels[part], _LEVELS[problem.severity])
    return levels


def _known(seen: Condition) -> Iterator[Part]:
    yield from ((area, "") for area, facts in seen.parts.items() if facts is not None and not isinstance(facts, Unseen))
    services = seen.services if isinstance(seen.services, Sequence) else ()
    yield from (("services", one.name) for one in services if one.known)
