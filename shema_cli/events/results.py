"""What `events types`, `events publish` and `events listeners` hand back (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table, told_of_the_missing

if TYPE_CHECKING:
    from shema_cli.events.catalogue import EventKind
    from shema_cli.store.listeners import Listeners


@dataclass(frozen=True)
class Published(Result):
    """An event that went out, or would have. `receivers`: services that heard it; None when the count was lost.

    `listening` is who was counted just before; `planned`: a dry run.
    """

    channel: str
    event: Mapping[str, object]
    receivers: int | None
    listening: Listeners | None = None
    planned: bool = False

    def document(self) -> dict[str, object]:
        found = self.listening
        most = {"at_most": found.at_most} if self.planned and found and not found.exact else {}
        missing = found.missing_document() if found else {}
        return {"event": self.event, "channel": self.channel, "receivers": self.receivers, **most, **missing}

    def table(self) -> Table:
        row = (self.channel, self.event.get("eventId"), self.receivers)
        return Table(("channel", "event_id", "receivers"), [row])

    def notes(self) -> Iterable[str]:
        if self.planned and self.listening:
            yield f"dry run: nothing was published; {self.listening.foretold}"
        elif self.receivers == 0:
            yield "published, and no service heard it"
        elif self.receivers is None:
            yield "published; Redis went away before it told how many heard it"
        if not self.planned and self.listening and self.listening.said_missing:
            yield self.listening.said_missing
            yield from told_of_the_missing(self.listening.audited_missing())


@dataclass(frozen=True)
class EventTypes(Result):
    """The catalogue."""

    is_list = True

    kinds: tuple[EventKind, ...]

    def document(self) -> dict[str, object]:
        return {
            "events": [
                {
                    "channel": kind.channel,
                    "event_type": kind.event_type,
                    "versions": list(kind.versions),
                    "fields": list(kind.fields),
                }
                for kind in self.kinds
            ]
        }

    def table(self) -> Table:
        rows = [(k.channel, k.event_type, list(k.versions), list(k.fields)) for k in self.kinds]
        return Table(("channel", "event_type", "versions", "fields"), rows)

    def notes(self) -> Iterable[str]:
        yield "conversations are on chat:session:<sessionId>: shema chat tail"


@dataclass(frozen=True)
class Listening(Result):
    """Who listens to which channel now; a pattern that a service has declared stands for what it matches."""

    is_list = True

    channels: Mapping[str, Listeners]

    @property
    def unheard(self) -> list[str]:
        """Where an event would surely be lost."""
        return [channel for channel, found in self.channels.items() if found.unheard]

    def document(self) -> dict[str, object]:
        return {"channels": [_heard_on(channel, found) for channel, found in self.channels.items()]}

    def table(self) -> Table:
        columns = ("channel", "listeners", "at_most", "declared", "missing")
        rows = [(c, f.services, f.at_most, f.declared, f.missing) for c, f in self.channels.items()]
        return Table(columns, rows)

    def notes(self) -> Iterable[str]:
        if any(found.missing is None for found in self.channels.values()):
            yield "who of those that have declared a channel is there is not known, because CLIENT LIST is forbidden"


def _heard_on(channel: str, found: Listeners) -> dict[str, object]:
    missing = None if found.missing is None else list(found.missing)
    count = {"listeners": found.services, "at_most": found.at_most}
    return {"channel": channel, **count, "declared": list(found.declared), "missing": missing}
