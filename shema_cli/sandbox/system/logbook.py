"""What has happened in a sandbox: counts by service, and the last things that went wrong."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import field

from shema_cli.frozen import dataclass

KEPT = 200
EVENTS_KEPT = 10_000


@dataclass
class Logbook:
    """Counted since the start or the last reset."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    channels: Counter[str] = field(default_factory=Counter)
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    events: dict[str, dict[str, int]] = field(default_factory=dict)
    """By service: how often it has handled an event, by eventId; of the newest `EVENTS_KEPT`."""

    def published(self, service: str, channel: str) -> None:
        self._count(service, "published")
        self.channels["chat:session:*" if channel.startswith("chat:session:") else channel] += 1

    def handled(self, service: str, channel: str, event_id: str | None = None) -> None:
        self._count(service, "handled")
        if event_id is not None:
            events = self.events.setdefault(service, {})
            events[event_id] = events.pop(event_id, 0) + 1
            if len(events) > EVENTS_KEPT:
                del events[next(iter(events))]

    def times(self, event_id: str) -> dict[str, int]:
        """How often each service has handled an event; who never did is not there."""
        return {service: events[event_id] for service, events in self.events.items() if event_id in events}

    def buried(self, service: str) -> None:
        self._count(service, "dead_letters")

    def problem(self, service: str, text: str) -> None:
        self._count(service, "problems")
        self.problems.append(f"{service}: {text}")

    def clear(self) -> None:
        self.counts.clear()
        self.channels.clear()
        self.problems.clear()
        self.events.clear()

    def of(self, service: str) -> Counter[str]:
        """`published`, `handled`, `dead_letters`, `problems`."""
        return self.counts.get(service, Counter())

    def _count(self, service: str, what: str) -> None:
        self.counts.setdefault(service, Counter())[what] += 1
