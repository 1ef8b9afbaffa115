"""What a replay or a discard is about to do, counted before anybody is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from shema_cli.clock import parse_iso
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.models import ordered
from shema_cli.dlq.outcomes import Plan
from shema_cli.dlq.run.store import DeadLetters

CHUNK = 500
MOST_CHANNELS = 100


def plan(
    store: DeadLetters,
    selected: Callable[[Entry], bool],
    now: datetime,
    *,
    bound: int | None = None,
    limit: int | None = None,
    max_replays: int | None = None,
    replaying: bool = True,
) -> Plan:
    """Walk over the list and count. When discarding, invalid entries count like any other."""
    types: Counter[str] = Counter()
    channels: Counter[str] = Counter()
    invalid = at_limit = 0
    oldest: datetime | None = None
    entries = (parse_entry(raw) for _, raw in store.oldest_first(bound))
    for chunk in _chunks(_up_to(entries, selected, limit, count_invalid=not replaying)):
        ready = [entry for entry in chunk if entry.valid or not replaying]
        invalid += sum(1 for entry in chunk if not entry.valid)
        if replaying and max_replays is not None:
            spent = store.replays([entry.replay_key for entry in ready])
            at_limit += sum(1 for count in spent if count >= max_replays)
            ready = [entry for entry, count in zip(ready, spent, strict=True) if count < max_replays]
        for entry in ready:
            types[entry.event_type or "(invalid)"] += 1
            if replaying and entry.channel:
                channels[entry.channel] += 1
            moment = parse_iso(entry.failed_at or "")
            oldest = min(oldest or moment, moment) if moment else oldest
    return Plan(
        count=types.total(),
        invalid=invalid,
        at_limit=at_limit,
        types=ordered(types),
        channels=_heard(store, channels),
        oldest=oldest.isoformat(timespec="milliseconds").replace("+00:00", "Z") if oldest else None,
        oldest_age_s=round((now - oldest).total_seconds(), 3) if oldest else None,
    )


def _up_to(
    entries: Iterable[Entry], selected: Callable[[Entry], bool], limit: int | None, *, count_invalid: bool
) -> Iterator[Entry]:
    left = limit
    for entry in entries:
        if left == 0:
            return
        if selected(entry):
            yield entry
            if left is not None and (entry.valid or count_invalid):
                left -= 1


def _chunks(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while chunk := list(islice(entries, CHUNK)):
        yield chunk


def _heard(store: DeadLetters, channels: Counter[str]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for channel, count in ordered(channels).items():
        listening = store.listeners(channel).services if len(found) < MOST_CHANNELS else -1
        found[channel] = (count, listening)
    return found
