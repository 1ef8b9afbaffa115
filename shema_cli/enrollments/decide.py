"""One decision: record, publication and audit entry in one step of the server, or none of them (contract 2.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from shema_cli.calls.audience import Audience
from shema_cli.clock import Clock
from shema_cli.enrollments.results import Decision, DecisionKind
from shema_cli.enrollments.seats import Seat
from shema_cli.errors import Failed, Unreachable
from shema_cli.events.envelope import Event, encode_event
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.chain import as_text, to_bytes
from shema_cli.store.commit import Change, Outcome
from shema_cli.store.connection import Store
from shema_cli.store.journal import Journal
from shema_cli.store.listeners import Listeners
from shema_cli.store.refusals import holds_something_else
from shema_cli.store.scripts import script

READ_AT_ONCE = 500
_UNCOUNTED = Listeners(0)


@dataclass(frozen=True)
class DecisionOrder:
    """What is to be decided on one enrollment.

    `reason` goes into the event and the record; `why` into the audit entry, where it differs (a decision published
    again keeps its reason), with `details`. `seat`: what it takes of its course; None where it takes nothing, or nobody
    knows of which course.
    """

    enrollment_id: str
    student_id: str
    kind: DecisionKind
    reason: str = ""
    request_id: str = ""
    republish: bool = False
    why: str = ""
    details: Mapping[str, object] | None = None
    seat: Seat | None = None


@dataclass(frozen=True)
class DecisionMade:
    """It was published, recorded and audited. `receivers` is None when the answer was lost and the trail told."""

    event_id: str
    receivers: int | None
    listening: Listeners = field(default=_UNCOUNTED, compare=False)


@dataclass(frozen=True)
class AlreadyDecided:
    """A decision stands already; nothing was done."""

    decision: Decision


@dataclass(frozen=True)
class NobodyHears:
    """No service listens, or one that is required does not (`why`); nothing was done."""

    listening: Listeners = field(default=_UNCOUNTED, compare=False)
    why: str | None = None


@dataclass(frozen=True)
class CourseFull:
    """No seat is left; nothing was done. `taken` counts what was given away and is not in the service's number yet."""

    taken: int


DecisionAnswer = DecisionMade | AlreadyDecided | NobodyHears | CourseFull


class Decider:
    """Decides enrollments of one kind in their order, in the name of the journal's author."""

    def __init__(
        self,
        audience: Audience,
        clock: Clock,
        journal: Journal,
        *,
        allow_unheard: bool = False,
        require_listeners: bool = False,
    ) -> None:
        self._clock = clock
        self._audience = audience
        self._require_listeners = require_listeners
        self._journal = journal
        self._allow_unheard = allow_unheard

    def decide(self, order: DecisionOrder) -> DecisionAnswer:
        """Carry out one order.

        Raises Unreachable when Redis is out of reach (its message says when it is not known whether the order was
        carried out) and Failed when Redis refuses.
        """
        (answer,) = self.decide_first([order])
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    @property
    def at_once(self) -> int:
        """How many orders `decide_first` would send in one write now."""
        return self._journal.at_once

    def decide_first(self, orders: Sequence[DecisionOrder]) -> list[DecisionAnswer | Unreachable]:
        """Carry out the first of these orders in their order: as many as one round settles, at least one.

        Nothing was done of those that it does not answer. Raises as `decide` does for the first of them; Unreachable is
        the answer to one of which it is not known whether it was carried out.
        """
        channel = orders[0].kind.channel
        listening = self._audience.of(channel, keys.AUDIT)
        if self._require_listeners and (why := listening.unmet()):
            return [NobodyHears(listening, why)]
        events = [encode_event(order.kind.channel, _data(order), clock=self._clock) for order in orders]
        changes = [self._change(order, event, listening) for order, event in zip(orders, events, strict=True)]
        outcomes = self._journal.carry_out_first(changes)
        return [_answer(event, done, listening) for event, done in zip(events, outcomes, strict=False)]

    def _change(self, order: DecisionOrder, event: Event, listening: Listeners) -> Change:
        draft = self._journal.draft(
            action="republish" if order.republish else order.kind.verb,
            target=order.enrollment_id,
            event_id=event.event_id,
            reason=order.why or order.reason,
            request_id=order.request_id,
            details=order.details,
        )
        record = [part for field in _record(event, order, draft).items() for part in map(to_bytes, field)]
        return Change(
            script("decide"),
            draft,
            own_keys=[keys.decision(order.enrollment_id), *([keys.seats(order.seat.course_id)] if order.seat else [])],
            arguments=[
                order.kind.value,
                int(order.republish),
                int(self._allow_unheard),
                event.channel,
                event.payload,
                listening.elsewhere,
                order.seat.packed() if order.seat else "",
                len(record),
                *record,
            ],
            channel=event.channel,
            missing=listening.audited_missing(),
            what="this decision",
            done="published",
            hint="run the same command again when Redis is back: it tells, and decides nothing twice",
        )


class Decisions(NamedTuple):
    """By the id of the enrollment: the decisions that stand, and why what is in the place of one cannot be read."""

    standing: dict[str, Decision]
    unreadable: dict[str, Failed]


def read_decisions(store: Store, ids: Sequence[str]) -> Decisions:
    """The decisions on these enrollments. Raises Unreachable and NotConfigured."""
    found = Decisions({}, {})
    with store.errors():
        for first in range(0, len(ids), READ_AT_ONCE):
            some = ids[first : first + READ_AT_ONCE]
            pipeline = store.client.pipeline(transaction=False)
            for id in some:
                pipeline.hgetall(keys.decision(id))
            for id, stored in zip(some, pipeline.execute(raise_on_error=False), strict=True):
                key = as_text(keys.decision(id))
                if holds_something_else(stored, "HGETALL", key):
                    found.unreadable[id] = _unreadable(key)
                elif decision := Decision.of_stored(stored):
                    found.standing[id] = decision
    return found


def _unreadable(key: str) -> Failed:
    return Failed("bad_decision", f"what Redis keeps under {key} is no decision", "look at it, and take it away")


def _record(event: Event, order: DecisionOrder, draft: Mapping[str, str]) -> dict[str, str]:
    return {
        "eventId": event.event_id,
        "decision": order.kind.value,
        "actor": draft["actor"],
        "actorEmail": draft["actorEmail"],
        "at": draft["at"],
        "reason": order.reason,
    }


def _answer(event: Event, done: Outcome, listening: Listeners) -> DecisionAnswer | Unreachable:
    if isinstance(done, Unreachable):
        return done
    match done.word:
        case "unheard":
            return NobodyHears(listening)
        case "standing":
            return AlreadyDecided(_decision(done.told[0]))
        case "full":
            return CourseFull(done.number or 0)
        case _:
            return DecisionMade(event.event_id, done.number, listening.heard_by(done.number))


def _data(order: DecisionOrder) -> dict[str, str]:
    data = {"enrollmentId": order.enrollment_id, "studentId": order.student_id}
    return data if order.kind is DecisionKind.APPROVED else data | {"reason": order.reason}


def _decision(stored: object) -> Decision:
    assert isinstance(stored, list)
    decision = Decision.of_stored(dict(zip(stored[::2], stored[1::2], strict=True)))
    assert decision
    return decision
