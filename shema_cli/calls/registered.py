"""The registry as whoever only looks is told of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.calls.registry import Registry
from shema_cli.condition.facts import RegistryFacts

if TYPE_CHECKING:
    from shema_cli.store.connection import Store


def look_at_registry(store: Store, now: datetime) -> RegistryFacts:
    """Raises Unreachable and Failed."""
    registry = Registry(lambda: store)
    found = registry.read(registry.services())
    registrations = [one for service in found.values() for one in service.registrations]
    return RegistryFacts(
        len(registrations),
        tuple((one.service, one.url) for one in registrations if one.expired(now)),
        tuple(str(bad) for service in found.values() for bad in service.bad),
    )
