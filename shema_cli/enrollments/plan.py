"""Everything that can be known before the first decision: who, which course, what stands already (contract 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shema_cli.enrollments.decide import Order, read_decisions
from shema_cli.enrollments.models import PENDING, Capacity, Decision, Enrollment, Kind, Outcome
from shema_cli.enrollments.results import Item
from shema_cli.enrollments.seats import Ledger, Seats
from shema_cli.enrollments.selection import Selection
from shema_cli.enrollments.source import Source, each
from shema_cli.errors import NotFound, ShemaError, Unreachable
from shema_cli.store.connection import redis_errors
from shema_cli.store.listeners import listeners

if TYPE_CHECKING:
    from shema_cli.context import AppContext

Told = Callable[[], object]


@dataclass(frozen=True)
class Ask:
    """What the command line asks for."""

    kind: Kind
    selection: Selection
    reason: str = ""
    student_id: str | None = None
    wait_s: float = 0.0
    skip_capacity_check: bool = False
    allow_unheard: bool = False
    republish: bool = False
    dry_run: bool = False
    yes: bool = False


@dataclass(frozen=True)
class Step:
    """One order to carry out. `enrollment` is None when it was not looked up; `counted`: it takes a seat."""

    order: Order
    enrollment: Enrollment | None = None
    counted: bool = False

    @property
    def enrollment_id(self) -> str:
        return self.order.enrollment_id

    @property
    def course_id(self) -> str:
        return self.enrollment.course_id if self.enrollment else ""


@dataclass(frozen=True)
class Plan:
    """Orders to carry out and items already settled, in the order asked for."""

    ask: Ask
    entries: tuple[Step | Item, ...]
    seats: Seats = field(default_factory=dict)
    listening: int | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Step))

    def foreseen(self) -> list[tuple[Step | Item, Item]]:
        """Each entry with what would become of it if nothing changed meanwhile."""
        ledger = Ledger(self.seats)
        return [(entry, entry if isinstance(entry, Item) else self._foresee(entry, ledger)) for entry in self.entries]

    def _foresee(self, step: Step, ledger: Ledger) -> Item:
        id = step.enrollment_id
        if step.counted and (full := ledger.refusal(step.course_id)):
            return Item(id, Outcome.COURSE_FULL, full)
        if self.listening == 0 and not self.ask.allow_unheard:
            return unheard(id, self.ask.kind)
        if not step.counted:
            return Item(id, Outcome.PLANNED, f"would be {_participle(step.order)}")
        before = ledger.left(step.course_id)
        ledger.give(step.course_id)
        after = ledger.left(step.course_id)
        seats = f"; seats left in {step.course_id}: {before} → {after}" if before is not None else ""
        return Item(id, Outcome.PLANNED, f"would be {_participle(step.order)}{seats}")


async def prepare(app: AppContext, ask: Ask, told: Told = lambda: None) -> Plan:
    """Look everything up: enrollments, standing decisions, seats (once a course), listeners.

    Errors of one enrollment or course settle its items as failed. Raises Unreachable when Redis, or the list that a
    filter asks for, is out of reach; NotConfigured.
    """
    if ask.student_id is not None:
        return _with_listeners(app, Plan(ask, _without_lookup(app, ask, ask.student_id)))
    with redis_errors(app.settings):
        app.redis.ping()  # before a thousand look-ups for nothing
    async with app.services() as client:
        source = Source(client)
        found = await _look_up(source, ask.selection, told)
        decisions = read_decisions(app.store, list(found))
        entries = tuple(judge(ask, id, one, decisions.get(id)) for id, one in found.items())
        courses = [entry.course_id for entry in entries if isinstance(entry, Step) and entry.counted]
        seats = await each(courses, source.capacity)
    return _with_listeners(app, Plan(ask, tuple(_seated(entry, seats) for entry in entries), seats))


def judge(ask: Ask, id: str, found: Enrollment | ShemaError, decision: Decision | None) -> Step | Item:
    """What is to be done about one enrollment: the decision record counts first, then the service's status."""
    if isinstance(found, NotFound):
        return Item(id, Outcome.NOT_FOUND, found.message)
    if decision and not (ask.republish and decision.decision == ask.kind):
        return standing(ask.kind, id, decision, found.status if isinstance(found, Enrollment) else None)
    if isinstance(found, ShemaError):
        return Item(id, Outcome.FAILED, found.message, unreachable=isinstance(found, Unreachable))
    again = ask.republish and (decision is not None or found.status == ask.kind)
    if found.status != PENDING and not again:
        return _by_status(ask.kind, id, found.status)
    return _step(ask, found, decision, again)


def standing(kind: Kind, id: str, decision: Decision, status: str | None = None) -> Item:
    """The item for an enrollment on which a decision stands already."""
    because = f" ({decision.reason})" if decision.reason else ""
    if decision.decision != kind:
        return Item(id, Outcome.CONFLICT, f"{decision.told()}{because}; nothing was done")
    idle = ", but the enrollment service still says pending: --republish publishes it again"
    return Item(id, Outcome.ALREADY, decision.told() + (idle if status == PENDING else ""))


def unheard(id: str, kind: Kind) -> Item:
    return Item(
        id, Outcome.UNHEARD, f"no service listens to {kind.channel}; nothing was done (--allow-unheard overrides)"
    )


def _step(ask: Ask, found: Enrollment, decision: Decision | None, again: bool) -> Step | Item:
    reason = decision.reason if decision and again else ask.reason
    if ask.kind is Kind.REJECTED and not reason and not again:
        return _nothing_to_republish(found.id)
    order = Order(
        found.id,
        found.student_id,
        ask.kind,
        reason=reason,
        why=ask.reason,
        request_id=found.request_id,
        republish=again,
        details={"before": found.status, "after": ask.kind, "studentId": found.student_id, "courseId": found.course_id},
    )
    counted = ask.kind is Kind.APPROVED and not ask.skip_capacity_check and not again
    return Step(order, found, counted)


def _by_status(kind: Kind, id: str, status: str) -> Item:
    said = f"the enrollment service says {status}; no decision of shema's is on record"
    if status == kind:
        return Item(id, Outcome.ALREADY, said)
    return Item(id, Outcome.CONFLICT if status in tuple(Kind) else Outcome.NOT_PENDING, f"{said}; nothing was done")


async def _look_up(source: Source, selection: Selection, told: Told) -> dict[str, Enrollment | ShemaError]:
    if selection.query is None:
        return await each(selection.ids, source.enrollment, told)
    found: dict[str, Enrollment | ShemaError] = {}
    async for page in source.pages(selection.query):
        found.update((enrollment.id, enrollment) for enrollment in page.enrollments)
        for _ in page.enrollments:
            told()
    return dict(sorted(found.items(), key=lambda pair: _applied(pair[1])))  # who came first is served first


def _applied(found: Enrollment | ShemaError) -> float:
    known = isinstance(found, Enrollment) and found.created_at
    return known.timestamp() if known else float("inf")


def _without_lookup(app: AppContext, ask: Ask, student_id: str) -> tuple[Step | Item, ...]:
    (id,) = ask.selection.ids
    decision = read_decisions(app.store, [id]).get(id)
    again = ask.republish and decision is not None and decision.decision == ask.kind
    if decision and not again:
        return (standing(ask.kind, id, decision),)
    reason = decision.reason if decision else ask.reason
    if ask.kind is Kind.REJECTED and not reason and not again:
        return (_nothing_to_republish(id),)
    details = {"after": ask.kind, "studentId": student_id}
    return (Step(Order(id, student_id, ask.kind, reason, republish=again, why=ask.reason, details=details)),)


def _nothing_to_republish(id: str) -> Item:
    return Item(id, Outcome.FAILED, "no decision stands that could be published again; give --reason to reject")


def _seated(entry: Step | Item, seats: Seats) -> Step | Item:
    """No answer about a course's seats: nothing is approved for that course."""
    if isinstance(entry, Item) or not entry.counted or isinstance(seats[entry.course_id], Capacity):
        return entry
    error = seats[entry.course_id]
    assert isinstance(error, ShemaError)
    message = f"the seats of course {entry.course_id} are not known, so nothing was approved: {error.message}"
    return Item(entry.enrollment_id, Outcome.FAILED, message, unreachable=isinstance(error, Unreachable))


def _with_listeners(app: AppContext, plan: Plan) -> Plan:
    if not plan.steps:
        return plan
    with redis_errors(app.settings):
        count = listeners(app.store, plan.ask.kind.channel).services
    return Plan(plan.ask, plan.entries, plan.seats, count)


def _participle(order: Order) -> str:
    return "published again" if order.republish else order.kind.value
