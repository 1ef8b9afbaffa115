"""`enrollments review`: the screen of a review, what is looked up for it ahead, and the run at its end (contract 3.4).

Nothing is published before the one question at the end, which `approve` asks as well: until then a review is lost
without a trace, whatever ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.enrollments.approve import Admissions
from shema_cli.enrollments.choices import Review, Stage
from shema_cli.enrollments.plan import DecisionRequest, EnrollmentSelection
from shema_cli.enrollments.remarks import remarks
from shema_cli.enrollments.results import Capacity, Decided, DecisionKind, Enrollment
from shema_cli.enrollments.source import EnrollmentQuery, EnrollmentSource
from shema_cli.errors import Refused, ShemaError
from shema_cli.output.desk import Desk, need_live_terminal, said_afterwards
from shema_cli.people.results import Names

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.output.sink import Output, View

AHEAD = 2
"""So many of the next applicants are asked about while one is read."""


@dataclass(frozen=True)
class ReviewRequest:
    """What the command line asks for; `how` decides: its kind, selection and reasons are those of the review."""

    query: EnrollmentQuery
    limit: int | None
    how: DecisionRequest


@dataclass
class Facts:
    """What is known of one applicant by now; None: it is still asked for. `problems` say what was not told."""

    seats: Capacity | None = None
    others: Sequence[Enrollment] | None = None
    problems: list[str] = field(default_factory=list)
    answered: bool = False


@dataclass(frozen=True)
class ReviewScreen:
    """Everything that one frame shows."""

    review: Review
    facts: Facts
    names: Names
    now: datetime
    height: int
    target: tuple[str, ...]
    problem: str | None = None

    @property
    def seats_left(self) -> int | None:
        """What is left of the course's seats after what was chosen here."""
        if self.facts.seats is None or self.review.current is None:
            return None
        return max(0, self.facts.seats.left - self.review.promised_in(self.review.current.course_id))

    @property
    def remarks(self) -> tuple[str, ...]:
        enrollment = self.review.current
        if enrollment is None:
            return ()
        about = self.names.of(enrollment.student_id, enrollment.course_id)
        others = self.facts.others or ()
        return remarks(enrollment, about, others=others, seats_left=self.seats_left, now=self.now)


@dataclass(frozen=True)
class Reviewer:
    """What a review takes besides what deciding takes: the terminal, and what draws a frame on it."""

    admissions: Admissions
    output: Output
    draw: View
    target: tuple[str, ...]

    def review(self, ask: ReviewRequest) -> Decided:
        """Show one applicant after another, ask once, and carry out what was chosen.

        Raises InvalidUsage where there is no terminal, Refused when the answer is no, and what `decide_all` raises.
        """
        need_live_terminal(self.output, "a review", "shema enrollments approve --ids-file FILE")
        review = asyncio.run(self._until_over(ask))
        chosen = [one for one in review.choices if one.kept]
        if not chosen:
            return Decided(DecisionKind.APPROVED, ())
        if review.stage is not Stage.CONFIRMED:
            raise Refused("not_confirmed", "the review was left; nothing was changed")
        return self.admissions.decide_all(list(_requests(review, ask.how)))

    async def _until_over(self, ask: ReviewRequest) -> Review:
        with said_afterwards(self.output):
            async with self.admissions.services() as client:
                return await _ReviewDesk(self, client).run(ask)


def _requests(review: Review, how: DecisionRequest) -> Sequence[DecisionRequest]:
    """One for those who are approved and one for those who are rejected."""

    kept = [one for one in review.choices if one.kept]
    asked = []
    for kind in DecisionKind:
        of_kind = {one.enrollment.id: one.reason for one in kept if one.kind is kind}
        reasons = of_kind if kind is DecisionKind.REJECTED else {}
        if of_kind:
            asked.append(replace(how, kind=kind, selection=EnrollmentSelection(tuple(of_kind)), reasons=reasons))
    return asked


class _ReviewDesk:
    """One review at the terminal: it reads the list, asks ahead, and draws, all at once."""

    def __init__(self, reviewer: Reviewer, client: ServiceClient) -> None:
        self._reviewer = reviewer
        self._names = reviewer.admissions.names
        self._client = client
        self._source = EnrollmentSource(client)
        self._review = Review()
        self._facts: dict[str, Facts] = {}
        self._seats: dict[str, asyncio.Task[Capacity]] = {}
        self._problem: str | None = None
        self._desk = Desk(reviewer.output, reviewer.draw, self._screen, self._pressed)

    async def run(self, ask: ReviewRequest) -> Review:
        """Until the review is over. Raises what the first page of the list ends in."""
        await self._desk.until_over(self._read(ask))
        return self._review

    def _pressed(self, key: str) -> None:
        self._review.press(key)
        if self._review.over:
            self._desk.end()

    async def _read(self, ask: ReviewRequest) -> None:
        """Page after page, the first of which is shown while the others are still asked for."""
        passed_by = 0
        try:
            async for page in self._source.pages(ask.query, limit=ask.limit):
                self._review.arrived(page.enrollments)
                passed_by += len(page.unreadable)
                self._desk.changed()
                self._look_up_names(page.enrollments)
        except ShemaError as error:
            if not self._review.applicants:
                raise
            self._problem = f"the list ends early: {error.message}"
        if passed_by:
            self._problem = self._problem or f"{passed_by} that cannot be read are passed over"
        self._review.all_arrived()
        if not self._review.applicants:
            self._desk.end()
        self._desk.changed()

    def _look_up_names(self, enrollments: Sequence[Enrollment]) -> None:
        students, courses = [e.student_id for e in enrollments], [e.course_id for e in enrollments]

        async def ask() -> None:
            await self._names.look_up(students, courses, self._client)
            self._desk.changed()

        self._desk.spawn(ask())

    def _screen(self, height: int) -> ReviewScreen:
        for enrollment in self._review.ahead(AHEAD):
            self._ask_about(enrollment)
        current = self._review.current
        facts = self._facts.get(current.id, Facts()) if current else Facts()
        chosen = [one.enrollment for one in self._review.choices] if self._review.stage is Stage.SUMMARY else []
        shown = [*([current] if current else []), *(facts.others or ()), *chosen]
        names = self._names.known([one.student_id for one in shown], [one.course_id for one in shown])
        now = self._reviewer.admissions.clock.now()
        return ReviewScreen(self._review, facts, names, now, height, self._reviewer.target, self._problem)

    # -- what is asked ahead --------------------------------------------------------------------------------

    def _ask_about(self, enrollment: Enrollment) -> None:
        if enrollment.id in self._facts:
            return
        facts = self._facts[enrollment.id] = Facts()

        async def ask() -> None:
            await asyncio.gather(
                self._told(facts, self._ask_seats(facts, enrollment)),
                self._told(facts, self._ask_others(facts, enrollment)),
                self._told(facts, self._ask_names(facts, [enrollment])),
            )
            facts.answered = True
            self._desk.changed()

        self._desk.spawn(ask())

    async def _told(self, facts: Facts, asking: Coroutine[None, None, None]) -> None:
        """What cannot be had is said beside what can."""
        try:
            await asking
        except ShemaError as error:
            facts.problems.append(error.message)
        self._desk.changed()

    async def _ask_seats(self, facts: Facts, enrollment: Enrollment) -> None:
        course = enrollment.course_id
        if course not in self._seats:
            self._seats[course] = self._desk.spawn(self._source.capacity(course))
        facts.seats = await asyncio.shield(self._seats[course])

    async def _ask_others(self, facts: Facts, enrollment: Enrollment) -> None:
        found = await self._source.of_student(enrollment.student_id)
        facts.others = [one for one in found if one.id != enrollment.id]
        await self._ask_names(facts, facts.others)

    async def _ask_names(self, facts: Facts, enrollments: Sequence[Enrollment]) -> None:
        students, courses = [e.student_id for e in enrollments], [e.course_id for e in enrollments]
        names = await self._names.look_up(students, courses, self._client)
        facts.problems += [one for one in names.silent.values() if one not in facts.problems]
