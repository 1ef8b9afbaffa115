"""Look at dead letters without touching them: a page of them, or one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cached_property

from shema_cli.clock import age, iso_of_ms
from shema_cli.dlq import REPLAY_LIMIT
from shema_cli.dlq.families.acknowledged import Acknowledged, Failures, failed_by
from shema_cli.dlq.families.last_look import Eyes
from shema_cli.dlq.families.results import News
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import Filters, family_of, resolve
from shema_cli.dlq.results import Attempt, CopiesOfEntry, EntryListing, Row, ShownEntry
from shema_cli.dlq.run.store import DeadLetters, Look
from shema_cli.errors import InvalidUsage
from shema_cli.moments import read_moment
from shema_cli.results import are, counted

MOST_COPIES = 100
MOST_LOOKED_THROUGH = 10_000


def listing(store: DeadLetters, filters: Filters, limit: int, now: datetime, eyes: Eyes | None = None) -> EntryListing:
    """The newest `limit` entries that the filters let through, and how many there are in all.

    Without filters no more is read than `MOST_LOOKED_THROUGH` entries behind these, for how their families stand and
    for what is new.
    """
    page = _Page(filters, limit, eyes or Eyes(Acknowledged(), now))
    for index, _, raw in store.newest_first():
        if not filters and page.seen_enough:
            break
        page.add(index, parse_entry(raw))
    else:
        page.whole = True
    listed = store.total()
    total = page.matching if filters else listed
    return EntryListing(
        page.rows(store),
        max(total, len(page.found)),
        listed,
        page.untimed,
        told=page.eyes.acknowledged.unread is None,
        news=News.of(page.new, page.eyes),
    )


class _Page:
    """What a list has found so far. `whole`: there are no more entries."""

    def __init__(self, filters: Filters, limit: int, eyes: Eyes) -> None:
        self.eyes = eyes
        self.found: list[tuple[int, Entry]] = []
        self.matching = self.untimed = self.new = 0
        self.whole = False
        self._filters = filters
        self._limit = limit
        self._failures = eyes.failures()
        self._read = 0
        self._news_end = eyes.since is None
        self._reached: datetime | None = None

    @property
    def seen_enough(self) -> bool:
        if len(self.found) < self._limit:
            return False
        if self._read >= self._limit + MOST_LOOKED_THROUGH:
            return True
        return self._news_end and not self._concerned

    @cached_property
    def _concerned(self) -> bool:
        """Whether the families of what was found include acknowledged ones; asked once the page is full."""
        return any(self._failures.standing(family_of(entry) or "") for _, entry in self.found)

    def add(self, index: int, entry: Entry) -> None:
        self._read += 1
        self._failures.add(entry)
        self._reached = failed_by(entry, self.eyes.now) or self._reached
        new = self._is_new(entry)
        self._news_end = self._news_end or not new
        if not self._filters.match(entry):
            self.untimed += self._filters.is_untimed(entry)
            return
        self.matching += 1
        self.new += new
        if len(self.found) < self._limit:
            self.found.append((index, entry))

    def _is_new(self, entry: Entry) -> bool:
        return self.eyes.is_new(read_moment(entry.failed_at))

    def rows(self, store: DeadLetters) -> tuple[Row, ...]:
        if not self.whole and self._reached is not None:
            self._failures.leave_open(self._reached)
        return tuple(
            replace(row, standing=self._failures.standing(family_of(row.entry) or ""), new=self._is_new(row.entry))
            for row in rows(store, self.found, self.eyes.now)
        )


def rows(store: DeadLetters, found: list[tuple[int, Entry]], now: datetime) -> tuple[Row, ...]:
    counts = iter(store.replays([entry.replay_key for _, entry in found if entry.valid]))
    return tuple(Row(entry, index, next(counts) if entry.valid else 0, now) for index, entry in found)


def show(
    store: DeadLetters,
    word: str,
    now: datetime,
    max_replays: int = REPLAY_LIMIT,
    acknowledged: Acknowledged | None = None,
) -> ShownEntry:
    """The entry that `word` names; the newest when an eventId names several.

    Raises NotFound, and InvalidUsage when a prefix fits several ids.
    """
    chosen = resolve(store, [word])
    entries = ((index, parse_entry(raw)) for index, _, raw in store.newest_first())
    found = next(((index, entry) for index, entry in entries if chosen.match(entry)), None)
    if found is None:
        raise InvalidUsage("entry_gone", f"{word} left the list a moment ago", "shema dlq list")
    row = rows(store, [found], now)[0]
    failures = Failures(acknowledged or Acknowledged(), now)
    copies, identical = _copies(store, row.entry, failures)
    row = replace(row, standing=failures.standing(family_of(row.entry) or ""))
    channel = row.entry.channel
    listeners = store.listeners([channel])[channel] if channel else None
    attempts = store.attempts(row.entry.replay_key) if row.replays else []
    attempted = tuple(_attempt(*attempt) for attempt in attempts)
    told = failures.acknowledged.unread is None
    return ShownEntry(row, listeners, identical, max_replays, attempted, copies, told=told)


def _copies(store: DeadLetters, shown: Entry, failures: Failures) -> tuple[CopiesOfEntry, int]:
    """The entries with the same event as this one, and how many of them are this one over again.

    `failures` is told of all entries where it is to tell how the family of this one stands.
    """
    others: list[Entry] = []
    number = identical = 0
    acknowledged = failures.standing(family_of(shown) or "") is not None
    for _, _, raw in store.newest_first():
        if acknowledged:
            failures.add(parse_entry(raw))
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
