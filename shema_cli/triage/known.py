"""What is known of one family of dead letters: its oldest entries, whom they are about, and what was tried before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from itertools import islice

from shema_cli.audit import words as audit_words
from shema_cli.audit.read import backward
from shema_cli.clock import Clock
from shema_cli.condition.facts import ServiceFacts
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.published import published
from shema_cli.dlq.results import Row, ordered
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.show import rows
from shema_cli.errors import Failed
from shema_cli.frozen import dataclass
from shema_cli.people.shown import Subject
from shema_cli.store.chain import AuditEntry
from shema_cli.store.connection import Store
from shema_cli.store.listeners import Listeners
from shema_cli.triage.families import Family, oldest_of

MOST_OF_THE_TRAIL = 1000
"""Audit entries that are looked through, the newest."""
MOST_CHANNELS = 50


@dataclass(frozen=True)
class PastRun:
    """A run on this family that the trail knows of: when (ms), by whom, what became of it, and how many came back."""

    at_ms: int
    who: str
    told: str
    bounced: int = 0


@dataclass(frozen=True)
class FamilyFacts:
    """What its oldest entries say; `looked` of them were read, the `sample` is the oldest.

    `events`: how many different ones they are; `types`: how many entries have each; `replayed`: how many were replayed
    before, and so came back; `attempt`: when (ms) and by whom the sample was, last; `published`: how often the history
    has the event of the sample.
    """

    looked: int = 0
    events: int = 0
    sample: Row | None = None
    types: Mapping[str, int] = field(default_factory=dict)
    subjects: tuple[Subject, ...] = ()
    listeners: Mapping[str, Listeners] = field(default_factory=dict)
    replayed: int = 0
    attempt: tuple[int, str] | None = None
    published: int = 0
    past: PastRun | None = None


def look_at(store: DeadLetters, family: Family, filters: Filters, taken: int, clock: Clock) -> FamilyFacts:
    """Raises Unreachable and Failed as Redis does. Takes as long as a hundred entries take."""
    entries = oldest_of(store, family, filters, taken)
    if not entries:
        return FamilyFacts()
    looked = rows(store, list(enumerate(entries)), clock.now())
    sample = looked[0]
    channels = list(dict.fromkeys(one.channel for one in entries if one.channel))[:MOST_CHANNELS]
    before = [row for row in looked if row.replays]
    attempts = store.attempts(before[0].entry.replay_key) if before else []
    return FamilyFacts(
        looked=len(looked),
        events=len({entry.event for entry in entries if entry.valid}),
        sample=sample,
        types=ordered(Counter(entry.event_type or "" for entry in entries if entry.valid)),
        subjects=tuple(dict.fromkeys(row.subject for row in looked)),
        listeners=store.listeners(channels) if channels else {},
        replayed=len(before),
        attempt=attempts[0] if attempts else None,
        published=len(published(store.redis, sample.entry, clock)),
        past=_past(store.redis, family),
    )


def _past(store: Store, family: Family) -> PastRun | None:
    """The last run that was to take this family; None also where the trail may not be read."""
    if family.fingerprint is None:
        return None
    with suppress(Failed), store.errors():
        return next(_runs_on(family.fingerprint, islice(backward(store), MOST_OF_THE_TRAIL)), None)
    return None


def _runs_on(fingerprint: str, entries: Iterator[AuditEntry]) -> Iterator[PastRun]:
    for entry in entries:
        if fingerprint not in entry.text("details") or entry.text("action").endswith(audit_words.BEGUN):
            continue
        details, told = entry.details, audit_words.of_run(entry, with_events=False)
        if told is None or not isinstance(details, Mapping) or fingerprint not in str(details.get("selection")):
            continue
        bounced = details.get("bounced")
        yield PastRun(entry.written_ms, entry.who, told, bounced if isinstance(bounced, int) else 0)


@dataclass(frozen=True)
class Concerned:
    """A service that has to do with a family, and how it is; `facts` None: nothing is known of it by now.

    `named`: the error names it, so that it may be what failed; `missing`: channels that it has declared and does not
    listen to; `listens`: those that it does.
    """

    name: str
    named: bool
    listens: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    facts: ServiceFacts | None = None


def concerned(
    error: str | None, facts: FamilyFacts, services: Sequence[ServiceFacts], words: Mapping[str, Sequence[str]]
) -> list[Concerned]:
    """The services that the error names, then those that have declared to hear its events.

    `words`: of each service, what an error calls it by, in lower case.
    """
    said = (error or "").lower()
    named = [name for name, called in words.items() if any(word in said for word in called)]
    declared = [name for one in facts.listeners.values() for name in one.declared]
    state = {one.name: one for one in services}
    return [
        Concerned(
            name,
            name in named,
            tuple(channel for channel, one in facts.listeners.items() if _there(name, one)),
            tuple(channel for channel, one in facts.listeners.items() if name in one.audited_missing()),
            state.get(name),
        )
        for name in dict.fromkeys([*named, *declared])
    ]


def _there(name: str, found: Listeners) -> bool:
    return name in found.declared and found.missing is not None and name not in found.missing
