"""Reading the audit trail, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from shema_cli.audit.results import AuditFilter, AuditList, AuditRecord
from shema_cli.clock import Clock
from shema_cli.errors import Unreachable
from shema_cli.store import keys
from shema_cli.store.chain import AuditEntry, StreamFacts, entries_of, id_after, id_before
from shema_cli.store.connection import Store

if TYPE_CHECKING:
    from shema_cli.output.person import Person

PAGE = 1000
CLOCKS_DIFFER_BY_MS = 86_400_000
FOLLOW_BLOCK_MS = 1000
RECONNECT_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)


def forward(store: Store, *, since: str = "-", until: str = "+") -> Iterator[AuditEntry]:
    """Entries from stream id `since` to `until`, oldest first, in flat memory."""
    oldest: str | None = since
    while oldest and (page := entries_of(store.client.xrange(keys.AUDIT, min=oldest, max=until, count=PAGE))):
        yield from page
        oldest = id_after(page[-1].id)


def backward(store: Store, *, until: str = "+") -> Iterator[AuditEntry]:
    """Entries from stream id `until` back to the first, newest first, in flat memory."""
    newest: str | None = until
    while newest and (page := entries_of(store.client.xrevrange(keys.AUDIT, max=newest, count=PAGE))):
        yield from page
        newest = id_before(page[-1].id)


def list_entries(store: Store, wanted: AuditFilter, limit: int | None = None, *, until: str = "+") -> AuditList:
    """The newest `limit` entries (up to stream id `until`; None: all) that the filter wants, newest first.

    Where nothing is filtered the server counts, and no more is read than is shown.
    """
    found: list[AuditEntry] = []
    total = 0
    with store.errors():
        if wanted == AuditFilter() and limit is not None:
            found = list(islice(backward(store, until=until), limit))
            facts = StreamFacts.read(store.client)
            return AuditList(tuple(found), max(facts.length if facts else 0, len(found)))
        for entry in backward(store, until=until):
            if _long_before(entry, wanted.since):
                break
            if wanted.wants(entry):
                total += 1
                if limit is None or total <= limit:
                    found.append(entry)
    return AuditList(tuple(found), total)


def follow(store: Store, clock: Clock, person: Person, wanted: AuditFilter, limit: int) -> Iterator[AuditRecord]:
    """The newest `limit` entries, oldest first, then each new one as it is written.

    A stream, unlike Pub/Sub, is read on from where it was left: a lost connection loses no entry.
    """
    with store.errors():
        newest = next(backward(store), None)
    last, failures = newest.id if newest else "0-0", 0
    for entry in reversed(list_entries(store, wanted, limit, until=last).entries):
        yield AuditRecord(entry)
    while True:
        try:
            page = _wait_for_more(store, last)
            failures = 0
        except Unreachable as error:
            pause = RECONNECT_PAUSES_S[min(failures, len(RECONNECT_PAUSES_S) - 1)]
            person.warn(f"{error.message}; trying again in {pause:g} s")
            failures += 1
            clock.sleep(pause)
            continue
        for entry in page:
            last = entry.id
            if wanted.wants(entry):
                yield AuditRecord(entry)


def _wait_for_more(store: Store, last: str) -> list[AuditEntry]:
    with store.errors():
        reply = store.client.xread({keys.AUDIT: last}, count=PAGE, block=FOLLOW_BLOCK_MS)
    streams = reply.values() if isinstance(reply, dict) else [entries for _, entries in reply or ()]
    return [entry for entries in streams for entry in entries_of(entries)]


def _long_before(entry: AuditEntry, since: datetime | None) -> bool:
    """Far enough before `since` that no difference between the clocks of admin and server explains it."""
    return since is not None and entry.written_ms < since.timestamp() * 1000 - CLOCKS_DIFFER_BY_MS
