"""Proof that the audit trail is whole: nothing removed, changed or forged (contract 1.5, 2.3).

The chain shows what was changed inside it. What the stream cannot show of itself, that it was deleted whole or written
anew by somebody who knows how, is shown by the records of decisions and runs (`records.py`), by the key (`seals.py`)
and by what this machine saw of it earlier (`store/remembered.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.audit.read import forward
from shema_cli.audit.records import Entered, Recorded, compare
from shema_cli.audit.results import TrailProblem, Verification
from shema_cli.audit.seals import SealCheck
from shema_cli.store.chain import GENESIS, UNKEYED, AuditEntry, StreamFacts, digest
from shema_cli.store.connection import Store
from shema_cli.store.remembered import SeenHead, TrailMemory, lost
from shema_cli.store.seal import Sealer

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


class HeadCheck:
    """Counts the entries up to the head that this machine saw last, and keeps what stands there now."""

    def __init__(self, seen: SeenHead | None) -> None:
        self._seen = seen
        self._there: list[AuditEntry] = []
        self._count = 0
        self.newest: AuditEntry | None = None

    def feed(self, entry: AuditEntry) -> None:
        self.newest = entry
        if self._seen is None or not self._there:
            self._count += 1
        if self._seen is not None and entry.id == self._seen.id:
            self._there = [entry]

    def problem(self) -> TrailProblem | None:
        told = lost(self._seen, self._count, self._there) if self._seen else None
        return TrailProblem(self._seen.id, f"removed: {told}") if self._seen and told else None


def verify(store: Store, sealer: Sealer = UNKEYED, memory: TrailMemory | None = None) -> Verification:
    """Read the whole stream in pages, and check it in every way there is.

    Every entry against the one before and against its seal; all of them against what the server counts, what the
    decisions and the runs say, and what this machine saw last. It remembers the head when that still stands.
    """
    seen = memory.recall() if memory else None
    with store.errors():
        facts = StreamFacts.read(store.client)
        chain, heads = ChainCheck(facts.highest_removed if facts else None), HeadCheck(seen)
        seals, entered = SealCheck(sealer), Entered()
        problems: list[TrailProblem] = []
        for entry in forward(store, until=facts.last_generated) if facts else ():
            entered.add(entry)
            heads.feed(entry)
            problems += filter(None, (chain.feed(entry), seals.feed(entry)))
        if facts:
            problems += _removals_seen_by_the_server(facts, problems)
        if forgotten := heads.problem():
            problems.append(forgotten)
        elif heads.newest and memory:
            memory.keep(heads.newest, chain.checked)
        named = {problem.entry for problem in problems}
        compared = _compared(store, entered, facts.last_generated if facts else "-")
        problems += [problem for problem in compared if problem.entry not in named]
    return Verification(chain.checked, tuple(problems), seals.keyed, key_set=bool(sealer))


def _compared(store: Store, entered: Entered, read_up_to: str) -> Iterator[TrailProblem]:
    """The records against the trail; `read_up_to` is the stream id up to which `entered` was gathered.

    What is recorded during the check is entered by the time at which the records have been read.
    """
    recorded = Recorded.read(store, entered)
    for entry in forward(store, since=read_up_to):
        entered.add(entry)
    return compare(forward(store, until=read_up_to if read_up_to != "-" else "+"), entered, recorded)


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
