"""What a service missed, as the selection of a resend (contract 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.clock import Clock, iso_of_ms, local_time_of_ms
from shema_cli.errors import NotFound
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.events.history.missed_events import Missed
from shema_cli.frozen import dataclass
from shema_cli.resend.selection import Unusable, read
from shema_cli.results import counted
from shema_cli.shell import to_type
from shema_cli.store.connection import Store


@dataclass(frozen=True)
class MissedBy:
    """All that one service missed. It is what was found before; what it misses from then on is not in it."""

    store: Store
    clock: Clock
    found: Missed
    unusable: tuple[Unusable, ...] = ()

    @property
    def service(self) -> str:
        return self.found.service

    @property
    def listens(self) -> tuple[str, ...]:
        return self.found.channels

    def messages(self) -> Iterator[RecordedMessage]:
        return read(self.store, self.clock, [event.id for event in self.found.events])

    def describe(self) -> str:
        channels = "".join(f" --channel {channel}" for channel in self.found.channels)
        return f"--missed-by {self.service} --since {iso_of_ms(self.found.since_ms)}{channels}"

    def nothing(self) -> NotFound:
        missed = to_type("shema events missed", self.service)
        what = "is known to have been missed" if self.found.unknown else "was missed"
        return NotFound("nothing_missed", f"nothing {what} by {self.service}", f"see when it was there: {missed}")

    def warnings(self) -> Iterator[str]:
        """What is not known, and so cannot be resent; and where it is known to nobody whether it was away."""
        if self.found.unknown:
            first, last = self.found.unknown[0], self.found.unknown[-1]
            times = counted(len(self.found.unknown), "time")
            between = f"between {local_time_of_ms(first.from_ms)} and {local_time_of_ms(last.to_ms)}"
            yield f"{times} {between} that nobody recorded: nothing of it can be resent"
        if self.found.never_seen:
            yield f"{self.service} was never seen subscribed: perhaps it was there, and its clients have no name"
