"""Everything that is known before the first decision: who is meant, which course, what stands already, what seats there
are (contract 2.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from math import inf
from typing import TYPE_CHECKING, TextIO

from shema_cli.enrollments.decide import DecisionOrder, read_decisions
from shema_cli.enrollments.results import (
    Capacity,
    Decision,
    DecisionItem,
    DecisionKind,
    DecisionOutcome,
    Enrollment,
    named_in,
)
from shema_cli.enrollments.seats import Seat, SeatLedger, Seats, seats_of
from shema_cli.enrollments.source import EnrollmentQuery, EnrollmentSource, each
from shema_cli.enrollments.status import PENDING
from shema_cli.errors import Failed, InvalidUsage, NotFound, Refused, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.inputs import read_ids
from shema_cli.people.ahead import NamesAhead
from shema_cli.people.results import Named, Names
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.listeners import Listeners

if TYPE_CHECKING:
    from shema_cli.calls.audience import Audience
    from shema_cli.calls.client import ServiceClient
    from shema_cli.people.names import NameBook

Told = Callable[[], object]


@dataclass(frozen=True)
class EnrollmentSelection:
    """Ids in the order asked for, each once; or a query."""

    ids: tuple[str, ...] = ()
    query: EnrollmentQuery | None = None


def select(
    ids: Sequence[str] | None,
    ids_file: str | None,
    stdin: TextIO,
    *,
    status: str | None,
    course: str | None,
    all_pending: bool,
) -> EnrollmentSelection:
    """Raises InvalidUsage when nothing is selected, or ids and filters are mixed; NotFound when a file names no ids."""
    by_filter = all_pending or status is not None or course is not None
    if by_filter and (ids or ids_file):
        raise InvalidUsage(
            "mixed_selection", "ids and filters were both given", "give ids (or --ids-file), or filters, not both"
        )
    if by_filter:
        if all_pending and status not in (None, PENDING):
            raise InvalidUsage("mixed_selection", f"--all-pending and --status {status} exclude each other", "drop one")
        return EnrollmentSelection(query=EnrollmentQuery(status or PENDING, course))
    chosen = [*(ids or ()), *(read_ids(ids_file, stdin) if ids_file else ())]
    unique = tuple(dict.fromkeys(id.strip() for id in chosen if id.strip()))
    if not unique:
        raise InvalidUsage(
            "nothing_selected",
            "no enrollment was named",
            "give ids, --ids-file FILE (- for stdin), --course, --status or --all-pending",
        )
    return EnrollmentSelection(ids=unique)


@dataclass(frozen=True)
class DecisionRequest:
    """What the command line asks for. `reasons`: those of single enrollments, by id, where not all have the same."""

    kind: DecisionKind
    selection: EnrollmentSelection
    reason: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    student_id: str | None = None
    wait_s: float = 0.0
    skip_capacity_check: bool = False
    allow_unheard: bool = False
    require_listeners: bool = False
    republish: bool = False
    dry_run: bool = False
    yes: bool = False


@dataclass(frozen=True)
class PlannedDecision:
    """One order to carry out. `enrollment` is None when it was not looked up; `counted`: only where there is a seat."""

    order: DecisionOrder
    enrollment: Enrollment | None = None
    counted: bool = False

    @property
    def enrollment_id(self) -> str:
        return self.order.enrollment_id

    @property
    def course_id(self) -> str:
        return self.enrollment.course_id if self.enrollment else ""


@dataclass(frozen=True)
class DecisionPlan:
    """Orders to carry out and items already settled, in the order asked for.

    `found` are the enrollments that were looked up, by id; `names` tells who they are, as soon as that is known, and
    may be waited for at most two seconds after the plan was made.
    """

    ask: DecisionRequest
    entries: tuple[PlannedDecision | DecisionItem, ...]
    seats: Seats = field(default_factory=dict)
    listening: Listeners | None = None
    found: Mapping[str, Enrollment] = field(default_factory=dict)
    names: Callable[[], Names] = Names

    @property
    def steps(self) -> tuple[PlannedDecision, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, PlannedDecision))

    def foreseen(self) -> list[tuple[PlannedDecision | DecisionItem, DecisionItem]]:
        """Each entry with what would become of it if nothing changed meanwhile."""
        ledger = SeatLedger(self.seats)
        return [
            (entry, entry if isinstance(entry, DecisionItem) else self._foresee(entry, ledger))
            for entry in self.entries
        ]

    def named(self) -> dict[str, Named]:
        """Whom each enrollment is about, by its id."""
        names = self.names()
        unseen = {step.enrollment_id: names.of(step.order.student_id) for step in self.steps}
        return unseen | {id: names.of(found.student_id, found.course_id) for id, found in self.found.items()}

    def _foresee(self, step: PlannedDecision, ledger: SeatLedger) -> DecisionItem:
        id = step.enrollment_id
        if step.counted and (full := ledger.refusal(step.course_id)):
            return DecisionItem(id, DecisionOutcome.COURSE_FULL, full, course_id=step.course_id)
        why = self.listening.unmet() if self.listening and self.ask.require_listeners else None
        if self.listening and (why or (self.listening.unheard and not self.ask.allow_unheard)):
            return unheard(id, self.ask.kind, self.listening, why)
        if not step.counted:
            return self._planned(id, f"would be {_participle(step.order)}")
        before = ledger.left(step.course_id)
        ledger.give(step.course_id)
        after = ledger.left(step.course_id)
        seats = f"; seats left in {step.course_id}: {before} → {after}" if before is not None else ""
        return self._planned(id, f"would be {_participle(step.order)}{seats}")

    def _planned(self, id: str, message: str) -> DecisionItem:
        heard = f"; {self.listening.foretold}" if self.listening else ""
        return DecisionItem(id, DecisionOutcome.PLANNED, f"{message}{heard}", listening=self.listening)


async def prepare(
    services: Callable[[], ServiceClient],
    store: Store,
    audience: Audience,
    ask: DecisionRequest,
    names: NameBook,
    told: Told = lambda: None,
) -> DecisionPlan:
    """Look everything up: enrollments, standing decisions, seats (once a course), listeners; and aside, who they are.

    Errors of one enrollment or course settle its items as failed. Raises Unreachable when Redis, or the list that a
    filter asks for, is out of reach; Refused when a service is where this admin may not act; NotConfigured.
    """
    if ask.student_id is not None:
        plan = DecisionPlan(ask, _without_lookup(store, ask, ask.student_id), names=names.start([ask.student_id]).join)
        return _with_listeners(audience, plan)
    with store.errors():  # before a thousand look-ups for nothing
        if ask.dry_run:
            store.knock()
        else:
            store.client.ping()  # which a server that cannot save refuses, as it would refuse the decision
    async with services() as client:
        source = EnrollmentSource(client)
        async with NamesAhead(names, client) as ahead:
            found = await _look_up(source, ask.selection, ahead, told)
        enrollments = {id: one for id, one in found.items() if isinstance(one, Enrollment)}
        looking = names.start(*named_in(enrollments.values()))
        decisions = read_decisions(store, list(found))
        looked_up = {**found, **decisions.unreadable}
        entries = tuple(judge(ask, id, looked_up[id], decisions.standing.get(id)) for id in found)
        courses = [entry.course_id for entry in entries if isinstance(entry, PlannedDecision) and entry.counted]
        seats = await seats_of(courses, source, store)
    _stop_where_refused((*looked_up.values(), *seats.values()))
    seated = tuple(_seated(entry, seats) for entry in entries)
    return _with_listeners(audience, DecisionPlan(ask, seated, seats, found=enrollments, names=looking.join))


def _stop_where_refused(answers: Iterable[object]) -> None:
    """A guard refuses the whole command, not one enrollment of it."""
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer


def judge(
    ask: DecisionRequest, id: str, found: Enrollment | ShemaError, decision: Decision | None
) -> PlannedDecision | DecisionItem:
    """What is to be done about one enrollment: the decision record counts first, then the service's status."""
    if isinstance(found, NotFound):
        return DecisionItem(id, DecisionOutcome.NOT_FOUND, found.message)
    if decision and not (ask.republish and decision.decision == ask.kind):
        return standing(ask.kind, id, decision, found.status if isinstance(found, Enrollment) else None)
    if isinstance(found, ShemaError):
        return DecisionItem(id, DecisionOutcome.FAILED, found.message, unreachable=isinstance(found, Unreachable))
    if found.problem:
        return DecisionItem(id, DecisionOutcome.FAILED, f"{found.problem}; nothing was done")
    again = ask.republish and (decision is not None or found.status == ask.kind)
    if found.status != PENDING and not again:
        return _by_status(ask.kind, id, found.status)
    return _step(ask, found, decision, again)


def standing(kind: DecisionKind, id: str, decision: Decision, status: str | None = None) -> DecisionItem:
    """The item for an enrollment on which a decision stands already."""
    because = f" ({decision.reason})" if decision.reason else ""
    if decision.decision != kind:
        return DecisionItem(id, DecisionOutcome.CONFLICT, f"{decision.told()}{because}; nothing was done")
    idle = ", but the enrollment service still says pending: --republish publishes it again"
    return DecisionItem(id, DecisionOutcome.ALREADY, decision.told() + (idle if status == PENDING else ""))


def unheard(id: str, kind: DecisionKind, listening: Listeners, why: str | None = None) -> DecisionItem:
    """`why`: a service that is required does not listen."""
    message = f"no service listens to {kind.channel}; nothing was done (--allow-unheard overrides)"
    if why:
        message = (
            f"{why}, and --require-listeners wants every service that has declared {kind.channel}; nothing was done"
        )
    return DecisionItem(id, DecisionOutcome.UNHEARD, message, listening=listening)


def _step(
    ask: DecisionRequest, found: Enrollment, decision: Decision | None, again: bool
) -> PlannedDecision | DecisionItem:
    asked_for = ask.reasons.get(found.id, ask.reason)
    reason = decision.reason if decision and again else asked_for
    if ask.kind is DecisionKind.REJECTED and not reason and not again:
        return _nothing_to_republish(found.id)
    order = DecisionOrder(
        found.id,
        found.student_id,
        ask.kind,
        reason=reason,
        why=asked_for,
        request_id=found.request_id,
        republish=again,
        details={"before": found.status, "after": ask.kind, "studentId": found.student_id, "courseId": found.course_id},
    )
    takes_a_seat = ask.kind is DecisionKind.APPROVED and not again
    if takes_a_seat and ask.skip_capacity_check:
        return PlannedDecision(replace(order, seat=Seat(found.course_id)), found)
    return PlannedDecision(order, found, counted=takes_a_seat)


def _by_status(kind: DecisionKind, id: str, status: str) -> DecisionItem:
    said = f"the enrollment service says {status}; no decision of shema's is on record"
    if status == kind:
        return DecisionItem(id, DecisionOutcome.ALREADY, said)
    return DecisionItem(
        id,
        DecisionOutcome.CONFLICT if status in tuple(DecisionKind) else DecisionOutcome.NOT_PENDING,
        f"{said}; nothing was done",
    )


async def _look_up(
    source: EnrollmentSource, selection: EnrollmentSelection, ahead: NamesAhead, told: Told
) -> dict[str, Enrollment | ShemaError]:
    if selection.query is None:
        return await each(selection.ids, source.enrollment, told)
    found: dict[str, Enrollment | ShemaError] = {}
    async for page in source.pages(selection.query):
        found.update((enrollment.id, enrollment) for enrollment in page.enrollments)
        if page.more_follows:
            ahead.ask(*named_in(page.enrollments))
        for broken in page.unreadable:
            found[broken.id] = Failed("bad_enrollment", f"{broken.problem}; nothing was done")
        for _ in page.enrollments:
            told()
    return dict(sorted(found.items(), key=lambda pair: _applied(pair[1])))  # who came first is served first


def _applied(found: Enrollment | ShemaError) -> float:
    return found.applied if isinstance(found, Enrollment) else inf


def _without_lookup(store: Store, ask: DecisionRequest, student_id: str) -> tuple[PlannedDecision | DecisionItem, ...]:
    (id,) = ask.selection.ids
    decisions = read_decisions(store, [id])
    if id in decisions.unreadable:
        return (DecisionItem(id, DecisionOutcome.FAILED, decisions.unreadable[id].message),)
    decision = decisions.standing.get(id)
    again = ask.republish and decision is not None and decision.decision == ask.kind
    if decision and not again:
        return (standing(ask.kind, id, decision),)
    reason = decision.reason if decision else ask.reason
    if ask.kind is DecisionKind.REJECTED and not reason and not again:
        return (_nothing_to_republish(id),)
    details = {"after": ask.kind, "studentId": student_id}
    return (
        PlannedDecision(
            DecisionOrder(id, student_id, ask.kind, reason, republish=again, why=ask.reason, details=details)
        ),
    )


def _nothing_to_republish(id: str) -> DecisionItem:
    return DecisionItem(
        id, DecisionOutcome.FAILED, "no decision stands that could be published again; give --reason to reject"
    )


def _seated(entry: PlannedDecision | DecisionItem, seats: Seats) -> PlannedDecision | DecisionItem:
    """No answer about a course's seats: nothing is approved for that course."""
    if isinstance(entry, DecisionItem) or not entry.counted or isinstance(seats[entry.course_id], Capacity):
        return entry
    error = seats[entry.course_id]
    assert isinstance(error, ShemaError)
    message = f"the seats of course {entry.course_id} are not known, so nothing was approved: {error.message}"
    return DecisionItem(
        entry.enrollment_id,
        DecisionOutcome.FAILED,
        message,
        unreachable=isinstance(error, Unreachable),
        course_id=entry.course_id,
    )


def _with_listeners(audience: Audience, plan: DecisionPlan) -> DecisionPlan:
    if not plan.steps:
        return plan
    return replace(plan, listening=audience.of(plan.ask.kind.channel, keys.AUDIT))


def _participle(order: DecisionOrder) -> str:
    return "published again" if order.republish else order.kind.value
