"""`enrollments review`: the screen of a review, what is looked up for it ahead, and the run at its end (contract 3.4).

Nothing is published before the one question at the end, which `approve` asks as well: until then a review is lost
without a trace, whatever ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.enrollments.approve import Admissions
from shema_cli.enrollments.choices import LEAVE, Review, Stage
from shema_cli.enrollments.plan import DecisionRequest, EnrollmentSelection
from shema_cli.enrollments.remarks import of_others_and_seats
from shema_cli.enrollments.results import Capacity, Decided, DecisionKind, Enrollment, named_in
from shema_cli.enrollments.source import EnrollmentQuery, EnrollmentSource
from shema_cli.errors import Refused, ShemaError, nothing_done_yet
from shema_cli.frozen import dataclass
from shema_cli.output.desk import Desk, need_live_terminal, said_afterwards
from shema_cli.output.keys import END_OF_INPUT
from shema_cli.people.results import COURSE, USER, Names
from shema_cli.shell import quoted

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.output.sink import Output, View

AHEAD = 2
"""So many of the next applicants are asked about while one is read."""
NAMED_AHEAD = 20
"""Whose names are asked for together, which costs one question."""
BEGINS_AFTER_S = 1.0
"""For so long the first applicant waits for older ones, in the order in which services list them the last to come."""
NOTHING_DONE = "nothing was decided or published"


@dataclass(frozen=True)
class ReviewRequest:
    """What the command line asks for; `how` decides: its kind, selection and reasons are those of the review."""

    query: EnrollmentQuery
    limit: int | None
    how: DecisionRequest

    @property
    def command(self) -> str:
        """What begins it anew."""
        course = ("--course", self.query.course) if self.query.course is not None else ()
        limit = ("--limit", str(self.limit)) if self.limit is not None else ()
        return quoted("shema", "enrollments", "review", *course, *limit)


@dataclass
class Facts:
    """What is known of one applicant by now; None: it is still asked for. `problems` say what was not told."""

    seats: Capacity | None = None
    others: Sequence[Enrollment] | None = None
    problems: list[str] = field(default_factory=list)
    answered: bool = False


@dataclass(frozen=True)
class ReviewScreen:
    """Everything that one frame shows. `silent`: the services that kept names to themselves, and why."""

    review: Review
    facts: Facts
    names: Names
    now: datetime
    height: int
    target: tuple[str, ...]
    silent: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    @property
    def problems(self) -> list[str]:
        """Why something of the applicant is not known."""
        if self.review.current is None:
            return []
        about = self.names.of(self.review.current.student_id, self.review.current.course_id)
        lacking = [USER] * (about.student is None) + [COURSE] * (about.course is None)
        silent = (self.silent[service] for service in lacking if service in self.silent)
        return list(dict.fromkeys([*self.facts.problems, *silent]))

    @property
    def seats_left(self) -> int | None:
        """What is left of the course's seats after what was chosen here."""
        if self.facts.seats is None or self.review.current is None:
            return None
        return max(0, self.facts.seats.left - self.review.promised_in(self.review.current.course_id))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Without what has a line of its own: the level, and how long it has waited."""
        if self.review.current is None:
            return ()
        return of_others_and_seats(self.review.current, self.facts.others or (), self.seats_left)


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
        with nothing_done_yet(NOTHING_DONE, ask.command):
            review = asyncio.run(self._until_over(ask))
        chosen = [one for one in review.choices if one.kept]
        if not chosen:
            return Decided(DecisionKind.APPROVED, ())
        if review.stage is not Stage.CONFIRMED:
            raise Refused("not_confirmed", f"the review was left; {NOTHING_DONE}", ask.command)
        return self.admissions.decide_all(list(_requests(review, ask.how)), by_keys=True)

    async def _until_over(self, ask: ReviewRequest) -> Review:
        with said_afterwards(self.output):
            async with self.admissions.services() as client:
                return await _ReviewDesk(self, client).run(ask)


def _requests(review: Review, how: DecisionRequest) -> Sequence[DecisionRequest]:
    """One for those who are approved and one for those who are rejected, whoever has waited longest first."""
    kept = sorted((one for one in review.choices if one.kept), key=lambda one: one.enrollment.applied)
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
        self._named: set[str] = set()
        self._silent: dict[str, str] = {}
        self._anybody_shown = False
        self._desk = Desk(reviewer.output, reviewer.draw, self._screen, self._pressed)

    async def run(self, ask: ReviewRequest) -> Review:
        """Until the review is over. Raises what the first page of the list ends in."""
        self._review.limit = ask.limit
        await self._desk.until_over(self._read(ask), self._begin())
        return self._review

    def _pressed(self, key: str) -> None:
        """What was typed while nobody was shown is not meant for whoever comes."""
        unseen = not self._anybody_shown and self._review.stage is Stage.READING
        if unseen and key not in (LEAVE, END_OF_INPUT):
            return
        self._review.press(key)
        current = self._review.current
        if current is not None and not self._names.known([current.student_id]).people:
            self._named.discard(current.id)  # who was nameless until now may be told of by now
        if self._review.over:
            self._desk.end()

    async def _begin(self) -> None:
        await asyncio.sleep(BEGINS_AFTER_S)
        self._review.begin()
        self._desk.changed()

    async def _read(self, ask: ReviewRequest) -> None:
        """Page after page, also with a limit: nobody knows where in the list those stand who have waited longest."""
        passed_by = 0
        try:
            async for page in self._source.pages(ask.query):
                self._review.arrived(page.enrollments)
                passed_by += len(page.unreadable)
                self._desk.changed()
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

    def _look_up_names(self) -> None:
        """Of those who come next, together, when nobody has been asked for whoever is shown or comes soon."""
        following = self._review.ahead(NAMED_AHEAD)
        if self._review.begun and not self._named.issuperset(one.id for one in self._soon()):
            new = [one for one in following if one.id not in self._named]
            self._named.update(one.id for one in new)
            self._desk.spawn(self._ask_names(new))

    def _soon(self) -> Sequence[Enrollment]:
        """Whoever is shown, and as soon as it is known who comes next, these too."""
        return self._review.ahead(AHEAD if self._review.complete else 0)

    def _screen(self, height: int) -> ReviewScreen:
        self._look_up_names()
        if self._review.begun:
            for enrollment in self._soon():
                self._ask_about(enrollment)
        if self._review.current is not None and not self._anybody_shown:
            self._desk.forget_typed()
            self._anybody_shown = True
        current = self._review.current
        facts = self._facts.get(current.id, Facts()) if current else Facts()
        chosen = [one.enrollment for one in self._review.choices] if self._review.stage is Stage.SUMMARY else []
        shown = [*([current] if current else []), *(facts.others or ()), *chosen]
        names = self._names.known([one.student_id for one in shown], [one.course_id for one in shown])
        now = self._reviewer.admissions.clock.now()
        return ReviewScreen(
            self._review, facts, names, now, height, self._reviewer.target, self._silent, problem=self._problem
        )

    # -- what is asked ahead --------------------------------------------------------------------------------

    def _ask_about(self, enrollment: Enrollment) -> None:
        if enrollment.id in self._facts:
            return
        facts = self._facts[enrollment.id] = Facts()

        async def ask() -> None:
            await asyncio.gather(
                self._told(facts, self._ask_seats(facts, enrollment)),
                self._told(facts, self._ask_others(facts, enrollment)),
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
        await self._ask_names(facts.others)

    async def _ask_names(self, enrollments: Sequence[Enrollment]) -> None:
        names = await self._names.look_up(*named_in(enrollments), self._client)
        self._silent.update(names.silent)
        self._desk.changed()
