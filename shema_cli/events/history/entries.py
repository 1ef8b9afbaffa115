"""What the stream `{shema}:history` holds, entry by entry (contract 3.3; docs/decisions/history.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from shema_cli.frozen import dataclass

Fields = Mapping[bytes, bytes]
MOST_OF_A_CAUSE = 400
_LATEST_MS = 253_402_300_799_999  # the end of the year 9999: what is later is no moment that anybody can be shown


_ID = re.compile(r"\d{1,15}-\d{1,19}", re.ASCII)
Order = tuple[int, int]
"""An id as numbers, which stand in the order of the ids."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """`id` is the stream's. `at_ms`: when it was heard, or seen (milliseconds since 1970, the server's clock).

    The milliseconds of an id are never less than `at_ms`: they are more after the clock was set back.
    """

    id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class RecordedMessage(HistoryEntry):
    """A message as it was published, to the byte."""

    channel: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class RecordedGap(HistoryEntry):
    """A time that nobody recorded. `from_ms` 0: since ever."""

    from_ms: int
    to_ms: int
    cause: str

    @property
    def seconds(self) -> float | None:
        """How long it was; None: since ever."""
        return round((self.to_ms - self.from_ms) / 1000, 3) if self.from_ms else None


@dataclass(frozen=True, slots=True)
class RecordedPresence(HistoryEntry):
    """A client name that is subscribed to something from now on (`up`), or no longer.

    `between_ms`: it was last seen otherwise then, and seen like this at `at_ms`. The two are equal where it is not
    known how it was before: the first time that names are told. Down and up again with the same two moments: its
    connections were others than before, so it may have been away between them.
    """

    client: str
    up: bool
    between_ms: int


@dataclass(frozen=True, slots=True)
class RecordedCounts(HistoryEntry):
    """How many listen to each channel from now on, where the server does not tell who; those that have changed.

    No channel at all: from here on the server tells who, and all those who are there follow as presence.
    """

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RecordedMark(HistoryEntry):
    """A place in the order of everything published that a reader can find again: who hears the mark has heard
    all messages above it, and none below it."""

    mark: str


@dataclass(frozen=True, slots=True)
class Unreadable(HistoryEntry):
    """An entry that is none of ours."""

    why: str


def is_id(text: str) -> bool:
    """Whether it has the form of an entry's id, which may be typed with zeros before it."""
    return _ID.fullmatch(text) is not None


def order_of(id: str) -> Order:
    moment, _, number = id.partition("-")
    return int(moment), int(number)


def read_entry(id: bytes, stored: Sequence[bytes] | Fields) -> HistoryEntry:
    """An entry as XRANGE tells it; what somebody else put there is Unreadable, never an error."""
    fields = stored if isinstance(stored, Mapping) else dict(zip(stored[::2], stored[1::2], strict=False))
    name = id.decode("ascii", "replace")
    at_ms = whole(fields.get(b"at")) or whole(name.partition("-")[0].encode())
    kind = fields.get(b"kind")
    if kind is None:
        channel, payload = fields.get(b"channel"), fields.get(b"payload")
        if channel is None or payload is None:
            return Unreadable(name, at_ms, "no channel or no payload")
        return RecordedMessage(name, at_ms, channel, payload)
    return _of_kind(name, at_ms, kind, fields)


def _of_kind(id: str, at_ms: int, kind: bytes, fields: Fields) -> HistoryEntry:
    match kind:
        case b"gap":
            cause = _text(fields.get(b"cause"))[:MOST_OF_A_CAUSE] or "not told"
            return RecordedGap(id, at_ms, whole(fields.get(b"from")), whole(fields.get(b"to")) or at_ms, cause)
        case b"presence":
            between = whole(fields.get(b"between")) or at_ms
            return RecordedPresence(id, at_ms, _text(fields.get(b"client")), fields.get(b"state") == b"up", between)
        case b"counts":
            counts = {_text(name): whole(value) for name, value in fields.items() if name not in (b"kind", b"at")}
            return RecordedCounts(id, at_ms, counts)
        case b"mark":
            return RecordedMark(id, at_ms, _text(fields.get(b"mark")))
        case _:
            return Unreadable(id, at_ms, f"of the kind {_text(kind)[:40]!r}")


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "backslashreplace")


def whole(value: bytes | None) -> int:
    """A count of milliseconds; 0 for what is none."""
    return min(int(value), _LATEST_MS) if value and value.isdigit() and len(value) <= 15 else 0
