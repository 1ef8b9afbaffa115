"""Proof that the audit trail is whole: nothing removed, changed or forged (contract 1.5, 2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis.exceptions import ResponseError

from shema_cli.audit.read import forward
from shema_cli.audit.results import Problem, Verification
from shema_cli.audit.witness import EventIds, unaudited
from shema_cli.store import keys
from shema_cli.store.chain import GENESIS, AuditEntry, digest
from shema_cli.store.connection import Store

if TYPE_CHECKING:
    from redis import Redis

StreamId = tuple[int, int]


@dataclass(frozen=True)
class StreamFacts:
    """What the server itself remembers of the stream, taken at one moment. None: this server does not tell."""

    last_generated: str
    last_entry: str | None
    highest_removed: str | None
    removed: int | None

    @classmethod
    def read(cls, client: Redis) -> StreamFacts | None:
        """None when there is no stream. Servers before version 7 do not count what was removed."""
        try:
            info: Mapping[str, Any] = client.xinfo_stream(keys.AUDIT)
        except ResponseError as error:
            if "no such key" in str(error).lower():
                return None
            raise
        added, highest, last = info.get("entries-added"), info.get("max-deleted-entry-id"), info.get("last-entry")
        return cls(
            last_generated=_text(info["last-generated-id"]),
            last_entry=_text(last[0]) if last else None,
            highest_removed=_text(highest) if highest is not None and _text(highest) != "0-0" else None,
            removed=int(added) - int(info["length"]) if added is not None else None,
        )


class ChainCheck:
    """Takes the entries in order and says what is wrong with each; remembers only the two before it."""

    def __init__(self, highest_removed: str | None = None) -> None:
        self._highest_removed = highest_removed
        self._before: AuditEntry | None = None
        self._one_before: AuditEntry | None = None
        self._suspect = False
        self.checked = 0

    def feed(self, entry: AuditEntry) -> Problem | None:
        problem = self._judge(entry)
        self._suspect = problem is not None and problem.entry == entry.id
        self._one_before, self._before = self._before, entry
        self.checked += 1
        return problem

    def _judge(self, entry: AuditEntry) -> Problem | None:
        if not entry.whole:
            return Problem(entry.id, "forged: it has no hash, so shema did not write it")
        if self._follows(entry):
            return None if entry.sound else Problem(entry.id, "changed: its hash is not the hash of its fields")
        if not entry.sound:
            return Problem(entry.id, "forged: its hash is not the hash of its fields and it follows on no entry")
        if self._before and entry.prev == _hash(self._one_before):
            return None if self._suspect else self._intruder(self._before, entry)
        return self._gap(entry)

    def _follows(self, entry: AuditEntry) -> bool:
        if entry.prev == _hash(self._before):
            return True
        # The entry before had its `hash` field changed, which is that entry's problem alone.
        return self._suspect and self._before is not None and entry.prev == digest(self._before.stored)

    def _intruder(self, intruder: AuditEntry, entry: AuditEntry) -> Problem:
        return Problem(intruder.id, f"forged: {entry.id} was written as if this entry were not there")

    def _gap(self, entry: AuditEntry) -> Problem:
        before = self._before.id if self._before else None
        place = f"after {before} and before {entry.id}" if before else f"before {entry.id}"
        removed = self._highest_removed
        if removed and _number(before or "0-0") < _number(removed) < _number(entry.id):
            return Problem(removed, f"removed: it stood {place}")
        return Problem(entry.id, f"removed: an entry {place} is missing, or was rewritten")


def verify(store: Store) -> Verification:
    """Read the whole stream in pages, and check it three ways.

    Every entry against the one before, all of them against what the server counts, and the decisions against them.
    """
    with store.errors():
        facts = StreamFacts.read(store.client)
        check, audited = ChainCheck(facts.highest_removed if facts else None), EventIds()
        problems = []
        for entry in forward(store.client, until=facts.last_generated) if facts else ():
            audited.add(entry.text("eventId"))
            if problem := check.feed(entry):
                problems.append(problem)
        if facts:
            problems += _removals_seen_by_the_server(facts, problems)
        problems += unaudited(store.client, audited, facts.last_generated if facts else "-")
    return Verification(check.checked, tuple(problems))


def _removals_seen_by_the_server(facts: StreamFacts, found: list[Problem]) -> Iterator[Problem]:
    """What the chain alone cannot show: that its newest entries are gone."""
    if facts.last_entry != facts.last_generated:
        yield Problem(facts.last_generated, "removed: it was the newest entry")
    elif facts.removed and not any(p.problem.startswith("removed") for p in found):
        name = facts.highest_removed or facts.last_generated
        yield Problem(name, f"removed: the server counts {facts.removed} removed, this one has the highest id of them")


def _hash(entry: AuditEntry | None) -> str:
    return entry.hash if entry else GENESIS


def _number(id: str) -> StreamId:
    milliseconds, _, sequence = id.partition("-")
    return int(milliseconds), int(sequence or 0)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
