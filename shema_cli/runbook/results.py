"""What `shema runbook` shows: the cases, one of them, and at a terminal its steps as they are gone through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from shema_cli.cases.book import Fit
from shema_cli.cases.model import Known, Step
from shema_cli.condition.problems import Headline, Problem, headline
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table
from shema_cli.runbook.run import Shema
from shema_cli.status.results import WELL

_EMPHASIS = re.compile(r"\*+([^*]+)\*+")


def plain(text: str) -> str:
    """A text of a case without emphasis; what is `code` stays so."""
    return _EMPHASIS.sub(r"\1", text)


@dataclass(frozen=True)
class CaseList(Result):
    """Every case, those that fit first. `height`: how many lines there are for it."""

    fits: Sequence[Fit]
    problems: Sequence[Problem] = ()
    height: int | None = None

    @property
    def first_line(self) -> Headline:
        return headline(self.problems, WELL)

    def document(self) -> Mapping[str, object]:
        return {"cases": [_document(fit) for fit in self.fits]}

    def table(self) -> Table:
        rows = [(fit.case.name, fit.case.title, fit.problems[0].what if fit.problems else None) for fit in self.fits]
        return Table(("case", "title", "fits"), rows)


@dataclass(frozen=True)
class CaseText(Result):
    """All of one case, its commands filled in with what was seen."""

    fit: Fit
    shema: Shema = field(default_factory=Shema)

    def lines(self) -> Iterable[tuple[Step, str]]:
        """Each step with its command as it is typed; empty for one by hand."""
        return ((step, typed(step, self.fit.known, self.shema)) for step in self.fit.case.steps)

    def document(self) -> Mapping[str, object]:
        case = self.fit.case
        return {
            **_document(self.fit),
            "steps": [self._step(step, line) for step, line in self.lines()],
            "meanwhile": plain(case.meanwhile) or None,
            "never": list(map(plain, case.never)),
            "practise": plain(case.practise) or None,
            "pages": list(case.read),
        }

    def _step(self, step: Step, line: str) -> Mapping[str, object]:
        return {
            "says": plain(step.says),
            "command": line or None,
            "missing": list(step.missing(self.fit.known)),
            "look_for": plain(step.look_for) or None,
            "only_if": plain(step.only_if) or None,
        }

    def table(self) -> Table:
        rows = [
            (number, line, plain(step.says), plain(step.only_if), plain(step.look_for))
            for number, (step, line) in enumerate(self.lines(), start=1)
        ]
        return Table(("step", "command", "says", "only_if", "look_for"), rows)


def typed(step: Step, known: Known, shema: Shema) -> str:
    return "" if step.by_hand else shema.line(step.words(known))


def _document(fit: Fit) -> dict[str, object]:
    return {
        "name": fit.case.name,
        "title": fit.case.title,
        "looks_like": plain(fit.case.looks_like),
        "fits": [one.what for one in fit.problems],
    }


# -- at a terminal ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """The head of a case that is gone through."""

    fit: Fit


@dataclass(frozen=True)
class StepShown:
    """A step that waits for a key. `line` is its command as it is typed, empty for one by hand."""

    step: Step
    number: int
    of: int
    line: str


@dataclass(frozen=True)
class Ran:
    """How a step's command ended, and what is to be looked for in what it showed."""

    step: Step
    code: int
    told: str
    next: str = ""


@dataclass(frozen=True)
class Closed:
    """What is wrong after the last step."""

    fit: Fit
    problems: Sequence[Problem]

    @property
    def remaining(self) -> Sequence[Problem]:
        """Those that this case is about."""
        return [one for one in self.problems if one.kind in self.fit.case.answers]

    @property
    def others(self) -> Sequence[Problem]:
        return [one for one in self.problems if one.kind not in self.fit.case.answers]


Screen = CaseList | CaseText | Opened | StepShown | Ran | Closed
