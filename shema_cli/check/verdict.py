"""`shema check`: the condition of the system against thresholds, area by area, for monitors (contract 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum

from shema_cli.check import AREAS
from shema_cli.check.figures import STATUS, UP, Figure, measured
from shema_cli.clock import age
from shema_cli.condition.facts import Condition, LetterFacts, SessionFacts, Unseen
from shema_cli.condition.judge import judge, unknown
from shema_cli.condition.looked import looked_at
from shema_cli.condition.problems import Kind, Problem, Severity, in_order
from shema_cli.errors import ExitCode, InvalidUsage, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table, counted
from shema_cli.shell import quoted

_OF_PROBLEM = {"registry": "services"}
"""Where the problems of other areas are told."""


ONLY_REGISTERED = "those that are only registered are not known"


class Level(IntEnum):
    """How an area is, in the exit codes of monitors."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


WORST_FIRST = (Level.CRITICAL, Level.UNKNOWN, Level.WARNING, Level.OK)
"""What is not known may be the worst of all, and does not hide behind a warning."""
_LEVELS = {Severity.WARN: Level.WARNING, Severity.FAIL: Level.CRITICAL}


@dataclass(frozen=True)
class Thresholds:
    """From which figures on an area warns or is critical; durations in seconds. None: no threshold."""

    dlq_warn: int | None = None
    dlq_crit: int | None = None
    oldest_warn_s: float | None = None
    oldest_crit_s: float | None = None
    session_warn_s: float | None = None

    @property
    def of_letters(self) -> bool:
        """Whether the thresholds decide on dead letters, in the place of our own judgement."""
        return any(one is not None for one in (self.dlq_warn, self.dlq_crit, self.oldest_warn_s, self.oldest_crit_s))


@dataclass(frozen=True)
class AreaCheck:
    """One area: how it is, what was found there, and what is wrong. `told` says why where it is unknown."""

    area: str
    level: Level
    told: str
    problems: tuple[Problem, ...] = ()
    lacking: str = ""  # what of the area is not known, beside what is told

    def document(self) -> dict[str, object]:
        problems = [one.document() for one in self.problems]
        return {"area": self.area, "status": self.level.word, "told": self.told, "problems": problems}


@dataclass(frozen=True)
class Checked(Result):
    """All areas that were asked for, and what was measured there. Its exit code is a monitor's, and no other's."""

    areas: tuple[AreaCheck, ...]
    measured: tuple[Figure, ...] = ()
    thresholds: Thresholds = Thresholds()

    @property
    def level(self) -> Level:
        return worst(one.level for one in self.areas)

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode(self.level)

    @property
    def worst_first(self) -> tuple[AreaCheck, ...]:
        return tuple(sorted(self.areas, key=lambda one: WORST_FIRST.index(one.level)))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The areas themselves first."""
        up = [Figure(UP, float(one.level is not Level.UNKNOWN), {"area": one.area}) for one in self.areas]
        status = [Figure(STATUS, float(one.level), {"area": one.area}) for one in self.areas]
        return (*up, *status, *self.measured)

    def document(self) -> dict[str, object]:
        return {
            "status": self.level.word,
            "areas": [one.document() for one in self.areas],
            "figures": [one.document() for one in self.figures],
        }

    def table(self) -> Table:
        rows = [(one.level.word, one.area, one.told, "; ".join(p.what for p in one.problems)) for one in self.areas]
        return Table(("status", "area", "told", "problems"), rows)


def wanted_areas(names: Sequence[str] | None) -> tuple[str, ...]:
    """Those that were named, else all. Raises InvalidUsage for what is none."""
    for name in names or ():
        if name not in AREAS:
            raise InvalidUsage("bad_area", f"{quoted(name)} is not an area", f"one of {', '.join(AREAS)}")
    return tuple(area for area in AREAS if not names or area in names)


def check(seen: Condition, areas: Sequence[str], thresholds: Thresholds) -> Checked:
    """Each area that was asked for."""
    problems, words = _problems(seen, thresholds), {one.area: one.told for one in looked_at(seen)}
    unseen = dict(unknown(seen))
    found = tuple(_area(area, problems, unseen, words.get(area, "")) for area in areas)
    known = set(areas) - set(unseen)
    return Checked(found, tuple(one for one in measured(seen) if one.measure.area in known), thresholds)


def nothing_seen(error: ShemaError, areas: Sequence[str]) -> Checked:
    """What a check comes to that could not look at all: nobody is signed in, a setting cannot be read."""
    told = error.message + (f" ({error.hint})" if error.hint else "")
    return Checked(tuple(AreaCheck(area, Level.UNKNOWN, told) for area in areas))


def _area(area: str, problems: Iterable[Problem], unseen: Mapping[str, Unseen], words: str) -> AreaCheck:
    own = tuple(one for one in problems if _OF_PROBLEM.get(one.area, one.area) == area)
    if why := unseen.get(area):
        return AreaCheck(area, Level.UNKNOWN, why.why)
    levels = [_LEVELS[one.severity] for one in own]
    lacking = ONLY_REGISTERED if area == "services" and "registry" in unseen else ""
    if lacking:
        levels.append(Level.UNKNOWN)
    told = "; ".join(filter(None, (words, lacking)))
    return AreaCheck(area, worst(levels), told or "nothing to tell", own, lacking)


def worst(levels: Iterable[Level]) -> Level:
    """OK where there is none."""
    return min(levels, key=WORST_FIRST.index, default=Level.OK)


def _problems(seen: Condition, thresholds: Thresholds) -> tuple[Problem, ...]:
    """Our own judgement, and the thresholds in its place where they were given."""
    own = [one for one in judge(seen) if not (one.area == "dlq" and thresholds.of_letters)]
    return in_order([*own, *_of_letters(seen, thresholds), *_of_session(seen, thresholds)])


def _of_letters(seen: Condition, thresholds: Thresholds) -> Iterator[Problem]:
    letters = seen.letters
    if not isinstance(letters, LetterFacts) or not thresholds.of_letters:
        return
    if severity := _beyond(letters.waiting, thresholds.dlq_warn, thresholds.dlq_crit):
        what = counted(letters.waiting, "dead letter")
        cause = f"from {_limit(severity, thresholds)} on"
        yield Problem(severity, "dlq", what, cause, "shema dlq stats", Kind.DEAD_LETTERS)
    oldest_s = letters.waiting_for_s if letters.waiting else None
    oldest = _beyond(oldest_s, thresholds.oldest_warn_s, thresholds.oldest_crit_s)
    if oldest:
        what = f"the oldest dead letter is {age(oldest_s)} old"
        limit = thresholds.oldest_crit_s if oldest is Severity.FAIL else thresholds.oldest_warn_s
        yield Problem(oldest, "dlq", what, f"from {age(limit)} on", "shema dlq stats", Kind.DEAD_LETTERS)


def _limit(severity: Severity, thresholds: Thresholds) -> str:
    limit = thresholds.dlq_crit if severity is Severity.FAIL else thresholds.dlq_warn
    return f"{limit:,}"


def _beyond(value: float | None, warn: float | None, crit: float | None) -> Severity | None:
    if value is None:
        return None
    if crit is not None and value >= crit:
        return Severity.FAIL
    return Severity.WARN if warn is not None and value >= warn else None


def _of_session(seen: Condition, thresholds: Thresholds) -> Iterator[Problem]:
    session, limit_s = seen.session, thresholds.session_warn_s
    if not isinstance(session, SessionFacts) or limit_s is None or session.renewed:
        return
    if session.expires_in_s <= limit_s:
        what = f"the session of {session.who} ends in {age(session.expires_in_s)}"
        cause = f"from {age(limit_s)} on"
        yield Problem(Severity.WARN, "session", what, cause, "shema auth login", Kind.SESSION_ENDS)
