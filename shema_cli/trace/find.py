"""What stands in Redis of some ids: decisions, audit trail, dead letters.

Each place yields what it finds, newest first where it is long, in flat memory. What is found names further ids: a
decision its event, an entry of the trail its enrollment. They raise Unreachable, NotConfigured and Failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shema_cli.audit import words as audit_words
from shema_cli.audit.read import backward
from shema_cli.clock import iso
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.enrollments.decide import read_decisions
from shema_cli.enrollments.results import Decision
from shema_cli.events.filters import Filter
from shema_cli.events.messages import Message
from shema_cli.frozen import dataclass
from shema_cli.json_text import Number, loads
from shema_cli.moments import read_moment
from shema_cli.people.shown import subject_of
from shema_cli.store import keys
from shema_cli.store.chain import AuditEntry
from shema_cli.store.connection import Store
from shema_cli.trace import words
from shema_cli.trace.results import FoundIn, TraceEvent
from shema_cli.trace.runs import Runs
from shema_cli.trace.walk import Needles, Walk, not_before_ms

DEEPEST = 32
_SOUGHT = (b"target", b"eventId", b"requestId")
_FURTHER = ("enrollmentId", "bookingId", "scheduleId")
"""What an event is about, and nobody else's."""
_WHOSE = ("studentId", "userId", "enrollmentId", "bookingId")

Found = tuple[str, TraceEvent, set[str]]
"""A key by which an event is known again, the event, and the ids that it names."""


def mentions(document: object, ids: Collection[str], depth: int = 0) -> bool:
    """Whether any value in `document`, however deep, is one of `ids`."""
    if isinstance(document, (str, int, float, Number)):
        return str(document) in ids
    if depth > DEEPEST:
        return False
    if isinstance(document, dict):
        return any(mentions(value, ids, depth + 1) for value in document.values())
    return isinstance(document, list) and any(mentions(value, ids, depth + 1) for value in document)


def is_about(message: Message, ids: Collection[str]) -> bool:
    """Whether it mentions one of them, in its payload or as its chat session."""
    return message.session in ids or mentions(message.document, ids)


@dataclass(frozen=True)
class Mentioning(Filter):
    """Messages that are about one of these ids."""

    ids: Collection[str] = ()

    @property
    def passes_all(self) -> bool:
        return False

    def may_want(self, _payload: bytes) -> bool:
        return True

    def wants(self, message: Message) -> bool:
        return is_about(message, self.ids)


def further(event_id: str, data: object, ids: Collection[str]) -> set[str]:
    """The ids to which an event leads that was found by these: itself; and what it is about, where it was sought
    itself, or its student or enrollment. A course leads to everybody's, a student to the other enrollments."""
    found = {event_id} if event_id else set()
    if not isinstance(data, dict) or not (
        event_id in ids or any(data.get(name) in ids for name in _WHOSE if _text(data, name))
    ):
        return found
    return found | {id for name in _FURTHER if (id := _text(data, name))}


def enrollment_of(data: object) -> str:
    """The enrollment that an event's data names."""
    return _text(data, "enrollmentId") if isinstance(data, dict) else ""


def _text(data: dict[str, object], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def decided(store: Store, ids: Collection[str], _: Walk | None = None) -> Iterator[Found]:
    """The decisions on these enrollments."""
    for id, decision in read_decisions(store, sorted(ids)).standing.items():
        yield f"decision {id}", _decision(id, decision), {id, decision.event_id} - {""}


def audited(store: Store, ids: Collection[str], walk: Walk | None = None) -> Iterator[Found]:
    """The audit entries that concern one of these ids, and the runs that took one of these events out."""
    walk, wanted, needles, runs = walk or Walk(), set(ids), Needles(ids), Runs()
    with store.errors():
        walk.of = int(store.client.xlen(keys.AUDIT))
        since_ms = not_before_ms(ids)
        for entry in walk.over(backward(store)):
            if entry.written_ms < since_ms:
                break
            if runs.knows_better(entry):
                continue
            runs.add(entry)
            if _may_concern(entry, needles, wanted) and _concerns(entry, wanted - {*audit_words.named(entry)}):
                yield f"audit {entry.id}", _audit(entry), _named_by(entry)
    for key, event in runs.events(store, ids):
        yield key, event, {event.event_id}


def _may_concern(entry: AuditEntry, needles: Needles, ids: Collection[str]) -> bool:
    stored = entry.stored
    return entry.id in ids or any(needles.may_be_in(stored.get(name, b"")) for name in (*_SOUGHT, b"details"))


def _concerns(entry: AuditEntry, ids: Collection[str]) -> bool:
    named = (entry.id, *(entry.text(name.decode()) for name in _SOUGHT))
    return any(one in ids for one in named) or mentions(entry.details, ids)


def _named_by(entry: AuditEntry) -> set[str]:
    """A decision names its enrollment and its event, a publication its event, an entry about a whole run nothing."""
    event_id = entry.text("eventId")
    target = entry.text("target") if entry.text("action") in words.DECIDED else ""
    return {event_id, target} - {""} if event_id else set()


def dead_letters(store: Store, ids: Collection[str], walk: Walk | None = None) -> Iterator[Found]:
    """The dead letters in which one of these ids stands."""
    walk, needles = walk or Walk(), Needles(ids)
    letters = DeadLetters(store)
    walk.of = letters.total()
    for _, _, raw in walk.over(letters.newest_first()):
        if not needles.may_be_in(raw):
            continue
        document = _decoded(raw)
        if mentions(document, ids):
            entry = parse_entry(raw)
            event = document.get("event") if isinstance(document, dict) else None
            data = event.get("data") if isinstance(event, dict) else None
            yield f"dead letter {entry.id}", _dead_letter(entry, data), further(entry.event_id or "", data, ids)


def _decoded(raw: bytes) -> object:
    try:
        return loads(raw)
    except ValueError:
        return None


def _decision(id: str, decision: Decision) -> TraceEvent:
    done = decision.decision or "decided"
    reason = f": {decision.reason}" if decision.reason else ""
    return TraceEvent(
        decision.at,
        FoundIn.DECISIONS,
        "decision",
        f"{id} {done} by {decision.who}{reason}",
        actor=decision.who,
        event_id=decision.event_id,
        id=id,
        words=f"{done} by {decision.who}{reason}",
        enrollment_id=id,
    )


def _audit(entry: AuditEntry) -> TraceEvent:
    summary, in_short = words.of_entry(entry)
    return TraceEvent(
        entry.text("at"),
        FoundIn.AUDIT,
        "audit",
        summary,
        actor=entry.who,
        event_id=entry.text("eventId"),
        id=entry.id,
        words=in_short if entry.text("action") in words.DECIDED else summary,
        heard=words.heard_of_entry(entry),
        about=subject_of(entry.details),
        enrollment_id=entry.text("target") if entry.text("action") in words.DECIDED else "",
    )


def _dead_letter(entry: Entry, data: object) -> TraceEvent:
    event = entry.event_type or "something that is no event"
    error = entry.error or "no error was written down"
    moment = read_moment(entry.failed_at)
    return TraceEvent(
        iso(moment) if moment else entry.failed_at or "",
        FoundIn.DEAD_LETTERS,
        "dead_letter",
        f"{event} failed: {error}",
        event_id=entry.event_id or "",
        id=entry.id,
        words=f"failed in a service ({event}): {error}",
        about=subject_of(data),
        enrollment_id=enrollment_of(data),
    )
