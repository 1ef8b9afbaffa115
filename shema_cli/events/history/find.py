"""Where an event stands in the history, by its id, within a bounded time (contract 3.3).

    found = find(store, {"evt_…"}, clock=clock)

An id of the history is looked up. A UUIDv7 in an id says when it was made: that moment is looked at first, and nothing
long before it. With what is left of the time the history is gone back through from its newest entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from shema_cli.clock import Clock
from shema_cli.events.history.entries import HistoryEntry, Order, RecordedMessage, is_id, order_of
from shema_cli.events.history.stream import HistoryState, backward, by_ids, forward, state_of
from shema_cli.events.messages import decode
from shema_cli.frozen import dataclass
from shema_cli.store.chain import to_bytes
from shema_cli.store.connection import Store

WITHIN_S = 2.0
MOST = 100
AROUND_MS = 5_000
CLOCKS_APART_MS = 120_000
"""A publisher's clock may be that far from the server's."""
_UUID_7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class FoundInHistory:
    """`messages`: the oldest first. `since_ms`: what was recorded before was not looked at, for want of time; 0: all
    was that can have it."""

    messages: tuple[RecordedMessage, ...] = ()
    since_ms: int = 0


def find(store: Store, ids: Collection[str], *, clock: Clock, within_s: float = WITHIN_S) -> FoundInHistory:
    """Messages that stand under one of these ids of the history, or bear one as their eventId: the newest MOST of them.

    Takes about `within_s` at most. Raises what `Store.errors` makes of what Redis raises.
    """
    deadline = clock.monotonic() + within_s
    with store.errors():
        state = state_of(store)
        if state is None:
            return FoundInHistory()
        search = _Search(ids, lambda: clock.monotonic() >= deadline)
        since_ms = search.through(store, clock, state)
    return FoundInHistory(search.messages(), since_ms)


def names_an_event(text: str) -> bool:
    """Whether a text looks like the id of an event, or of an entry of the history."""
    return text.startswith("evt_") or is_id(text) or made_at(text) is not None


def made_at(id: str) -> int | None:
    """When an id was made, by the UUIDv7 in it (ms since 1970)."""
    found = _UUID_7.search(id)
    return int(found[1] + found[2], 16) if found else None


def may_bear(payload: bytes, needles: Iterable[bytes]) -> bool:
    """Cheaply; with escapes in it, an id may stand there otherwise."""
    return b"\\" in payload or any(needle in payload for needle in needles)


class _Search:
    def __init__(self, ids: Collection[str], is_over: Callable[[], bool]) -> None:
        self.is_over = is_over
        self._ids = ids
        self._needles = [to_bytes(id) for id in ids]
        self._found: dict[Order, RecordedMessage] = {}

    def messages(self) -> tuple[RecordedMessage, ...]:
        return tuple(self._found[order] for order in sorted(self._found)[-MOST:])

    def through(self, store: Store, clock: Clock, state: HistoryState) -> int:
        """Look at the history; the moment before which it was not looked at."""
        own = list(filter(is_id, self._ids))
        for entry in by_ids(store, clock, own):
            self._keep(entry)
        made = [made_at(id) for id in self._ids if id not in own]
        known = [moment for moment in made if moment is not None and moment <= state.now_ms + CLOCKS_APART_MS]
        for moment in known:
            for entry in forward(store, since_ms=max(0, moment - AROUND_MS), until=str(moment + AROUND_MS)):
                self._look_at(entry)
        if not made:
            return 0
        earliest = max(0, min(known) - CLOCKS_APART_MS) if len(known) == len(made) else 0
        return self._back_to(store, earliest)

    def _back_to(self, store: Store, earliest_ms: int) -> int:
        for number, entry in enumerate(backward(store, until_ms=earliest_ms)):
            if number % 100 == 0 and self.is_over():
                return entry.at_ms
            self._look_at(entry)
            if len(self._found) >= MOST:
                return entry.at_ms
        return 0

    def _look_at(self, entry: HistoryEntry) -> None:
        if isinstance(entry, RecordedMessage) and self._is_meant(entry):
            self._keep(entry)

    def _keep(self, entry: HistoryEntry) -> None:
        if isinstance(entry, RecordedMessage):
            self._found[order_of(entry.id)] = entry

    def _is_meant(self, message: RecordedMessage) -> bool:
        if not may_bear(message.payload, self._needles):
            return False
        document = decode(message.payload)
        return isinstance(document, dict) and document.get("eventId") in self._ids
