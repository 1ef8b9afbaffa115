"""A review: one applicant after another, what was chosen of each, and the summary. It draws nothing and asks nobody.

Every key leads from one state to another; nothing that is chosen here is done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from enum import Enum, auto

from shema_cli.enrollments.results import DecisionKind, Enrollment
from shema_cli.frozen import dataclass
from shema_cli.output.keys import DOWN, END_OF_INPUT, ENTER, ERASE, ERASE_ALL, ESCAPE, UP

LONGEST_REASON = 500
LEAVE = "q"


class Stage(Enum):
    READING = auto()  # an applicant is shown
    REASON = auto()  # a reason is being typed
    SUMMARY = auto()
    CONFIRMED = auto()  # what is in it is to be done
    LEFT = auto()  # nothing is to be done


@dataclass(frozen=True)
class Choice:
    """What is to become of one applicant. `kept` False: it was taken out of the summary."""

    enrollment: Enrollment
    kind: DecisionKind
    reason: str = ""
    kept: bool = True


@dataclass
class Review:
    """Where a review stands. `at` is one past the last applicant while more of them are being read.

    `applicants`: whoever has waited longest first, of those that have arrived and nobody has been shown; at most
    `limit`. `begun`: an applicant may be shown; before that nothing is chosen.
    """

    limit: int | None = None
    applicants: list[Enrollment] = field(default_factory=list)
    complete: bool = False
    begun: bool = False
    stage: Stage = Stage.READING
    at: int = 0
    typed: str = ""
    last_reason: str = ""
    picked: int = 0
    _choices: dict[str, tuple[DecisionKind, str]] = field(default_factory=dict)
    _taken_out: set[str] = field(default_factory=set)
    _shown: int = 0
    """So many of the applicants have been shown, and stay in their places."""

    @property
    def over(self) -> bool:
        return self.stage in (Stage.CONFIRMED, Stage.LEFT)

    @property
    def current(self) -> Enrollment | None:
        return self.applicants[self.at] if self.begun and self.at < len(self.applicants) else None

    @property
    def choices(self) -> list[Choice]:
        """Everything that was chosen, in the order in which the applicants came."""
        return [choice for one in self.applicants if (choice := self.chosen_of(one))]

    def chosen_of(self, enrollment: Enrollment) -> Choice | None:
        found = self._choices.get(enrollment.id)
        return Choice(enrollment, *found, enrollment.id not in self._taken_out) if found else None

    def promised_in(self, course_id: str) -> int:
        """Seats of this course that were given away in this review."""
        approved = (one for one in self.choices if one.kept and one.kind is DecisionKind.APPROVED)
        return sum(one.enrollment.course_id == course_id for one in approved)

    def ahead(self, count: int) -> Sequence[Enrollment]:
        """The applicant who is shown, and those who come next."""
        return self.applicants[self.at : self.at + 1 + count]

    # -- what happens ---------------------------------------------------------------------------------------

    def arrived(self, enrollments: Iterable[Enrollment]) -> None:
        """However its service lists them: seats go to those who came first."""
        shown, waiting = self.applicants[: self._shown], [*self.applicants[self._shown :], *enrollments]
        self.applicants = [*shown, *sorted(waiting, key=lambda one: one.applied)][: self.limit]
        self._show()

    def begin(self) -> None:
        """Show whoever has arrived, or else the first who does."""
        self.begun = True
        self._show()

    def all_arrived(self) -> None:
        """There are no more."""
        self.complete = True
        self.begin()
        self._end_of_list()

    def press(self, key: str) -> None:
        """One key, as `keys_of` tells them apart. One that means nothing here does nothing."""
        self._pressed(key)
        self._show()

    def _pressed(self, key: str) -> None:
        if key == END_OF_INPUT:
            self.stage = Stage.LEFT
        elif self.stage is Stage.READING:
            self._reading(key)
        elif self.stage is Stage.REASON:
            self._reason(key)
        elif self.stage is Stage.SUMMARY:
            self._summary(key)

    def _reading(self, key: str) -> None:
        if key == LEAVE:
            self._summarise()
        elif key == "b":
            self.at = max(0, self.at - 1)
        elif self.current is not None:
            if key == "a":
                self._choose(self.current, DecisionKind.APPROVED, "")
            elif key == "r":
                self.stage, self.typed = Stage.REASON, ""
            elif key == "s":
                self._choices.pop(self.current.id, None)
                self._go_on()

    def _reason(self, key: str) -> None:
        if key == ESCAPE:
            self.stage = Stage.READING
        elif key in ERASE:
            self.typed = self.typed[:-1]
        elif key == ERASE_ALL:
            self.typed = ""
        elif key in ENTER:
            self._reject(self.typed.strip() or self.last_reason)
        elif key.isprintable():
            self.typed = (self.typed + key)[:LONGEST_REASON]

    def _reject(self, reason: str) -> None:
        if reason and self.current is not None:
            self.last_reason, self.stage = reason, Stage.READING
            self._choose(self.current, DecisionKind.REJECTED, reason)

    def _summary(self, key: str) -> None:
        choices = self.choices
        if key == LEAVE:
            self.stage = Stage.LEFT
        elif key == "b":
            self.stage, self.at = Stage.READING, max(0, min(self.at, len(self.applicants) - 1))
        elif key in (*UP, "k"):
            self.picked = max(0, self.picked - 1)
        elif key in (*DOWN, "j"):
            self.picked = max(0, min(len(choices) - 1, self.picked + 1))
        elif key == "x" and choices:
            self._taken_out ^= {choices[self.picked].enrollment.id}
        elif key in ENTER and any(one.kept for one in choices):
            self.stage = Stage.CONFIRMED

    def _choose(self, enrollment: Enrollment, kind: DecisionKind, reason: str) -> None:
        self._choices[enrollment.id] = (kind, reason)
        self._taken_out.discard(enrollment.id)
        self._go_on()

    def _show(self) -> None:
        if self.current is not None:
            self._shown = max(self._shown, self.at + 1)

    def _go_on(self) -> None:
        self.at += 1
        self._end_of_list()

    def _end_of_list(self) -> None:
        if self.complete and self.current is None and self.stage is Stage.READING:
            self._summarise()

    def _summarise(self) -> None:
        self.stage, self.picked = Stage.SUMMARY, 0
