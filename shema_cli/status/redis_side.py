"""What is to be seen in Redis: the server, the registry, who listens, the audit trail.

Every question here is a plain reading command, so that a user who may do nothing else is enough.
"""

from __future__ import annotations

from shema_cli.calls.audience import asked_by, audience, declared_listeners, declared_words
from shema_cli.clock import Clock
from shema_cli.condition.facts import AuditFacts, ChannelFacts, RedisFacts
from shema_cli.settings.address import Topology
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.remembered import TrailMemory
from shema_cli.store.server import is_replica, time_s

HEARD = "enrollment.approved"
"""What approving publishes: looked at also where nobody has declared it."""
NOTICEABLE_SKEW_S = 2.0


def look_at_server(store: Store, clock: Clock) -> RedisFacts:
    """Raises Unreachable, Failed, and NotConfigured without REDIS_URL."""
    place = store.address.place
    with store.errors():
        store.knock()  # the connection is made here, so that it does not count as latency
        started, at = clock.monotonic(), clock.now()
        store.knock()
        took = clock.monotonic() - started
        told = time_s(store)
        skew = None if told is None else told - at.timestamp()
        replica = store.address.topology is Topology.SINGLE and is_replica(store)
    noticed = None if skew is None else skew if abs(skew) > NOTICEABLE_SKEW_S else 0.0
    return RedisFacts(place, latency_s=took, skew_s=noticed, replica=replica)


def look_at_listeners(store: Store) -> tuple[ChannelFacts, ...]:
    """Every channel that a service has declared, and the one that matters most. Raises Unreachable and Failed."""
    declared = declared_listeners(store)
    names = asked_by([HEARD, *declared_words(declared)])
    counts = audience(store, list(names.values()), keys.AUDIT, declared)
    return tuple(
        ChannelFacts(name, found.services, found.at_most, found.declared, found.missing)
        for name, found in ((name, counts[channel]) for name, channel in names.items())
    )


def look_at_trail(store: Store, memory: TrailMemory) -> AuditFacts:
    """Nothing is kept of what was seen. Raises Unreachable and Failed."""
    with store.errors():
        entries = store.client.xlen(keys.AUDIT)
    return AuditFacts(memory.look(store, keep=False), int(entries))
