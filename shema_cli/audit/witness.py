"""Decisions as witnesses: each was recorded together with its audit entry, so one without an entry proves a removal.

This finds what the stream cannot show of itself: that it was deleted whole, or written anew without its newest entries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

from shema_cli.audit.read import forward
from shema_cli.audit.results import Problem

if TYPE_CHECKING:
    from redis import Redis

DECISIONS = "{shema}:decision:*"
SCANNED_AT_ONCE = 1000


class EventIds:
    """The event ids of a trail, eight bytes each."""

    def __init__(self) -> None:
        self._seen = array("Q")
        self._sorted = True

    def add(self, event_id: str) -> None:
        self._seen.append(_short(event_id))
        self._sorted = False

    def __contains__(self, event_id: str) -> bool:
        if not self._sorted:
            self._seen = array("Q", sorted(self._seen))
            self._sorted = True
        place = bisect_left(self._seen, wanted := _short(event_id))
        return place < len(self._seen) and self._seen[place] == wanted


def unaudited(client: Redis, audited: EventIds, read_up_to: str) -> Iterator[Problem]:
    """Decisions whose event is in no entry; `read_up_to` is the stream id up to which `audited` was gathered."""
    missing = {event_id: key for key, event_id in _decided(client) if event_id not in audited}
    if not missing:
        return
    for entry in forward(client, since=read_up_to):
        missing.pop(entry.text("eventId"), None)
    for event_id, key in missing.items():
        yield Problem(event_id, f"removed: the decision under {key} has no entry with this eventId")


def _decided(client: Redis) -> Iterator[tuple[str, str]]:
    """(key, eventId) of every decision that has an event."""
    keys: list[bytes] = []
    for key in client.scan_iter(match=DECISIONS, count=SCANNED_AT_ONCE):
        keys.append(key)
        if len(keys) == SCANNED_AT_ONCE:
            yield from _events(client, keys)
            keys = []
    yield from _events(client, keys)


def _events(client: Redis, keys: list[bytes]) -> Iterator[tuple[str, str]]:
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.hget(key, "eventId")
    for key, event_id in zip(keys, pipeline.execute(), strict=True):
        if event_id:
            yield key.decode("utf-8", "replace"), event_id.decode("utf-8", "surrogateescape")


def _short(event_id: str) -> int:
    return int.from_bytes(blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
