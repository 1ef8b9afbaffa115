"""Copies: entries with the same eventId and byte-equal events (contract 2.4). An event that failed in five services
stands five times in the list, and a replay publishes it once.

What a publication leaves behind in Redis, in the hash `keys.COPIES`, is which other entries it was also for: by the
event, the digests of those entries end to end, or `#` and their number where there are more than `MOST_NAMED`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha1

from shema_cli.dlq.letters.entry import Entry

DIGITS = 16
MOST_NAMED = 64
ALONE = b"!"
"""Instead of the copies of an entry: publish it although it may be one."""


def digest_of(data: bytes) -> str:
    """What an event, or a whole entry, is known by among copies; `lua/dlq_act.lua` makes the same."""
    return _hashed(data).hex()


def number_of(event: bytes) -> int:
    """The same as a number, which takes less room."""
    return int.from_bytes(_hashed(event))


def _hashed(data: bytes) -> bytes:
    return sha1(data, usedforsecurity=False).digest()[: DIGITS // 2]


class Copies:
    """Which entries of a selection are copies of one event: those after the first, in their order."""

    def __init__(self) -> None:
        self._of: dict[bytes, dict[str, list[str]]] = {}

    def add(self, entry: Entry) -> None:
        """Note a copy that comes after the first of its event."""
        self._of.setdefault(entry.replay_key, {}).setdefault(digest_of(entry.event), []).append(digest_of(entry.raw))

    def to_cover(self, entry: Entry) -> bytes:
        """What publishing this entry covers besides, as Redis keeps it; empty where there are no copies."""
        if not self._of:
            return b""
        events = self._of.get(entry.replay_key)
        copies = events.get(digest_of(entry.event), []) if events else []
        return (f"#{len(copies)}" if len(copies) > MOST_NAMED else "".join(copies)).encode()


class Covered:
    """Entries whose event has gone out already, for a copy of theirs that stood before them."""

    def __init__(self, kept: Iterable[tuple[bytes, bytes]]) -> None:
        """`kept` is what the hash holds: event, copies."""
        self._left = {event.decode("latin-1"): copies.decode("latin-1") for event, copies in kept}

    def take(self, entry: Entry) -> bool:
        """Whether this is one; it is struck off, as the script does when it takes the entry out."""
        if not self._left or entry.event_id is None:
            return False
        event = digest_of(entry.event)
        left = _without(self._left.get(event, ""), entry)
        if left is None:
            return False
        self._left[event] = left
        return True


def _without(copies: str, entry: Entry) -> str | None:
    """These copies without this one; None when it is none of them."""
    if copies.startswith("#"):
        number = int(copies[1:]) if copies[1:].isdecimal() else 1
        return f"#{number - 1}" if number > 1 else ""
    named = [copies[at : at + DIGITS] for at in range(0, len(copies), DIGITS)]
    digest = digest_of(entry.raw)
    if digest not in named:
        return None
    named.remove(digest)
    return "".join(named)
