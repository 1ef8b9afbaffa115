"""What was heard, as the script that appends takes it (`store/lua/history_append.lua`)."""

from __future__ import annotations

from collections.abc import Iterable

from shema_cli.events.history.heard import Break, HeardMark, Thing
from shema_cli.events.history.log import Entry, entry, messages
from shema_cli.events.history.server_clock import ServerClock
from shema_cli.store.line import Argument

STEP_THINGS = 500
STEP_BYTES = 256 * 1024
"""A step holds Redis up for a few milliseconds. A payload that is longer goes alone."""


def words_of(things: Iterable[Thing], clock: ServerClock) -> tuple[int, list[Argument]]:
    """The words of the first of these things, as many as go in one step; and how many they are."""
    words: list[Argument] = []
    together: list[bytes] = []
    together_s, size, count = 0.0, 0, 0
    for thing in things:
        if not isinstance(thing, tuple):
            words += _flushed(together, together_s, clock)
            words += _told(thing, clock)
            together = []
        else:
            heard_s, channel, payload, _ = thing
            if size and size + len(payload) > STEP_BYTES:
                break
            if heard_s != together_s:
                words += _flushed(together, together_s, clock)
                together, together_s = [], heard_s
            together += (channel, payload)
            size += len(payload)
        count += 1
        if count >= STEP_THINGS or size >= STEP_BYTES:
            break
    words += _flushed(together, together_s, clock)
    return count, words


def gap(from_ms: int, to_ms: int, cause: str) -> Entry:
    """A time that nobody recorded, as an entry's fields."""
    return {
        b"kind": b"gap",
        b"from": str(from_ms).encode(),
        b"to": str(to_ms).encode(),
        b"cause": cause.encode("utf-8", "backslashreplace"),
    }


def _flushed(together: list[bytes], heard_s: float, clock: ServerClock) -> Iterable[Argument]:
    return messages(clock.ms(heard_s), together) if together else ()


def _told(thing: HeardMark | Break, clock: ServerClock) -> Iterable[Argument]:
    at_ms = clock.ms(thing.heard_s)
    if isinstance(thing, HeardMark):
        return entry(at_ms, {b"kind": b"mark", b"mark": thing.name.encode()})
    if not thing.cause:
        return ()
    return entry(at_ms, gap(min(clock.ms(thing.from_s), at_ms), at_ms, thing.cause))
