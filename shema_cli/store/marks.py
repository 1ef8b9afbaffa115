"""Places in the order of all that is published (docs/decisions/history.md).

A mark is a message `mark <name>` on the channel of a tail's own token. Who hears it has heard all that was published
before it and nothing that is published behind it, and recorders write it down at its place.
"""

from __future__ import annotations

import re
import secrets

from shema_cli.frozen import dataclass

_PAYLOAD = re.compile(rb"mark ([A-Za-z0-9_-]{1,64})")


@dataclass(frozen=True)
class Mark:
    """`ms`: what the server's clock showed a moment before it was published."""

    name: str
    ms: int

    @classmethod
    def new(cls, ms: int) -> Mark:
        return cls(new_name(), ms)

    @property
    def payload(self) -> bytes:
        return payload_of(self.name)


@dataclass(frozen=True)
class Position:
    """The last of `count` messages of some patterns behind a mark."""

    mark: Mark
    count: int


def new_name() -> str:
    """One that nobody guesses before it is published."""
    return secrets.token_hex(12)


def payload_of(name: str) -> bytes:
    """What is published as the mark of this name."""
    return b"mark %s" % name.encode()


def name_in(payload: bytes) -> str | None:
    """The name of the mark that this is; None for any other message."""
    found = _PAYLOAD.fullmatch(payload)
    return found[1].decode() if found else None
