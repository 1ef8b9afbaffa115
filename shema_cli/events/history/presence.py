"""Which services come and go, as the writer of the history records it (contract 3.3; docs/decisions/history.md).

    lookout = Lookout(store, state_of(store))
    if lookout.is_due(now_ms, appended=True):
        look = lookout.look(now_ms)
        …append entry(at_ms, fields) for each of look.entries, and set look.state in the state, in one script…
        lookout.keep(look)

Nothing changes before `keep`: what could not be appended is found again by the next look.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping

from shema_cli.calls.audience import declared_listeners
from shema_cli.errors import ShemaError
from shema_cli.events.envelope import CHANNELS
from shema_cli.events.history.stream import HistoryState
from shema_cli.events.types import is_pattern
from shema_cli.frozen import dataclass
from shema_cli.json_text import not_utf8
from shema_cli.store.connection import Store
from shema_cli.store.subscribed import NamedClient, Servers, Subscribed

LEAST_MS = 50
MOST_MS = 500
PARTS_OF_TIME = 10
"""Looking takes at most one part in so many of the time, however many clients there are."""
LONGEST_MS = 1000
SILENT_FOR_MS = 2000
DECLARED_FOR_MS = 10_000
MOST_CHANNELS = 500
LONGEST_CHANNEL = 200
_OTHER_FIELDS = ("kind", "at")

Fields = Mapping[bytes, bytes]
"""Of an entry, without its `at`; or of the state."""
Entry = tuple[int, Fields]
"""`at` (ms) and the other fields."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A name as it was last seen; `client` is None where another process saw it."""

    at_ms: int
    client: NamedClient | None


@dataclass(frozen=True)
class Look:
    """What has changed: `entries` to append, in order, and `state`, the fields to set in the state with them.

    `names`: who was seen when; None where the server does not tell it. `counts`: then how many listen to each channel.
    """

    entries: tuple[Entry, ...]
    state: Fields
    looked_ms: int
    took_ms: int
    names: Mapping[str, Seen] | None
    counts: Mapping[str, int] | None


class Lookout:
    """Looks who is subscribed, and tells what has changed. Milliseconds are those of the server's clock.

    It begins with what the writer before it kept in the state, if there was one. Not for several threads.
    """

    def __init__(self, store: Store, state: HistoryState | None) -> None:
        self._store = store
        self._servers = Servers(store)
        self._known = _kept_by_another(state)
        self._channels: tuple[str, ...] = ()
        self._channels_at_ms = -DECLARED_FOR_MS

    def is_due(self, now_ms: int, *, appended: bool) -> bool:
        """Whether to look now: 50 ms after the last look when something was `appended` since, else half a second.

        The more clients there are, the rarer, but once a second at least.
        """
        pause = min(PARTS_OF_TIME * self._known.took_ms, LONGEST_MS)
        passed = now_ms - self._known.looked_ms
        return passed < 0 or passed >= max(pause, LEAST_MS if appended else MOST_MS)

    def look(self, now_ms: int) -> Look:
        """Ask the servers. Takes half a second at most where nodes of a cluster do not answer.

        Raises what Redis raises.
        """
        began = time.monotonic()
        found = self._servers.subscribed()
        counts = self._count(now_ms) if found is None else None
        took_ms = math.ceil((time.monotonic() - began) * 1000)
        if found is None:
            return self._counted(counts or {}, now_ms, took_ms)
        return self._named(found, now_ms, took_ms)

    def keep(self, look: Look) -> None:
        """What this look found is written."""
        self._known = look

    def _named(self, found: Subscribed, now_ms: int, took_ms: int) -> Look:
        before, at_ms = self._known.names, now_ms + took_ms
        names = {name: Seen(now_ms, client) for name, client in found.clients.items()}
        if before is None:
            entries = tuple(_told_from_here(names, at_ms))
        else:
            left = ((name, seen) for name, seen in before.items() if name not in names)
            names |= {name: seen for name, seen in left if _is_silent(seen, found, now_ms)}
            entries = (*_gone(before, names, at_ms), *_changed(before, names, at_ms, self._known.looked_ms))
        state = {b"looked": b"%d" % now_ms}
        if before is None or names.keys() != before.keys():
            state |= {b"present": json.dumps(sorted(names)).encode(), b"usual": b"{}"}
        return Look(entries, state, now_ms, took_ms, names, None)

    def _counted(self, counts: Mapping[str, int], now_ms: int, took_ms: int) -> Look:
        before = self._known.counts or {}
        changed = {channel: count for channel, count in counts.items() if before.get(channel) != count}
        entry = {b"kind": b"counts", **{channel.encode(): b"%d" % count for channel, count in changed.items()}}
        state = {b"present": b"null", b"usual": json.dumps(counts).encode(), b"looked": b"%d" % now_ms}
        return Look(((now_ms + took_ms, entry),) if changed else (), state, now_ms, took_ms, None, counts)

    def _count(self, now_ms: int) -> Mapping[str, int]:
        if not 0 <= now_ms - self._channels_at_ms < DECLARED_FOR_MS:
            self._channels, self._channels_at_ms = _worth_counting(self._store), now_ms
        return self._servers.counts(self._channels)


def _kept_by_another(state: HistoryState | None) -> Look:
    if state is None:
        return Look((), {}, -LONGEST_MS, 0, None, None)
    looked_ms = state.looked_ms or state.heard_ms
    names = None if state.present is None else {name: Seen(looked_ms, None) for name in state.present}
    return Look((), {}, looked_ms, 0, names, dict(state.usual) if names is None else None)


def _told_from_here(names: Mapping[str, Seen], at_ms: int) -> Iterator[Entry]:
    yield at_ms, {b"kind": b"counts"}
    for name in sorted(names):
        yield _presence(name, b"up", at_ms, at_ms)


def _gone(before: Mapping[str, Seen], names: Mapping[str, Seen], at_ms: int) -> Iterator[Entry]:
    return (_presence(name, b"down", before[name].at_ms, at_ms) for name in sorted(before.keys() - names.keys()))


def _changed(before: Mapping[str, Seen], names: Mapping[str, Seen], at_ms: int, looked_ms: int) -> Iterator[Entry]:
    """Who came, and who has other connections than before: nobody knows whether they followed without a break."""
    for name in sorted(names):
        was, seen = before.get(name), names[name]
        if was is None:
            yield _presence(name, b"up", looked_ms, at_ms)
        elif was is not seen and _may_have_been_away(was, seen):
            yield _presence(name, b"down", was.at_ms, at_ms)
            yield _presence(name, b"up", was.at_ms, at_ms)


def _may_have_been_away(was: Seen, seen: Seen) -> bool:
    assert seen.client
    if was.client is not None:
        return was.client.connections.isdisjoint(seen.client.connections)
    if seen.client.oldest_s is None:
        return False
    surely_before_s = (seen.at_ms - was.at_ms) / 1000 + 1  # ages are whole seconds, rounded down or up
    return seen.client.oldest_s < surely_before_s


def _is_silent(seen: Seen, found: Subscribed, now_ms: int) -> bool:
    """Whether it was connected to a node that does not answer, and may still be."""
    nodes = {connection.partition(" ")[0] for connection in seen.client.connections} if seen.client else set()
    return not nodes.isdisjoint(found.silent) and 0 <= now_ms - seen.at_ms < SILENT_FOR_MS


def _presence(name: str, state: bytes, between_ms: int, at_ms: int) -> Entry:
    fields = {b"kind": b"presence", b"client": name.encode(), b"state": state, b"between": b"%d" % between_ms}
    return at_ms, fields


def _worth_counting(store: Store) -> tuple[str, ...]:
    """The channels of the catalogue, and those that services have declared."""
    try:
        declared = declared_listeners(store)
    except ShemaError:
        declared = {}
    names = (name for listens in declared.values() for name in listens if _may_be_a_field(name))
    return tuple(dict.fromkeys((*CHANNELS, *names)))[:MOST_CHANNELS]


def _may_be_a_field(channel: str) -> bool:
    plain = not is_pattern(channel) and not not_utf8(channel)
    return plain and len(channel) <= LONGEST_CHANNEL and channel not in _OTHER_FIELDS
