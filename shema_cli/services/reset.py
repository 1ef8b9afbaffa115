"""`services reset`: close the circuits of a service that is known to be well again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shema_cli.calls.discovery import plain_name
from shema_cli.services.results import CircuitReset, ResetCircuits

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient


async def reset(client: ServiceClient, name: str) -> ResetCircuits:
    """Close the circuit of every instance. It is this user's own state, so nothing is written to Redis or the trail.

    Raises NotConfigured when the service has no instances, Unreachable when only the registry could tell.
    """
    service = plain_name(name)
    instances = await client.discovery.instances(service)
    circuits = [CircuitReset(one.url, client.breaker.reset(one.url).value) for one in instances]
    return ResetCircuits(service, tuple(circuits))
