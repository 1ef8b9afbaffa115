"""Finding everything that hangs together with one id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from shema_cli.audit import words
from shema_cli.audit.read import forward
from shema_cli.clock import iso
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.enrollments.decide import read_decisions
from shema_cli.enrollments.results import Decision
from shema_cli.errors import NotFound
from shema_cli.events.filters import Filter
from shema_cli.events.messages import Message
from shema_cli.json_text import Number, loads
from shema_cli.moments import read_moment
from shema_cli.shell import to_type
from shema_cli.store.chain import AuditEntry, to_bytes
from shema_cli.store.connection import Store
from shema_cli.trace.results import FoundIn, Trace, TraceStep, in_order
from shema_cli.trace.runs import Runs

ROUNDS = 3
DEEPEST = 32


Service = Callable[[str], TraceStep | None]
"""What the enrollment service tells of an id. Raises Unreachable and Failed when it does not tell."""


def trace(store: Store, id: str, service: Service = lambda _: None) -> Trace:
    """Everything known of an enrollment, event, request or booking id.

    What is found names further ids (a decision its event, an audit entry its enrollment), which are looked for too.
    The service is asked about what nobody has touched. Raises NotFound when nothing is known, and Unreachable.
    """
    linked: set[str] = {id}
    steps: dict[str, TraceStep] = {}
    for _ in range(ROUNDS):
        before = set(linked)
        for key, step, ids in _found(store, before):
            steps[key] = step
            linked |= ids
        if linked == before:
            break
    if not steps and (untouched := service(id)):
        return Trace(id, (), (untouched,))
    if not steps:
        raise NotFound(
            "nothing_known",
            f"neither the decisions, nor the audit trail, nor the dead letters know {id!r}",
            f"wait for its events with: {to_type('shema trace --follow', id)}",
        )
    return Trace(id, tuple(sorted(linked - {id})), in_order(steps.values()))


def mentions(document: object, ids: Collection[str], depth: int = 0) -> bool:
    """Whether any value in `document`, however deep, is one of `ids`."""
    if isinstance(document, (str, int, float, Number)):
        return str(document) in ids
    if depth > DEEPEST:
        return False
    if isinstance(document, dict):
        return any(mentions(value, ids, depth + 1) for value in document.values())
    return isinstance(document, list) and any(mentions(value, ids, depth + 1) for value in document)


@dataclass(frozen=True)
class Known:
    """What `--follow` begins with: the steps so far, the ids to look out for, and why there are no steps."""

    steps: tuple[TraceStep, ...]
    ids: frozenset[str]
    nothing: str | None = None


def known(store: Store, id: str, service: Service = lambda _: None) -> Known:
    """`trace`, for which nothing known is no error. Raises Unreachable."""
    try:
        found = trace(store, id, service)
    except NotFound as nothing:
        return Known((), frozenset({id}), nothing.message)
    return Known(found.steps, frozenset({id, *found.linked}))


@dataclass(frozen=True)
class Mentioning(Filter):
    """Messages that mention one of these ids, in their payload or as their chat session."""

    ids: Collection[str] = ()

    @property
    def passes_all(self) -> bool:
        return False

    def may_want(self, _payload: bytes) -> bool:
        return True

    def wants(self, message: Message) -> bool:
        return message.session in self.ids or mentions(message.document, self.ids)


Found = tuple[str, TraceStep, set[str]]
"""A key by which a step is known again, the step, and the ids that it names."""


def _found(store: Store, ids: set[str]) -> Iterator[Found]:
    yield from decided(store, ids)
    yield from audited(store, ids)
    yield from dead_letters(store, ids)


def decided(store: Store, ids: Collection[str]) -> Iterator[Found]:
    """The decisions on these enrollments. Raises Unreachable and NotConfigured, as those below do."""
    for id, decision in read_decisions(store, sorted(ids)).standing.items():
        yield f"decision {id}", _decision_step(id, decision), {id, decision.event_id} - {""}


def audited(store: Store, ids: Collection[str]) -> Iterator[Found]:
    """The audit entries that concern one of these ids, and the runs that took one of these events out."""
    wanted, runs = set(ids), Runs()
    with store.errors():
        for entry in forward(store):
            runs.add(entry)
            if _concerns(entry, wanted - {*words.named(entry)}):
                yield f"audit {entry.id}", _audit_step(entry), _named_by(entry)
    for key, step, event_id in runs.steps(store, ids):
        yield key, step, {event_id}


def _concerns(entry: AuditEntry, ids: set[str]) -> bool:
    return any(entry.text(name) in ids for name in ("target", "eventId", "requestId")) or mentions(entry.details, ids)


def _named_by(entry: AuditEntry) -> set[str]:
    """An entry about one event names that event and its target; one about a whole run names nothing further."""
    event_id = entry.text("eventId")
    return {event_id, entry.text("target")} - {""} if event_id else set()


def dead_letters(store: Store, ids: Collection[str]) -> Iterator[Found]:
    """The dead letters in which one of these ids stands."""
    needles = [to_bytes(id) for id in ids]
    for _, raw in DeadLetters(store).oldest_first():
        if b"\\" in raw or any(needle in raw for needle in needles):  # with escapes, an id may stand there otherwise
            entry = parse_entry(raw)
            if mentions(_decoded(entry), ids):
                yield f"dead letter {entry.id}", _dead_letter_step(entry), {entry.event_id} if entry.event_id else set()


def _decoded(entry: Entry) -> object:
    try:
        return loads(entry.raw)
    except ValueError:
        return None


def _decision_step(id: str, decision: Decision) -> TraceStep:
    summary = f"{id} {decision.decision} by {decision.who}" + (f": {decision.reason}" if decision.reason else "")
    return TraceStep(decision.at, FoundIn.DECISION, summary, {"enrollmentId": id} | decision.document())


def _audit_step(entry: AuditEntry) -> TraceStep:
    who = entry.who or "somebody unknown"
    reason = f": {entry.text('reason')}" if entry.text("reason") else ""
    told = "; ".join(
        part for part in (f"{entry.text('action')} {entry.text('target')} by {who}{reason}", words.heard(entry)) if part
    )
    return TraceStep(entry.text("at"), FoundIn.AUDIT, told, entry.document())


def _dead_letter_step(entry: Entry) -> TraceStep:
    event = entry.event_type or "something that is no event"
    summary = f"{event} failed: {entry.error or 'no error was written down'}"
    details = {"id": entry.id, "event_id": entry.event_id, "error": entry.error, "entry": _decoded(entry)}
    moment = read_moment(entry.failed_at)
    return TraceStep(iso(moment) if moment else entry.failed_at or "", FoundIn.DEAD_LETTER, summary, details)
