"""A recorded message on its way out again: what says that it was resent, and what it is found by (contract 3.3)."""

from __future__ import annotations

from hashlib import sha1

from shema_cli.dlq.letters.entry import parse_event
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message of the history. `resent_key`: what its resends to one service are counted by. `replay_key`: what a dead
    letter of the same event is counted by, and `trace` finds it by. Both are 8 bytes."""

    message: RecordedMessage
    event_id: str | None
    resent_key: bytes
    replay_key: bytes

    @property
    def id(self) -> str:
        return self.message.id

    @property
    def channel(self) -> str:
        """As text, whatever bytes it is: `store/listeners.py` makes them of it again."""
        return self.message.channel.decode("utf-8", "surrogateescape")


def outgoing(message: RecordedMessage, service: str) -> Outgoing:
    """To be resent to a service, or to whoever listens ('').

    An event with an eventId is the same wherever in the history it stands: a resend is recorded as well. What has none
    is told apart by its id, for two messages may be equal to the byte.
    """
    event = parse_event(message.payload)
    own = b"" if event.event_id is not None else message.id.encode()
    words = (b"resend", service.encode("utf-8", "surrogateescape"), own, message.channel, message.payload)
    key = sha1(b"\0".join(words), usedforsecurity=False).digest()[:8]
    return Outgoing(message, event.event_id, key, event.replay_key)
