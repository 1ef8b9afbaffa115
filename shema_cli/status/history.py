"""How the history of events stands, by its newest entries: who records, what nobody did, who has missed what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from shema_cli.calls.audience import declared_listeners
from shema_cli.clock import Clock
from shema_cli.condition.facts import HistoryFacts, Missed
from shema_cli.events.history.entries import (
    HistoryEntry,
    RecordedGap,
    RecordedMessage,
    RecordedPresence,
    read_entry,
)
from shema_cli.events.history.stream import HistoryState, state_told
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.glob import matches
from shema_cli.store.listeners import client_names
from shema_cli.store.pages import FIRST_PAGE, next_size
from shema_cli.store.server import time_s

MOST_READ = 2000
MOST_BYTES = 4_000_000
DAY_MS = 86_400_000


def look_at_history(store: Store, clock: Clock) -> HistoryFacts:
    """Raises Unreachable and Failed."""
    with store.errors():
        now_ms = round((time_s(store) or clock.now().timestamp()) * 1000)
        pipeline = store.client.pipeline(transaction=False)
        pipeline.xlen(keys.HISTORY)
        pipeline.hgetall(keys.HISTORY_STATE)
        entries, fields = pipeline.execute()
        state = state_told(now_ms, int(entries), fields)
        if state is None:
            return HistoryFacts(recorded=False)
        recent = Recent(state)
        for entry in _newest(store):
            if not recent.add(entry):
                break
    return recent.facts(declared_listeners(store))


def _newest(store: Store) -> Iterator[HistoryEntry]:
    """The newest entries, the newest first, as far as the bounds allow."""
    newest, size, read, held = "+", FIRST_PAGE, 0, 0
    while read < MOST_READ and held < MOST_BYTES:
        page: Sequence[tuple[bytes, Mapping[bytes, bytes]]]
        page = store.client.xrevrange(keys.HISTORY, max=newest, count=size)  # type: ignore[assignment]
        for id, fields in page:
            yield read_entry(id, fields)
        if len(page) < size:
            return
        lengths = [sum(map(len, fields.values())) for _, fields in page]
        read += len(page)
        held += sum(lengths)
        newest = f"({page[-1][0].decode()}"
        size = next_size(size, lengths, MOST_READ - read, MOST_BYTES - held)


@dataclass
class Recent:
    """The last day of the history, as far back as it was read, newest first."""

    state: HistoryState
    back_to_ms: int = 0
    gap_ms: int = 0
    cause: str = ""
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    down_since: dict[str, int] = field(default_factory=dict)
    up: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.back_to_ms = self.state.now_ms

    def add(self, entry: HistoryEntry) -> bool:
        """Take in the next older entry; False when it is older than what is looked at."""
        first = self.state.now_ms - DAY_MS
        if entry.at_ms < first:
            self.back_to_ms = first
            return False
        self.back_to_ms = min(self.back_to_ms, entry.at_ms)
        match entry:
            case RecordedMessage():
                self.messages.append((entry.at_ms, entry.channel))
            case RecordedGap() if entry.from_ms:  # the time before the first start is nobody's fault
                self.gap_ms += max(0, entry.to_ms - max(first, entry.from_ms))
                self.cause = self.cause or entry.cause
            case RecordedPresence():
                self._presence(entry)
        return True

    def _presence(self, entry: RecordedPresence) -> None:
        """Of each name, the newest entry says how it is now."""
        if entry.client in self.up or entry.client in self.down_since:
            return
        if entry.up:
            self.up.add(entry.client)
        else:
            self.down_since[entry.client] = entry.between_ms

    def facts(self, declared: Mapping[str, Sequence[str]]) -> HistoryFacts:
        silent_ms = self.state.unwritten_ms
        return HistoryFacts(
            recorded=True,
            silent_s=silent_ms / 1000,
            gap_s=min(DAY_MS, self.gap_ms + silent_ms) / 1000,
            gap_cause=self.cause,
            looked_back_s=max(silent_ms, self.state.now_ms - self.back_to_ms) / 1000,
            entries=self.state.entries,
            missed=tuple(self._missed(declared)),
        )

    def _missed(self, declared: Mapping[str, Sequence[str]]) -> Iterator[Missed]:
        """What the services that are away now did not hear, as far back as was read.

        One is there as long as a client of either of its names is.
        """
        there = self.up | (self.state.present or frozenset())
        for service, listens in declared.items():
            names = client_names(service)
            since = max(self.down_since.get(name, 0) for name in names)
            if since and there.isdisjoint(names):
                patterns = [word.encode("utf-8", "surrogatepass") for word in listens]
                events = sum(
                    at >= since and any(matches(pattern, channel) for pattern in patterns)
                    for at, channel in self.messages
                )
                yield Missed(service, events, (self.state.now_ms - since) / 1000)
