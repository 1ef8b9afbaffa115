"""Who hears an event, without our own tails: the guard that everyone who publishes shares (contract 2.4, 3.2).

`lua/deliver.lua` decides in the step that publishes; what is foretold before it is counted here. Whoever is subscribed
to a channel itself is counted exactly. What the patterns of others are no server tells: how many they are is a bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from shema_cli.clock import Clock
from shema_cli.results import counted
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.glob import matches
from shema_cli.store.presence import TailRegistration, client_lines, registered_tails

if TYPE_CHECKING:
    from redis import Redis

COUNT_KEPT_S = 1.0
ASKED_AT_ONCE = 1000


@dataclass(frozen=True)
class Listeners:
    """Who would hear a channel now, counted without publishing.

    `services` surely hear it; `patterns` more may, as far as their patterns match (None: it is not told how many).
    `tails` are our own. `elsewhere` is the part of `services` and `patterns` on nodes other than the one that runs the
    script (what `deliver` wants); 0 on one server.
    """

    services: int
    patterns: int | None = 0
    tails: int = 0
    elsewhere: int = 0

    @property
    def at_most(self) -> int | None:
        """None where it is not told."""
        return None if self.patterns is None else self.services + self.patterns

    @property
    def exact(self) -> bool:
        return self.patterns == 0

    @property
    def unheard(self) -> bool:
        """Whether an event would surely be lost."""
        return self.at_most == 0

    @property
    def said(self) -> str:
        """`2 listeners`, `2 to 5 listeners`, `nobody listens`: how many, and how sure that is."""
        if self.exact:
            return counted(self.services, "listener") if self.services else "nobody listens"
        if self.at_most is None:
            return f"{self.services} listeners or more" if self.services else "not known whether anybody listens"
        if not self.services:
            return f"nobody for sure; {counted(self.at_most, 'pattern')} of others may match"
        return f"{self.services} to {self.at_most} listeners"

    @property
    def short(self) -> str:
        """`2`, `2-5`, `2+`: the same for a column."""
        if self.exact:
            return str(self.services)
        return f"{self.services}+" if self.at_most is None else f"{self.services}-{self.at_most}"

    def document(self) -> dict[str, int | None]:
        """`{"listeners"}`: those that surely hear it; with `"at_most"` (null: not told) where more may."""
        return {"listeners": self.services, **({} if self.exact else {"at_most": self.at_most})}


class Elsewhere:
    """Listeners on the nodes of a cluster that do not run a script; counted again every second."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._counted: dict[tuple[str, str], tuple[float, int]] = {}

    def of(self, channel: str, key: str | bytes) -> int:
        """For a script that has `key`; nothing is asked where there is one server. Raises Unreachable and Failed."""
        if not self._store.cluster:
            return 0
        now, asked = self._clock.monotonic(), (channel, self._store.node_of(key))  # its slot may move
        at, count = self._counted.get(asked, (float("-inf"), 0))
        if now - at > COUNT_KEPT_S:
            with self._store.errors():
                count = listeners(self._store, channel, key=key).elsewhere
            self._counted[asked] = (now, count)
        return count


def listeners(store: Store, channel: str, *, key: str | bytes | None = None) -> Listeners:
    """Who listens to one channel, as `all_listeners` tells it."""
    return all_listeners(store, [channel], key=key)[channel]


def all_listeners(store: Store, channels: Sequence[str], *, key: str | bytes | None = None) -> dict[str, Listeners]:
    """Count the listeners of these channels over all nodes. `key` (any key of the script) tells which node will run it.

    Takes a few questions, however many channels. Raises what Redis raises.
    """
    tails = registered_tails(store)
    if not store.cluster:
        counts = _Node(store.client, channels, tails).counted()
        return {channel: replace(count, elsewhere=0) for channel, count in counts.items()}
    here = store.node_of(key) if key else None
    found = dict.fromkeys(channels, Listeners(0))
    for name, node in store.named_nodes():
        try:
            counts = _Node(node, channels, tails).counted()
        except (ConnectionError, TimeoutError):
            continue  # whoever listens on a node that is down does not hear us
        for channel, count in counts.items():
            found[channel] = _added(found[channel], count, elsewhere=name != here)
    return found


def _added(total: Listeners, count: Listeners, *, elsewhere: bool) -> Listeners:
    patterns = None if None in (total.patterns, count.patterns) else (total.patterns or 0) + (count.patterns or 0)
    away = count.elsewhere if elsewhere else 0
    return Listeners(total.services + count.services, patterns, total.tails + count.tails, total.elsewhere + away)


class _Node:
    """One server as it is now."""

    def __init__(self, node: Redis, channels: Sequence[str], tails: Sequence[TailRegistration]) -> None:
        self._channels = channels
        self._exact = _numsub(node, [channel.encode("utf-8", "surrogateescape") for channel in channels])
        present = _numsub(node, [f"{keys.PRESENCE_PREFIX}{tail.token}".encode() for tail in tails])
        self._tails = [tail for tail, count in zip(tails, present, strict=True) if count]
        self._foreign, self._unproven = self._foreign_patterns(node)

    def counted(self) -> dict[str, Listeners]:
        found = {}
        for channel, exact in zip(self._channels, self._exact, strict=True):
            name = channel.encode("utf-8", "surrogateescape")
            tails = sum(1 for tail in self._tails if any(matches(pattern, name) for pattern in tail.patterns))
            possible = exact + (1 if self._foreign is None else self._foreign - self._unproven)
            found[channel] = Listeners(exact, self._foreign, tails, elsewhere=possible)
        return found

    def _foreign_patterns(self, node: Redis) -> tuple[int | None, int]:
        """Patterns that others follow, None where CLIENT LIST is forbidden and some may be others'; and how many of
        them are of tails that could not register: elsewhere on a cluster the name has to do."""
        try:
            listing: bytes = node.execute_command("CLIENT", "LIST", "TYPE", "PUBSUB")
        except ResponseError:
            own = {pattern for tail in self._tails for pattern in tail.patterns}
            return (None if int(node.execute_command("PUBSUB", "NUMPAT")) > len(own) else 0), 0
        own_clients = {tail.client for tail in self._tails}
        others = [one for one in client_lines(listing) if (one.get("id", ""), one.get("addr", "")) not in own_clients]
        unproven = (one for one in others if one.get("name") == keys.TAIL_NAME)
        return sum(map(_patterns_of, others)), sum(map(_patterns_of, unproven))


def _patterns_of(client: Mapping[str, str]) -> int:
    return int(client.get("psub", 0))


def _numsub(node: Redis, channels: Sequence[bytes]) -> list[int]:
    counts: list[int] = []
    for first in range(0, len(channels), ASKED_AT_ONCE):
        answer = node.execute_command("PUBSUB", "NUMSUB", *channels[first : first + ASKED_AT_ONCE])
        counts += map(int, answer[1::2])
    return counts
