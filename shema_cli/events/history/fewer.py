"""How many fewer listened than usual, where the server tells no names (contract 3.3)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import field

from shema_cli.clock import iso_of_ms
from shema_cli.events.history.absence import Span
from shema_cli.events.history.entries import HistoryEntry, RecordedCounts, RecordedGap
from shema_cli.events.history.listened import Listened
from shema_cli.frozen import dataclass

MOST_TOLD = 1000


@dataclass(frozen=True)
class FewerListeners:
    """`listeners` of the `usual` number were subscribed to the channel; usual is what it was for most of the time."""

    channel: str
    span: Span
    listeners: int
    usual: int

    def document(self) -> dict[str, object]:
        moments = {"from": iso_of_ms(self.span.from_ms), "to": iso_of_ms(self.span.to_ms)}
        return {"channel": self.channel, **moments, "listeners": self.listeners, "usual": self.usual}


@dataclass
class Numbers:
    """Follows the numbers of the channels that are listened to; the latest 1,000 changes are kept."""

    listened: Listened
    _now: dict[str, tuple[int, int]] = field(default_factory=dict)
    _times: dict[str, Counter[int]] = field(default_factory=dict)
    _over: deque[tuple[str, int, Span]] = field(default_factory=lambda: deque(maxlen=MOST_TOLD))

    def add(self, entry: HistoryEntry) -> None:
        match entry:
            case RecordedCounts() if not entry.counts:
                self._end(entry.at_ms)
                self._now.clear()
            case RecordedCounts():
                for channel, count in entry.counts.items():
                    if self.listened.to(channel.encode("utf-8", "surrogatepass")):
                        self._end_one(channel, entry.at_ms)
                        self._now[channel] = count, entry.at_ms
            case RecordedGap():
                self._end(entry.from_ms)
                self._now = {channel: (count, entry.to_ms) for channel, (count, _) in self._now.items()}

    def fewer(self, until_ms: int) -> tuple[FewerListeners, ...]:
        """When there were fewer than usual, in the order in which it ended."""
        self._end(until_ms)
        return tuple(self._fewer())

    def _fewer(self) -> Iterator[FewerListeners]:
        usual = {channel: max(times, key=lambda n: (times[n], n)) for channel, times in self._times.items()}
        for channel, count, span in self._over:
            if count < usual[channel]:
                yield FewerListeners(channel, span, count, usual[channel])

    def _end(self, at_ms: int) -> None:
        for channel in self._now:
            self._end_one(channel, at_ms)

    def _end_one(self, channel: str, at_ms: int) -> None:
        count, since_ms = self._now.get(channel, (0, at_ms))
        if since_ms < at_ms:
            self._times.setdefault(channel, Counter())[count] += at_ms - since_ms
            self._over.append((channel, count, Span(since_ms, at_ms)))
