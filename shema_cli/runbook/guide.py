"""A case gone through at a terminal: it waits at each step, and runs nothing but what Enter was pressed at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from shema_cli.cases.book import ANSWERED_BY, NAMED, Fit
from shema_cli.cases.model import PLACEHOLDERS, Case, Step
from shema_cli.condition.problems import Kind, Problem, Severity
from shema_cli.errors import ExitCode, Failed, Interrupted, InvalidUsage, NotConfigured, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.help.suggest import did_you_mean
from shema_cli.output.keys import END_OF_INPUT, ENTER
from shema_cli.results import counted
from shema_cli.runbook.results import CaseList, Closed, Opened, Ran, Screen, StepShown, typed
from shema_cli.runbook.run import Shema, told_of
from shema_cli.shell import quoted

if TYPE_CHECKING:
    from shema_cli.output.person import Person

GO, SKIP, BACK, QUIT, FILL = ENTER[-1], "s", "b", "q", "f"
LOST = ANSWERED_BY[Kind.SESSION_UNKNOWN]


def require_case(name: str | None, step: int) -> Case | None:
    """Raises InvalidUsage, with what was probably meant, where there is no such case, or no such step of it."""
    if name is None and step > 1:
        raise InvalidUsage("no_case", "--step: of which case?", "shema runbook CASE --step N")
    if name is None:
        return None
    case = NAMED.get(name)
    if case is None:
        raise InvalidUsage("unknown_case", f"there is no case {name!r}.{did_you_mean(name, NAMED)}", "shema runbook")
    if step > len(case.steps):
        said = f"--step: {name} has {counted(len(case.steps), 'step')}"
        raise InvalidUsage("no_such_step", said, f"shema runbook {quoted(name)}")
    return case


def read_once(file: Path | None) -> bool:
    """Whether it is what `<(…)` gives: nobody who is started from here finds the same behind it."""
    return file is not None and str(file).startswith(("/dev/fd/", "/proc/self/fd/", "/dev/stdin"))


def not_let_in(error: ShemaError, *, project_is_set: bool) -> Problem:
    """What keeps it from looking is the problem."""
    kind = Kind.SESSION_UNKNOWN
    if isinstance(error, NotConfigured) or not project_is_set:
        kind = Kind.NOT_CONFIGURED
    elif isinstance(error, Unreachable):
        kind = Kind.FIREBASE_AWAY
    what = "nothing could be looked at: who you are is not known"
    return Problem(Severity.FAIL, "session", what, error.message, error.hint or "shema auth status --online", kind)


class _Left(Exception):
    """Somebody has seen enough."""


@dataclass
class Guide:
    """`show` draws a screen, `look` says what is wrong now."""

    person: Person
    show: Callable[[Screen], None]
    shema: Shema
    look: Callable[[], Sequence[Problem]]
    height: int | None = None
    known: dict[str, str] = field(default_factory=dict)

    def go(self, fits: Sequence[Fit], problems: Sequence[Problem], chosen: Case | None, first: int) -> None:
        """Through the case that is chosen, beginning with the step `first` (from 0). Raises Interrupted at Ctrl-C."""
        try:
            fit = self._choose(fits, problems) if chosen is None else next(one for one in fits if one.case is chosen)
        except KeyboardInterrupt:
            self.person.note("")
            raise Interrupted("interrupted", "interrupted", "shema runbook CASE") from None
        if fit is None:
            return
        self.known = dict(fit.known)
        self.show(Opened(fit))
        at = min(first, len(fit.case.steps) - 1)
        try:
            while at < len(fit.case.steps):
                at = self._step(fit.case, at)
            self.show(Closed(fit, self.look()))
        except _Left:
            self.person.note(f"left at step {at + 1} of {len(fit.case.steps)}; to go on: {self._again(fit.case, at)}")
        except KeyboardInterrupt:
            self.person.note("")
            said = f"interrupted at step {min(at + 1, len(fit.case.steps))} of {len(fit.case.steps)}"
            raise Interrupted("interrupted", said, self._again(fit.case, at)) from None

    def _again(self, case: Case, at: int) -> str:
        step = min(at, len(case.steps) - 1) + 1
        return self.shema.line(("shema", "runbook", case.name, *(("--step", str(step)) if step > 1 else ())))

    def _choose(self, fits: Sequence[Fit], problems: Sequence[Problem]) -> Fit | None:
        """None where somebody wants none."""
        self.show(CaseList(fits, problems, self.height))
        best = "Enter for 1, " if fits[0].problems else ""
        while True:
            answer = self.person.answer(f"Which one? ({best}a number or a name, q to leave)")
            if answer is None or answer.lower() in (QUIT, "quit", "exit"):
                return None
            if not answer and not best:
                continue
            found = _meant(answer or "1", fits)
            if found:
                return found
            self.person.note(f"there is no case {answer!r}.{did_you_mean(answer, NAMED)}")

    def _step(self, case: Case, at: int) -> int:
        """The step that comes next. Raises _Left."""
        step = case.steps[at]
        self.show(StepShown(step, at + 1, len(case.steps), typed(step, self.known, self.shema)))
        pressed = self.person.press(self._keys(step, first=at == 0), self._accepted(step))
        if pressed in (QUIT, END_OF_INPUT):
            raise _Left
        if pressed == BACK:
            return max(0, at - 1)
        if pressed == SKIP or (pressed == GO and step.by_hand):
            return at + 1
        asked = step.placeholders if pressed == FILL else step.missing(self.known)
        if not self._fill_in(asked) or pressed == FILL:
            return at
        return self._run(case, step, at)

    def _run(self, case: Case, step: Step, at: int) -> int:
        words = step.words(self.known)
        try:
            code = self.shema.run(words)
        except Failed as error:
            self.person.warn(error.message)
            return at
        lost = code == ExitCode.DENIED and case is not LOST
        after = self.shema.line(("shema", "runbook", LOST.name)) if lost else ""
        self.show(Ran(step, code, told_of(words, code), after))
        return at + 1

    def _fill_in(self, placeholders: Sequence[str]) -> bool:
        """Whether all of them are known now; nothing typed leaves one as it was."""
        for word in placeholders:
            before = f", {self.known[word]}" if word in self.known else ""
            answer = self.person.answer(f"{word}: {PLACEHOLDERS[word]}{before}")
            if answer:
                self.known[word] = answer
        return all(word in self.known for word in placeholders)

    @staticmethod
    def _keys(step: Step, *, first: bool) -> str:
        others = ["s skips it", *([] if first else ["b goes back"]), "q leaves"]
        if step.placeholders:
            others.insert(1, f"f fills in {' and '.join(step.placeholders)}")
        return f"Enter {'when it is done' if step.by_hand else 'runs it'}, {', '.join(others)}"

    @staticmethod
    def _accepted(step: Step) -> Sequence[str]:
        return (GO, SKIP, BACK, QUIT, *((FILL,) if step.placeholders else ()))


def _meant(answer: str, fits: Sequence[Fit]) -> Fit | None:
    if answer.isdecimal():
        return fits[int(answer) - 1] if 0 < int(answer) <= len(fits) else None
    beginning = [fit for fit in fits if fit.case.name.startswith(answer.lower())]
    exact = [fit for fit in beginning if fit.case.name == answer.lower()]
    return next(iter(exact), beginning[0] if len(beginning) == 1 else None)
