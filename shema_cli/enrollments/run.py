"""Carrying out a plan: one decision after the other, each whole (contract 2.3, 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shema_cli.auth.gate import renew
from shema_cli.counts import counted
from shema_cli.enrollments.decide import Answer, Decider, Done, Standing
from shema_cli.enrollments.models import Kind, Outcome
from shema_cli.enrollments.plan import Plan, Step, standing, unheard
from shema_cli.enrollments.results import Decided, Item
from shema_cli.enrollments.seats import Ledger
from shema_cli.errors import AccessDenied, ShemaError, Unreachable
from shema_cli.interrupts import stop_gently

if TYPE_CHECKING:
    from shema_cli.context import AppContext

Told = Callable[[], object]


def foresee(plan: Plan) -> Decided:
    """What a run would do (`--dry-run`)."""
    return Decided(plan.ask.kind, tuple(item for _, item in plan.foreseen()))


def carry_out(app: AppContext, plan: Plan, told: Told = lambda: None) -> Decided:
    """Decide on every step of the plan. Ctrl-C lets the one in hand finish and leaves the rest undone.

    Nothing that happens to one enrollment ends the run, except that Redis stays away or the admin's session ends.
    """
    run = _Run(app, plan)
    items = []
    with stop_gently(twice_interrupts=False) as stop:
        for entry in plan.entries:
            if isinstance(entry, Item):
                items.append(entry)
                continue
            if stop.is_set():
                items.append(_not_done(entry, "interrupted before its turn"))
                continue
            items.append(run.decide(entry))
            told()
    return Decided(plan.ask.kind, tuple(items), interrupted=stop.is_set())


class _Run:
    def __init__(self, app: AppContext, plan: Plan) -> None:
        self._app = app
        self._kind = plan.ask.kind
        self._ledger = Ledger(plan.seats)
        self._decider = Decider(app.store, app.clock, app.journal, allow_unheard=plan.ask.allow_unheard)
        self._stopped_by: ShemaError | None = None

    def decide(self, step: Step) -> Item:
        if self._stopped_by:
            unreachable = isinstance(self._stopped_by, Unreachable)
            return _not_done(step, self._stopped_by.message, unreachable=unreachable)
        if step.counted and (full := self._ledger.refusal(step.course_id)):
            return Item(step.enrollment_id, Outcome.COURSE_FULL, f"{full}; nothing was done")
        try:
            renew(self._app)
            answer = self._decider.decide(step.order)
        except ShemaError as error:
            return self._failed(step, error)
        if isinstance(answer, Done) and step.counted:
            self._ledger.give(step.course_id)
        return _item(step, answer, self._kind)

    def _failed(self, step: Step, error: ShemaError) -> Item:
        unreachable = isinstance(error, Unreachable)
        if unreachable or isinstance(error, AccessDenied):
            self._stopped_by = error
        return Item(step.enrollment_id, Outcome.FAILED, error.message, unreachable=unreachable)


def _item(step: Step, answer: Answer, kind: Kind) -> Item:
    id = step.enrollment_id
    if isinstance(answer, Standing):
        return standing(kind, id, answer.decision)
    if isinstance(answer, Done):
        return Item(id, Outcome(kind.value), _done_message(step, answer), answer.event_id, answer.receivers)
    return unheard(id, kind)


def _done_message(step: Step, done: Done) -> str:
    did = "published again" if step.order.republish else step.order.kind.value
    if done.receivers is None:
        return f"{did}; the connection broke before the number of listeners was told"
    services = counted(done.receivers, "service") if done.receivers else "no service"
    return f"{did}; {services} heard it"


def _not_done(step: Step, why: str, *, unreachable: bool = False) -> Item:
    return Item(step.enrollment_id, Outcome.FAILED, f"not done: {why}", unreachable=unreachable)
