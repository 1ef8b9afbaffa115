"""What a recorder has heard, in its order, until it is written (docs/decisions/history.md).

Each thing heard has a number. A *place* names one to all recorders: `<anchor> <k> <digest>`, the k-th behind an anchor,
and a digest of the messages between, so that two recorders who did not hear the same never take one for the other.
An anchor is a mark, which all hear; or the moment at which this recorder subscribed, which only it knows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from zlib import crc32

from shema_cli.frozen import dataclass

MOST_MESSAGES = 200_000
MOST_BYTES = 64 * 1024 * 1024
KEPT_S = 5.0
"""What is written is remembered for so long: a server that is killed, or replaced, may forget its last seconds."""
KEPT_BYTES = 8 * 1024 * 1024

FORGOTTEN = "a recorder could not write what it had heard, and had to give it up"

Message = tuple[float, bytes, bytes, int]
"""When it was heard (s, a steady clock), channel, payload, digest of all messages since the anchor."""


@dataclass(frozen=True, slots=True)
class HeardMark:
    heard_s: float
    name: str


@dataclass(frozen=True, slots=True)
class Break:
    """A time in which this recorder was deaf, or that it had to forget. No place is counted across it."""

    anchor: str
    from_s: float
    heard_s: float
    cause: str
    deaf: bool = True
    """Whether it heard nothing then; else it forgot what it had heard."""


Thing = Message | HeardMark | Break


class Heard:
    """Bounded: what does not fit is forgotten, the oldest first, and a Break tells of it."""

    def __init__(
        self, anchor: str, began_s: float, *, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES
    ) -> None:
        self._things: list[Thing] = [Break(anchor, began_s, began_s, "")]
        self._first = 0
        self._anchors: dict[str, int] = {anchor: 0}
        self._places: list[tuple[int, str]] = [(0, anchor)]
        self._deaf: list[int] = [0]
        self._forgotten = -1
        self._digest = 0
        self._bytes = 0
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self.written = 0
        """The number up to which all is in the history, as far as is known."""

    @property
    def first(self) -> int:
        """The number of the oldest that is remembered."""
        return self._first

    @property
    def last(self) -> int:
        return self._first + len(self._things) - 1

    @property
    def unwritten(self) -> int:
        return self.last - self.written

    def at(self, number: int) -> Thing:
        return self._things[number - self._first]

    def since(self, number: int) -> Iterator[Thing]:
        """From this number on."""
        return islice(self._things, max(0, number - self._first), None)

    def hear(self, heard_s: float, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """(channel, payload) of messages that came together."""
        digest, held, things = self._digest, 0, self._things
        for channel, payload in messages:
            digest = crc32(payload, crc32(channel, digest))
            held += len(payload) + len(channel)
            things.append((heard_s, channel, payload, digest))
        self._digest = digest
        self._bytes += held
        if self._bytes > self._most_bytes or len(things) > self._most_messages:
            self._forget()

    def mark(self, heard_s: float, name: str) -> None:
        known = name in self._anchors
        self._things.append(HeardMark(heard_s, name))
        self._anchor(name)
        if known:  # somebody has published it again: it is no place any more
            del self._anchors[name]

    def deaf(self, anchor: str, from_s: float, to_s: float, cause: str) -> None:
        """Nothing was heard between these moments."""
        self._things.append(Break(anchor, from_s, to_s, cause))
        self._deaf.append(self.last)
        self._anchor(anchor)

    def place(self, number: int) -> str:
        """What names this number to others."""
        base, anchor = self._places[bisect_right(self._places, number, key=lambda one: one[0]) - 1]
        return f"{anchor} {number - base} {_digest_of(self.at(number)):08x}"

    def find(self, place: str) -> int | None:
        """The number that a place names, which may be one still to be heard; None for a place not known here."""
        anchor, _, rest = place.partition(" ")
        count, _, digest = rest.partition(" ")
        if anchor not in self._anchors or not count.isdigit():
            return None
        number = self._anchors[anchor] + int(count)
        if any(self._anchors[anchor] < deaf <= number for deaf in self._deaf):
            return None
        if self._first <= number <= self.last and f"{_digest_of(self.at(number)):08x}" != digest:
            return None
        return number

    def heard_at(self, mark: str) -> int | None:
        """The number of a mark that was heard and is still remembered."""
        number = self._anchors.get(mark)
        return number if number is not None and number >= self._first else None

    def is_broken_behind(self, number: int) -> bool:
        """Whether there is a time after this number of which this recorder knows nothing."""
        return self._first > number + 1 or max(self._deaf[-1], self._forgotten) > number

    def confirm(self, number: int, now_s: float) -> None:
        """All up to this number is in the history. Some of it is still remembered (KEPT_S)."""
        self.written = number
        gone = 0
        for one in self._things[: max(0, number - self._first)]:
            if now_s - _heard_s(one) < KEPT_S and self._bytes <= KEPT_BYTES:
                break
            self._bytes -= _size(one)
            gone += 1
        self._drop(gone)

    def _forget(self) -> None:
        """The older half of all, and a Break in its place."""
        gone = 0
        while gone < len(self._things) - 1 and (
            self._bytes * 2 > self._most_bytes or (len(self._things) - gone) * 2 > self._most_messages
        ):
            self._bytes -= _size(self._things[gone])
            gone += 1
        lost = self._things[max(0, self.written + 1 - self._first) : gone]
        if not lost:
            self._drop(gone)
            return
        self._drop(gone - 1)
        oldest, last = lost[0], lost[-1]
        from_s = oldest.from_s if isinstance(oldest, Break) else _heard_s(oldest)
        self._things[0] = _Forgotten("", from_s, _heard_s(last), FORGOTTEN, deaf=False, digest=_digest_of(last))
        self._forgotten = self._first

    def _drop(self, count: int) -> None:
        del self._things[:count]
        self._first += count
        while len(self._places) > 1 and self._places[1][0] <= self._first:
            _, anchor = self._places.pop(0)
            self._anchors.pop(anchor, None)
        while len(self._deaf) > 1 and self._deaf[1] <= self._first:
            self._deaf.pop(0)

    def _anchor(self, name: str) -> None:
        self._anchors[name] = self.last
        self._places.append((self.last, name))
        self._digest = 0


@dataclass(frozen=True, slots=True)
class _Forgotten(Break):
    """Stands for the last of what was forgotten."""

    digest: int = 0


def _heard_s(thing: Thing) -> float:
    return thing[0] if type(thing) is tuple else thing.heard_s  # type: ignore[union-attr]


def _digest_of(thing: Thing) -> int:
    if type(thing) is tuple:
        return thing[3]
    return thing.digest if isinstance(thing, _Forgotten) else 0


def _size(thing: Thing) -> int:
    return len(thing[1]) + len(thing[2]) if type(thing) is tuple else 0
