"""Proof that the audit trail is whole: nothing removed, changed or forged (contract 1.5, 2.3).

The chain shows what was changed inside it. What the stream cannot show of itself, that it was deleted whole or written
anew without its newest entries, the decisions show: each was recorded together with its entry, so one without an entry
proves a removal.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b

from shema_cli.audit.read import forward
from shema_cli.audit.results import TrailProblem, Verification
from shema_cli.store import keys
from shema_cli.store.chain import GENESIS, AuditEntry, StreamFacts, digest
from shema_cli.store.connection import Store

SCANNED_AT_ONCE = 1000

StreamId = tuple[int, int]


class ChainCheck:
    """Takes the entries in order and says what is wrong with each; remembers only the two links before it.

    What is no link of the chain (`AuditEntry.linked`) is one problem, and passed over as the script passes over it.
    """

    def __init__(self, highest_removed: str | None = None) -> None:
        self._highest_removed = highest_removed
        self._before: AuditEntry | None = None
        self._one_before: AuditEntry | None = None
        self._suspect = False
        self.checked = 0

    def feed(self, entry: AuditEntry) -> TrailProblem | None:
        if not entry.linked and entry.prev != _hash(self._before):
            self.checked += 1
            return TrailProblem(entry.id, "forged: it has no hash, so shema did not write it")
        problem = self._judge(entry)
        self._suspect = problem is not None and problem.entry == entry.id
        self._one_before, self._before = self._before, entry
        self.checked += 1
        return problem

    def _judge(self, entry: AuditEntry) -> TrailProblem | None:
        if self._follows(entry):
            return None if entry.sound else TrailProblem(entry.id, "changed: its hash is not the hash of its fields")
        if not entry.sound:
            return TrailProblem(entry.id, "forged: its hash is not the hash of its fields and it follows on no entry")
        if self._before and entry.prev == _hash(self._one_before):
            return None if self._suspect else self._intruder(self._before, entry)
        return self._gap(entry)

    def _follows(self, entry: AuditEntry) -> bool:
        if entry.prev == _hash(self._before):
            return True
        # The entry before had its `hash` field changed, which is that entry's problem alone.
        return self._suspect and self._before is not None and entry.prev == digest(self._before.stored)

    def _intruder(self, intruder: AuditEntry, entry: AuditEntry) -> TrailProblem:
        return TrailProblem(intruder.id, f"forged: {entry.id} was written as if this entry were not there")

    def _gap(self, entry: AuditEntry) -> TrailProblem:
        before = self._before.id if self._before else None
        place = f"after {before} and before {entry.id}" if before else f"before {entry.id}"
        removed = self._highest_removed
        if removed and _number(before or "0-0") < _number(removed) < _number(entry.id):
            return TrailProblem(removed, f"removed: it stood {place}")
        return TrailProblem(entry.id, f"removed: an entry {place} is missing, or was rewritten")


class EventIds:
    """The event ids of a trail, eight bytes each."""

    def __init__(self) -> None:
        self._seen = array("Q")
        self._sorted = True

    def add(self, event_id: str) -> None:
        self._seen.append(_short(event_id))
        self._sorted = False

    def __contains__(self, event_id: str) -> bool:
        if not self._sorted:
            self._seen = array("Q", sorted(self._seen))
            self._sorted = True
        place = bisect_left(self._seen, wanted := _short(event_id))
        return place < len(self._seen) and self._seen[place] == wanted


def verify(store: Store) -> Verification:
    """Read the whole stream in pages, and check it three ways.

    Every entry against the one before, all of them against what the server counts, and the decisions against them.
    """
    with store.errors():
        facts = StreamFacts.read(store.client)
        check, audited = ChainCheck(facts.highest_removed if facts else None), EventIds()
        problems = []
        for entry in forward(store, until=facts.last_generated) if facts else ():
            audited.add(entry.text("eventId"))
            if problem := check.feed(entry):
                problems.append(problem)
        if facts:
            problems += _removals_seen_by_the_server(facts, problems)
        problems += unaudited(store, audited, facts.last_generated if facts else "-")
    return Verification(check.checked, tuple(problems))


def _removals_seen_by_the_server(facts: StreamFacts, found: list[TrailProblem]) -> Iterator[TrailProblem]:
    """What the chain alone cannot show: that its newest entries are gone."""
    if facts.last_entry != facts.last_generated:
        yield TrailProblem(facts.last_generated, "removed: it was the newest entry")
    elif facts.removed and not any(p.problem.startswith("removed") for p in found):
        name = facts.highest_removed or facts.last_generated
        yield TrailProblem(
            name, f"removed: the server counts {facts.removed} removed, this one has the highest id of them"
        )


def _hash(entry: AuditEntry | None) -> str:
    return entry.hash if entry else GENESIS


def _number(id: str) -> StreamId:
    milliseconds, _, sequence = id.partition("-")
    return int(milliseconds), int(sequence or 0)


def unaudited(store: Store, audited: EventIds, read_up_to: str) -> Iterator[TrailProblem]:
    """Decisions whose event is in no entry; `read_up_to` is the stream id up to which `audited` was gathered."""
    missing = {event_id: key for key, event_id in _decided(store) if event_id not in audited}
    if not missing:
        return
    for entry in forward(store, since=read_up_to):
        missing.pop(entry.text("eventId"), None)
    for event_id, key in missing.items():
        yield TrailProblem(event_id, f"removed: the decision under {key} has no entry with this eventId")


def _decided(store: Store) -> Iterator[tuple[str, str]]:
    """(key, eventId) of every decision that has an event."""
    found: list[bytes] = []
    for key in store.client.scan_iter(match=f"{keys.DECISION_PREFIX}*", count=SCANNED_AT_ONCE):
        found.append(key)
        if len(found) == SCANNED_AT_ONCE:
            yield from _events(store, found)
            found = []
    yield from _events(store, found)


def _events(store: Store, found: list[bytes]) -> Iterator[tuple[str, str]]:
    pipeline = store.client.pipeline(transaction=False)
    for key in found:
        pipeline.hget(key, "eventId")
    for key, event_id in zip(found, pipeline.execute(), strict=True):
        if event_id:
            yield key.decode("utf-8", "replace"), event_id.decode("utf-8", "surrogateescape")


def _short(event_id: str) -> int:
    return int.from_bytes(blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
