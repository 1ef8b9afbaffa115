"""Who hears an event, without our own tails: the guard that everyone who publishes shares (contract 2.4).

Each tail also subscribes, in the same transaction, to a presence channel for every pattern that it follows:
`shema-cli:tail:<pattern>`. `lua/deliver.lua` counts those and so tells a service from a tail in the step that
publishes; what is foretold before it is counted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from shema_cli.clock import Clock
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.glob import matches

if TYPE_CHECKING:
    from redis import Redis

COUNT_KEPT_S = 1.0
_PRESENCE = keys.PRESENCE_PREFIX.encode()


@dataclass(frozen=True)
class Listeners:
    """Who would hear a channel now, counted without publishing.

    `services` counts exact subscribers and every pattern subscriber that is no tail; `exact` is False when there are
    such patterns, because the server does not tell what they match. `elsewhere` is the part of `services` on nodes
    other than the one that runs the script (what `deliver` wants); 0 on one server.
    """

    services: int
    tails: int
    exact: bool
    elsewhere: int = 0

    @property
    def unheard(self) -> bool:
        """Whether an event would be lost, as far as can be told before it is published."""
        return self.services == 0


class Elsewhere:
    """Listeners on the nodes of a cluster that do not run a script; counted again every second."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._counted: dict[str, tuple[float, int]] = {}

    def of(self, channel: str, key: str | bytes) -> int:
        """For a script that has `key`; nothing is asked where there is one server. Raises Unreachable and Failed."""
        if not self._store.cluster:
            return 0
        now = self._clock.monotonic()
        at, count = self._counted.get(channel, (float("-inf"), 0))
        if now - at > COUNT_KEPT_S:
            with self._store.errors():
                count = listeners(self._store, channel, key=key).elsewhere
            self._counted[channel] = (now, count)
        return count


@dataclass(frozen=True)
class _NodeCount:
    subscribers: int
    patterns: int
    tails: int


def listeners(store: Store, channel: str, *, key: str | bytes | None = None) -> Listeners:
    """Count the listeners of `channel` over all nodes. `key` (any key of the script) tells which node will run it.

    Raises what Redis raises.
    """
    if not store.cluster:
        return _sum([_count(store.client, channel)])
    here = store.node_of(key) if key else None
    counts, away = [], []
    for name, node in store.named_nodes():
        try:
            count = _count(node, channel)
        except (ConnectionError, TimeoutError):
            continue  # whoever listens on a node that is down does not hear us
        counts.append(count)
        if name != here:
            away.append(count)
    elsewhere = sum(count.subscribers + count.patterns for count in away)
    total = _sum(counts)
    return Listeners(total.services, total.tails, total.exact, elsewhere)


def _sum(counts: list[_NodeCount]) -> Listeners:
    patterns = sum(count.patterns for count in counts)
    subscribers = sum(count.subscribers for count in counts)
    return Listeners(subscribers + patterns, sum(count.tails for count in counts), exact=patterns == 0)


def _count(node: Redis, channel: str) -> _NodeCount:
    name = channel.encode("utf-8", "surrogateescape")
    subscribers = int(node.execute_command("PUBSUB", "NUMSUB", name)[1])
    presence = node.execute_command("PUBSUB", "CHANNELS", _PRESENCE + b"*")
    counts = node.execute_command("PUBSUB", "NUMSUB", *presence) if presence else []
    followed = dict(zip(counts[::2], map(int, counts[1::2]), strict=True))
    tails = sum(n for p, n in followed.items() if matches(p.removeprefix(_PRESENCE), name))
    return _NodeCount(subscribers, _foreign_patterns(node, len(followed)), tails)


def _foreign_patterns(node: Redis, own: int) -> int:
    """Clients that follow patterns and are no tails; where CLIENT LIST is forbidden, distinct patterns beyond ours."""
    try:
        listing: bytes = node.execute_command("CLIENT", "LIST", "TYPE", "PUBSUB")
    except ResponseError:
        return max(0, int(node.execute_command("PUBSUB", "NUMPAT")) - own)
    clients = [dict(word.partition(b"=")[::2] for word in line.split()) for line in listing.splitlines()]
    return sum(1 for c in clients if int(c.get(b"psub", 0)) and c.get(b"name") != keys.TAIL_NAME.encode())
