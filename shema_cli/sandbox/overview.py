"""What `shema sandbox status` shows of a running sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shema_cli.sandbox.services.part import Part
    from shema_cli.sandbox.system.system import System

_COUNTED = ("published", "handled", "dead_letters", "problems")


def overview(system: System) -> dict[str, Any]:
    """Every part with its address, its fault and its counts; the channels, and the last problems."""
    redis = {"url": system.redis.url, "up": system.redis.running, "fault": system.redis_fault.document()}
    firebase_is_up = not system.firebase_fault.down
    firebase = {"url": system.identity.url, "up": firebase_is_up, "fault": system.firebase_fault.document()}
    services = [_service(system, part) for part in system.parts.values()]
    return {"services": services, "redis": redis, "firebase": firebase, **system.journal.document()}


def _service(system: System, part: Part) -> dict[str, Any]:
    counts = system.journal.of(part.name)
    address = {"name": part.name, "url": part.endpoint.url, "up": part.is_up, "fault": part.fault.document()}
    return {**address, **{name: counts.get(name, 0) for name in _COUNTED}}
