"""The trail compared with what else Redis holds of the same changes (contract 1.5).

A decision was recorded together with its entry, and a run on the dead letters leaves a list of the events that it took
out: what one side has and the other does not, or tells otherwise, was removed, changed or forged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from shema_cli.audit import words
from shema_cli.audit.digests import Digests
from shema_cli.audit.results import TrailProblem
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.chain import AuditEntry
from shema_cli.store.connection import Store
from shema_cli.store.refusals import holds_something_else

SCANNED_AT_ONCE = 1000
ALIKE = (b"actor", b"actorEmail", b"at", b"reason")
"""The fields in which an entry and its record say the same."""
_KIND = {b"approve": b"approved", b"reject": b"rejected"}  # an entry's action: its record's decision
_EVENTFUL = frozenset({*_KIND, b"republish"})


@dataclass
class Entered:
    """What the entries of a trail tell of decisions and runs."""

    decisions: Digests = field(default_factory=Digests)  # enrollment, kind, and what is ALIKE
    events: Digests = field(default_factory=Digests)  # enrollment, event
    runs: Digests = field(default_factory=Digests)
    ended: Digests = field(default_factory=Digests)

    def add(self, entry: AuditEntry) -> None:
        action = entry.stored.get(b"action", b"")
        target = entry.stored.get(b"target", b"")
        if action in _KIND:
            self.decisions.add(target, _KIND[action], *_alike(entry.stored))
        if action in _EVENTFUL:
            self.events.add(target, entry.stored.get(b"eventId", b""))
        if run := words.run_of(entry):
            self.runs.add(run.encode("utf-8", "replace"))
            if not action.endswith(words.BEGUN.encode()):
                self.ended.add(run.encode("utf-8", "replace"))


@dataclass(frozen=True)
class Record:
    """The decision on one enrollment as it is stored; empty `fields` where something else stands under its key."""

    enrollment: bytes
    fields: Mapping[bytes, bytes]

    @property
    def key(self) -> str:
        return keys.DECISION_PREFIX + self.enrollment.decode("utf-8", "replace")

    @property
    def event_id(self) -> bytes:
        return self.fields.get(b"eventId", b"")

    @property
    def told(self) -> tuple[bytes, ...]:
        return (self.enrollment, self.fields.get(b"decision", b""), *_alike(self.fields))


@dataclass
class Recorded:
    """What Redis holds of decisions and runs, and which of it the trail does not."""

    decisions: Digests = field(default_factory=Digests)
    unknown: list[Record] = field(default_factory=list)
    runs: list[bytes] = field(default_factory=list)  # that took something out and are at work no more

    @classmethod
    def read(cls, store: Store, entered: Entered) -> Recorded:
        found = cls()
        for record in _decisions(store):
            found.decisions.add(*record.told)
            if not _is_entered(record, entered):
                found.unknown.append(record)
        prefix = keys.RUN_EVENTS_PREFIX.encode()
        for key in store.client.scan_iter(match=f"{keys.RUN_EVENTS_PREFIX}*", count=SCANNED_AT_ONCE):
            if not entered.ended.has(run := bytes(key).removeprefix(prefix)) and not _at_work(store, run):
                found.runs.append(run)
        return found


def compare(entries: Iterable[AuditEntry], entered: Entered, recorded: Recorded) -> Iterator[TrailProblem]:
    """What is wrong. `entries` are walked again where something is; `entered` holds all of them."""
    unknown = {record.enrollment: record for record in recorded.unknown if not _is_entered(record, entered)}
    for entry in () if entered.decisions.within(recorded.decisions) else entries:
        kind = _KIND.get(entry.stored.get(b"action", b""))
        target = entry.stored.get(b"target", b"")
        if kind is None or recorded.decisions.has(target, kind, *_alike(entry.stored)):
            continue
        record = unknown.get(target)
        if record is None or record.fields.get(b"decision") != kind:
            key = keys.DECISION_PREFIX + target.decode("utf-8", "replace")
            yield TrailProblem(entry.id, f"forged, or its decision was changed: {key} does not say so")
        elif entered.events.has(target, record.event_id):
            del unknown[target]
            differ = " and ".join(n.decode() for n in ALIKE if record.fields.get(n) != entry.stored.get(n))
            yield TrailProblem(entry.id, f"changed: it and the decision under {record.key} differ in {differ}")
    for record in unknown.values():
        yield _unentered(record)
    for run in recorded.runs:
        if not entered.ended.has(run):
            name = run.decode("utf-8", "replace")
            missing = "its end has no entry" if entered.runs.has(run) else "no entry is of that run"
            yield TrailProblem(name, f"removed: run {name} took dead letters out, and {missing}")


def _unentered(record: Record) -> TrailProblem:
    event = record.event_id.decode("utf-8", "surrogateescape")
    if not record.fields:
        return TrailProblem(record.key, f"changed: what stands under {record.key} is no decision")
    return TrailProblem(event, f"removed: the decision under {record.key} has no entry with this eventId")


def _at_work(store: Store, run: bytes) -> bool:
    """Whether a run is registered still: only after its end was entered it is not."""
    return bool(store.client.hlen(keys.RUN_PREFIX.encode() + run))


def _is_entered(record: Record, entered: Entered) -> bool:
    return entered.events.has(record.enrollment, record.event_id) and entered.decisions.has(*record.told)


def _decisions(store: Store) -> Iterator[Record]:
    found: list[bytes] = []
    for key in store.client.scan_iter(match=f"{keys.DECISION_PREFIX}*", count=SCANNED_AT_ONCE):
        found.append(key)
        if len(found) == SCANNED_AT_ONCE:
            yield from _read(store, found)
            found = []
    yield from _read(store, found)


def _read(store: Store, found: list[bytes]) -> Iterator[Record]:
    """The decisions that have an event, and what is no decision at all."""
    names = (b"decision", b"eventId", *ALIKE)
    pipeline = store.client.pipeline(transaction=False)
    for key in found:
        pipeline.hmget(key, names)
    for key, values in zip(found, pipeline.execute(raise_on_error=False), strict=True):
        enrollment = key.removeprefix(keys.DECISION_PREFIX.encode())
        if holds_something_else(values, "HMGET", key.decode("utf-8", "replace")):
            yield Record(enrollment, {})
        elif values[1]:
            yield Record(
                enrollment, {name: value for name, value in zip(names, values, strict=True) if value is not None}
            )


def _alike(fields: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    return tuple(fields.get(name, b"") for name in ALIKE)
