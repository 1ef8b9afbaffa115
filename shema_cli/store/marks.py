"""Places in the order of all that is published (docs/decisions/history.md).

A mark is a message `mark <name>` on the channel of a tail's own token. Who hears it has heard all that was published
before it and nothing that is published behind it, and recorders write it down at its place.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

WORD = b"mark"


@dataclass(frozen=True)
class Mark:
    """`ms`: what the server's clock showed a moment before it was published."""

    name: str
    ms: int

    @classmethod
    def new(cls, ms: int) -> Mark:
        """With a name that nobody guesses before it is published."""
        return cls(secrets.token_hex(12), ms)

    @property
    def payload(self) -> bytes:
        return b"%s %s" % (WORD, self.name.encode())


@dataclass(frozen=True)
class Position:
    """The last of `count` messages of some patterns behind a mark."""

    mark: Mark
    count: int
