"""Look at dead letters without touching them: a page of them, or one."""

from __future__ import annotations

from datetime import datetime

from shema_cli.clock import age, iso_of_ms
from shema_cli.dlq import REPLAY_LIMIT
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import Filters, resolve
from shema_cli.dlq.results import Attempt, CopiesOfEntry, EntryListing, Row, ShownEntry
from shema_cli.dlq.run.store import DeadLetters, Look
from shema_cli.errors import InvalidUsage
from shema_cli.results import are, counted

MOST_COPIES = 100


def listing(store: DeadLetters, filters: Filters, limit: int, now: datetime) -> EntryListing:
    """The newest `limit` entries that the filters let through, and how many there are in all."""
    found: list[tuple[int, Entry]] = []
    matching = untimed = 0
    for index, _, raw in store.newest_first():
        if not filters and len(found) >= limit:
            break
        entry = parse_entry(raw)
        if not filters.match(entry):
            untimed += filters.is_untimed(entry)
            continue
        matching += 1
        if len(found) < limit:
            found.append((index, entry))
    listed = store.total()
    total = matching if filters else listed
    return EntryListing(rows(store, found, now), max(total, len(found)), listed, untimed)


def rows(store: DeadLetters, found: list[tuple[int, Entry]], now: datetime) -> tuple[Row, ...]:
    counts = iter(store.replays([entry.replay_key for _, entry in found if entry.valid]))
    return tuple(Row(entry, index, next(counts) if entry.valid else 0, now) for index, entry in found)


def show(store: DeadLetters, word: str, now: datetime, max_replays: int = REPLAY_LIMIT) -> ShownEntry:
    """The entry that `word` names; the newest when an eventId names several.

    Raises NotFound, and InvalidUsage when a prefix fits several ids.
    """
    chosen = resolve(store, [word])
    entries = ((index, parse_entry(raw)) for index, _, raw in store.newest_first())
    found = next(((index, entry) for index, entry in entries if chosen.match(entry)), None)
    if found is None:
        raise InvalidUsage("entry_gone", f"{word} left the list a moment ago", "shema dlq list")
    row = rows(store, [found], now)[0]
    copies, identical = _copies(store, row.entry)
    channel = row.entry.channel
    listeners = store.listeners([channel])[channel] if channel else None
    attempts = store.attempts(row.entry.replay_key) if row.replays else []
    attempted = tuple(_attempt(*attempt) for attempt in attempts)
    return ShownEntry(row, listeners, identical, max_replays, attempted, copies)


def _copies(store: DeadLetters, shown: Entry) -> tuple[CopiesOfEntry, int]:
    """The entries with the same event as this one, and how many of them are this one over again."""
    others: list[Entry] = []
    number = identical = 0
    for _, _, raw in store.newest_first():
        if raw == shown.raw:
            identical += 1
        elif shown.event_id is None or shown.event not in raw or (entry := parse_entry(raw)).event != shown.event:
            continue
        elif len(others) < MOST_COPIES:
            others.append(entry)
        number += 1
    return CopiesOfEntry(number, tuple(others)), identical


def _attempt(milliseconds: int, who: str) -> Attempt:
    return Attempt(iso_of_ms(milliseconds), who)


def abandoned_note(look: Look, now: datetime) -> str | None:
    """What a list says of runs that died; None when there is nothing to say."""
    dead = [run for run in look.runs if run.expired]
    if not dead and not (look.abandoned and not look.runs):
        return None
    who = dead[0].who if dead else "somebody"
    started = int(dead[0].fields.get("started", "0") or 0) / 1000 if dead else 0
    when = f", begun {age(now.timestamp() - started)} ago," if started else ""
    what = dead[0].what if dead else "run"
    held = counted(look.abandoned, "entry", "entries")
    return f"a {what} by {who}{when} has died; {held} {are(look.abandoned)} in flight: shema dlq recover"
