"""Approving and rejecting, from the request to its result: look up, show, ask, decide, wait (contract 2.3, 2.4)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from shema_cli.admin import Mandate
from shema_cli.enrollments.decide import (
    AlreadyDecided,
    CourseFull,
    Decider,
    DecisionAnswer,
    DecisionMade,
    DecisionOrder,
    NobodyHears,
)
from shema_cli.enrollments.foreseen import Preflight
from shema_cli.enrollments.plan import (
    DecisionPlan,
    DecisionRequest,
    EnrollmentSelection,
    PlannedDecision,
    Told,
    prepare,
    standing,
    unheard,
)
from shema_cli.enrollments.preflight import preflight, question
from shema_cli.enrollments.results import CHANGED, NOT_DONE, Decided, DecisionItem, DecisionKind, DecisionOutcome
from shema_cli.enrollments.seats import SeatLedger
from shema_cli.enrollments.source import AT_ONCE, EnrollmentSource
from shema_cli.enrollments.status import PENDING
from shema_cli.errors import InvalidUsage, NotFound, ShemaError, Unreachable, nothing_done_yet
from shema_cli.frozen import dataclass
from shema_cli.inputs import need_utf8
from shema_cli.interrupts import stop_gently
from shema_cli.people.results import Named
from shema_cli.results import counted

if TYPE_CHECKING:
    from threading import Event

    from shema_cli.admin import StillAdmin
    from shema_cli.calls.audience import Audience
    from shema_cli.calls.client import ServiceClient
    from shema_cli.clock import Clock
    from shema_cli.output.person import Person
    from shema_cli.output.sink import View
    from shema_cli.people.names import NameBook
    from shema_cli.store.connection import Store
    from shema_cli.store.journal import Journal

STALE_AFTER_S = 20.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True)
class Admissions:
    """What deciding takes: the services, the store, who listens there, the trail, whoever is asked, and the names."""

    services: Callable[[], ServiceClient]
    store: Store
    clock: Clock
    audience: Audience
    journal: Journal
    person: Person
    still_admin: StillAdmin
    names: NameBook
    draw: View | None = None

    def decide(self, ask: DecisionRequest) -> Decided:
        """Carry out what was asked for, after one confirmation.

        Raises InvalidUsage for flags that do not go together, or when nobody can be asked; NotFound when no enrollment
        matches the filters; Refused when the answer is no; and what `prepare` raises.
        """
        return self.decide_all([ask])

    def decide_all(self, asks: Sequence[DecisionRequest], *, by_keys: bool = False) -> Decided:
        """The same of several requests, of which no two name one enrollment, after one confirmation of all.

        `by_keys`: they were chosen by single keys, of which a late one is not meant for the question.
        """
        with nothing_done_yet():
            plans = [self._prepare(self._complete(ask)) for ask in asks]
        first = plans[0].ask
        for plan in plans:
            _must_match(plan)
        if first.dry_run or not (first.yes or any(map(_anything_to_do, plans))):
            return self._foreseen(plans)
        if not first.yes:
            plans = self._confirmed(plans, by_keys=by_keys)
        with self.person.progress(first.kind.verb, sum(len(plan.steps) for plan in plans)) as progress:
            decided = carry_out(self, plans, progress.step)
        published = sum(item.outcome in CHANGED for item in decided.items)
        if not first.wait_s or not published or decided.interrupted:
            return decided
        with self.person.progress("confirm", published) as progress:
            return await_effect(self.services, decided, first.wait_s, progress.step)

    def _complete(self, ask: DecisionRequest) -> DecisionRequest:
        if ask.student_id is not None and len(ask.selection.ids) != 1:
            raise InvalidUsage(
                "student_id",
                "--student-id goes with exactly one enrollment id",
                "give one id, or leave --student-id out",
            )
        if not (ask.yes or ask.dry_run or self.person.can_be_asked):
            self.person.confirm("", yes=False)
        if ask.kind is DecisionKind.REJECTED and not (ask.reason.strip() or ask.reasons or ask.republish):
            reason = self.person.ask("Reason for the rejection", flag="--reason")
            ask = replace(ask, reason=need_utf8(reason, "--reason"))
            if not ask.reason:
                raise InvalidUsage("no_reason", "a rejection needs a reason", "pass --reason TEXT")
        return ask

    def _prepare(self, ask: DecisionRequest) -> DecisionPlan:
        ids = ask.selection.ids
        with self.person.progress("look up", len(ids) or None) as progress:
            return asyncio.run(prepare(self.services, self.store, self.audience, ask, self.names, progress.step))

    def _confirmed(self, plans: Sequence[DecisionPlan], *, by_keys: bool) -> list[DecisionPlan]:
        """The plans, after a yes; looked up anew when the answer took long enough for things to have changed."""
        asked_at = self.clock.monotonic()
        self.person.aside(self._foreseen(plans), self.draw)
        if by_keys:
            self.person.forget_typed()
        self.person.confirm(question(plans, self.clock.now()), yes=False)
        if self.clock.monotonic() - asked_at <= STALE_AFTER_S:
            return list(plans)
        with nothing_done_yet():
            return [self._anew(plan) for plan in plans]

    def _foreseen(self, plans: Sequence[DecisionPlan]) -> Preflight:
        """What is shown before anything is done; whoever looks is told of a service that kept its names."""
        shown = preflight(plans, self.clock.now())
        silent = {service: why for plan in plans for service, why in plan.names().silent.items()}
        if silent and self.person.looks_at_tables:
            self.person.warn(f"some names are missing: {'; '.join(silent.values())}")
        return shown

    def _anew(self, plan: DecisionPlan) -> DecisionPlan:
        """Nobody else comes into the list."""
        confirmed = EnrollmentSelection(ids=tuple(entry.enrollment_id for entry in plan.entries))
        return self._prepare(replace(plan.ask, selection=confirmed))


def _must_match(plan: DecisionPlan) -> None:
    """Raises NotFound where filters match nothing; that nothing at all is pending is an answer."""
    query = plan.ask.selection.query
    if not plan.entries and query is not None and (query.course is not None or query.status != PENDING):
        message = f"no enrollment matches {query.describe()}; nothing was done"
        raise NotFound("nothing_selected", message, "shema enrollments list")


def _anything_to_do(plan: DecisionPlan) -> bool:
    return any(item.outcome is DecisionOutcome.PLANNED for _, item in plan.foreseen())


def carry_out(admissions: Admissions, plans: Sequence[DecisionPlan], told: Told = lambda: None) -> Decided:
    """Decide on every step of the plans. Ctrl-C lets what is in hand finish and leaves the rest undone.

    Nothing that happens to one enrollment ends the run, except that Redis stays away or the admin's session ends.
    """
    run = _DecisionRun(admissions)
    items: list[DecisionItem] = []
    named: dict[str, Named] = {}
    with stop_gently(twice_interrupts=False) as stop:
        for plan in plans:
            in_turn = iter(_carry_out(run, plan, stop, told))
            items += [entry if isinstance(entry, DecisionItem) else next(in_turn) for entry in plan.entries]
        for plan in plans:
            named |= plan.named()
    return Decided(plans[0].ask.kind, tuple(items), interrupted=stop.is_set(), ended=run.ended, named=named)


def _carry_out(run: _DecisionRun, plan: DecisionPlan, stop: Event, told: Told) -> list[DecisionItem]:
    run.begin(plan)
    steps, decided = plan.steps, list[DecisionItem]()
    while len(decided) < len(steps):
        left = steps[len(decided) :]
        if stop.is_set():
            return decided + [_not_done(step, "interrupted before its turn") for step in left]
        for item in run.decide_first(left):
            decided.append(item)
            told()
    return decided


class _DecisionRun:
    """One run over one plan after the other: when it may not go on, none of them does."""

    def __init__(self, admissions: Admissions) -> None:
        self._admissions = admissions
        self._mandate = Mandate(admissions.still_admin)
        self._stopped_by: ShemaError | None = None

    def begin(self, plan: DecisionPlan) -> None:
        self._kind = plan.ask.kind
        self._ledger = SeatLedger(plan.seats)
        self._admissions.audience.count_anew()
        self._decider = Decider(
            self._admissions.audience,
            self._admissions.clock,
            self._admissions.journal,
            allow_unheard=plan.ask.allow_unheard,
            require_listeners=plan.ask.require_listeners,
        )

    @property
    def ended(self) -> ShemaError | None:
        """Why the run may not go on in its admin's name; None when it may."""
        return self._mandate.ended

    def decide_first(self, steps: Sequence[PlannedDecision]) -> list[DecisionItem]:
        """What became of the first of these steps: of as many as are settled in one round, at least of one."""
        if why := self._may_not_go_on():
            return [why(step) for step in steps]
        first = steps[0]
        if first.counted and (full := self._ledger.refusal(first.course_id)):
            return [self._full(first, full)]
        batch = list(self._batch(steps[: self._decider.at_once]))
        try:
            answers = self._decider.decide_first([self._order(step) for step in batch])
        except ShemaError as error:
            return [self._failed(first, error)]
        return [self._item(step, answer) for step, answer in zip(batch, answers, strict=False)]

    def _may_not_go_on(self) -> Callable[[PlannedDecision], DecisionItem] | None:
        """What is told of each step that is left; None when the next may be decided."""
        if self._stopped_by:
            return partial(_not_done, why="Redis was lost before its turn; the same command goes on", unreachable=True)
        if self._mandate.holds():
            return None
        ended = self._mandate.ended
        assert ended is not None
        return partial(_not_done, why=ended.message, unreachable=isinstance(ended, Unreachable))

    def _batch(self, steps: Sequence[PlannedDecision]) -> Iterator[PlannedDecision]:
        """Those before the first for which there would be no seat: it would be refused, and hold up those behind it."""
        wanted: Counter[str] = Counter()
        for step in steps:
            left = self._ledger.left(step.course_id) if step.counted else None
            if left is not None and left <= wanted[step.course_id]:
                return
            wanted[step.course_id] += step.counted
            yield step

    def _item(self, step: PlannedDecision, answer: DecisionAnswer | Unreachable) -> DecisionItem:
        if isinstance(answer, Unreachable):
            return self._failed(step, answer)
        if isinstance(answer, CourseFull):
            self._ledger.learn(step.course_id, answer.taken)
            return self._full(step, self._ledger.refusal(step.course_id) or "")
        if isinstance(answer, DecisionMade) and step.counted:
            self._ledger.give(step.course_id)
        return _item(step, answer, self._kind)

    def _order(self, step: PlannedDecision) -> DecisionOrder:
        return replace(step.order, seat=self._ledger.seat(step.course_id)) if step.counted else step.order

    def _full(self, step: PlannedDecision, why: str) -> DecisionItem:
        message = f"{why}; nothing was done"
        return DecisionItem(step.enrollment_id, DecisionOutcome.COURSE_FULL, message, course_id=step.course_id)

    def _failed(self, step: PlannedDecision, error: ShemaError) -> DecisionItem:
        unreachable = isinstance(error, Unreachable)
        if unreachable:
            self._stopped_by = error
        message = f"{error.message}; {error.hint}" if error.code == "redis_lost" else error.message
        return DecisionItem(step.enrollment_id, DecisionOutcome.FAILED, message, unreachable=unreachable)


def _item(step: PlannedDecision, answer: DecisionAnswer, kind: DecisionKind) -> DecisionItem:
    id = step.enrollment_id
    if isinstance(answer, AlreadyDecided):
        return standing(kind, id, answer.decision)
    if isinstance(answer, DecisionMade):
        outcome, message = DecisionOutcome(kind.value), _done_message(step, answer)
        return DecisionItem(id, outcome, message, answer.event_id, answer.receivers, listening=answer.listening)
    assert isinstance(answer, NobodyHears)
    return unheard(id, kind, answer.listening, answer.why)


def _done_message(step: PlannedDecision, done: DecisionMade) -> str:
    did = "published again" if step.order.republish else step.order.kind.value
    if done.receivers is None:
        return f"{did}; the connection broke before the number of listeners was told"
    services = counted(done.receivers, "service") if done.receivers else "no service"
    missing = f"; {done.listening.said_missing}" if done.listening.said_missing else ""
    return f"{did}; {services} heard it{missing}"


def _without(item: DecisionItem) -> str:
    missing = item.listening.said_missing if item.listening else ""
    return f" ({missing})" if missing else ""


def _not_done(step: PlannedDecision, why: str, *, unreachable: bool = False) -> DecisionItem:
    return DecisionItem(step.enrollment_id, DecisionOutcome.FAILED, f"{NOT_DONE}: {why}", unreachable=unreachable)


def await_effect(
    services: Callable[[], ServiceClient], decided: Decided, wait_s: float, told: Told = lambda: None
) -> Decided:
    """The run with each published item confirmed by its service, or `unconfirmed` after `wait_s` seconds.

    Ctrl-C ends the waiting: what was not confirmed by then is `unconfirmed`.
    """
    watch = _EffectWatch(services, decided, wait_s, told)
    try:
        asyncio.run(watch.all())
    except KeyboardInterrupt:
        return replace(watch.result(), interrupted=True)
    return watch.result()


class _EffectWatch:
    def __init__(self, services: Callable[[], ServiceClient], decided: Decided, wait_s: float, told: Told) -> None:
        self._services = services
        self._decided = decided
        self._wait_s = wait_s
        self._told = told
        self._published = [
            i for i in decided.items if i.outcome in (DecisionOutcome.APPROVED, DecisionOutcome.REJECTED)
        ]
        self._confirmed: set[str] = set()
        self._last_heard: dict[str, str] = {}

    async def all(self) -> None:
        """Return when everything is confirmed or the time is over."""
        async with self._services() as client:
            source, slots = EnrollmentSource(client), asyncio.Semaphore(AT_ONCE)
            watched = [self._one(source, slots, item) for item in self._published]
            try:
                async with asyncio.timeout(self._wait_s):
                    await asyncio.gather(*watched)
            except TimeoutError:
                return

    async def _one(self, source: EnrollmentSource, slots: asyncio.Semaphore, item: DecisionItem) -> None:
        pause = FIRST_PAUSE_S
        while not await self._took_effect(source, slots, item):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
        self._confirmed.add(item.enrollment_id)
        self._told()

    async def _took_effect(self, source: EnrollmentSource, slots: asyncio.Semaphore, item: DecisionItem) -> bool:
        id = item.enrollment_id
        async with slots:
            try:
                status = (await source.enrollment(id)).status
            except ShemaError as error:
                self._last_heard[id] = f"the enrollment service could not be asked: {error.message}"
                return False
        self._last_heard[id] = f"the enrollment service still says {status}"
        return status == item.outcome.value

    def result(self) -> Decided:
        published = {item.enrollment_id for item in self._published}
        return replace(
            self._decided,
            items=tuple(
                self._judged(item) if item.enrollment_id in published else item for item in self._decided.items
            ),
        )

    def _judged(self, item: DecisionItem) -> DecisionItem:
        if item.enrollment_id in self._confirmed:
            return replace(item, message=f"{item.message}, and it took effect")
        heard = self._last_heard.get(item.enrollment_id, "the enrollment service has not answered")
        return replace(
            item,
            outcome=DecisionOutcome.UNCONFIRMED,
            message=f"published{_without(item)}, but not confirmed within {self._wait_s:g} s: {heard}; "
            "if it stays so, --republish publishes it again",
        )
