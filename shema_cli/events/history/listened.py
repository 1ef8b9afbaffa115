"""Which channels a service listens to: as it has declared, or as was asked for (contract 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from shema_cli.calls.registry import Registry
from shema_cli.errors import InvalidUsage
from shema_cli.shell import quoted
from shema_cli.store.connection import Store
from shema_cli.store.glob import matches

MOST_REMEMBERED = 10_000


class Listened:
    """Channels and patterns, as Redis takes them."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(dict.fromkeys(patterns))
        self._patterns = [pattern.encode("utf-8", "surrogatepass") for pattern in self.patterns]
        self._known: dict[bytes, bool] = {}

    def to(self, channel: bytes) -> bool:
        known = self._known.get(channel)
        if known is None:
            known = any(pattern == channel or matches(pattern, channel) for pattern in self._patterns)
            if len(self._known) < MOST_REMEMBERED:
                self._known[channel] = known
        return known


def listened_by(store: Store, service: str, channels: Sequence[str]) -> Listened:
    """`channels` where there are any, else what the service has declared in the registry.

    Raises InvalidUsage, naming both ways, where there is neither; Unreachable and Failed where Redis does not tell.
    """
    if channels:
        return Listened(channels)
    registrations = Registry(lambda: store).read([service])[service].registrations
    declared = [word for one in registrations for word in one.listens]
    if not declared:
        told = f"shema services register {quoted(service)} URL --listens CHANNEL"
        raise InvalidUsage(
            "no_channels",
            f"{service} has not declared what it listens to, so nothing can be told of what it missed",
            f"name it: --channel CHANNEL (or a pattern, repeatable); or have it declare it: {told}",
        )
    return Listened(declared)
