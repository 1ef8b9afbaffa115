"""The services as they are now: whether they answer, how fast, with what, and how their circuits stand.

Nothing that is asked here counts for or against a circuit, is tried twice or written back.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from shema_cli.calls.client import ServiceClient
from shema_cli.calls.discovery import Instance
from shema_cli.calls.reply import LocalFault, NoUsableAnswer, Received
from shema_cli.clock import Clock
from shema_cli.condition.facts import EXPIRED, HEALTHY, UNHEALTHY, UNKNOWN, InstanceFacts, ServiceFacts
from shema_cli.dashboard.sources import SOURCES, count
from shema_cli.frozen import dataclass

STATISTICS = {source.service: source for source in SOURCES}
"""What is asked of a service beside its health: a healthy one may still answer wrongly, or refuse our token."""


async def look_at_services(
    open_client: Callable[[], ServiceClient], clock: Clock, limit_s: float, *, registry: bool, probes: bool
) -> tuple[ServiceFacts, ...]:
    """Every instance that is configured or, with `registry`, registered; at once, each within `limit_s`.

    `probes`: ask for numbers too, which takes SERVICE_JWT_SECRET. Raises NotConfigured for a setting that is no URL,
    and why the registry was silent where nothing else knows of a service.
    """
    ends = clock.monotonic() + limit_s
    async with open_client() as client:
        client.checker.writes = False
        client.discovery.tells_bad = False
        if not registry:
            client.discovery.registry = None
        known = await client.discovery.known()
        if known.error and not known.instances:
            raise known.error
        look = _Look(client, clock, ends, probes=probes)
        looks = [look.at(instance) for instances in known.instances.values() for instance in instances]
        seen = iter(await asyncio.gather(*looks))
        services = [
            ServiceFacts(name, tuple(next(seen) for _ in instances)) for name, instances in known.instances.items()
        ]
        # Without the registry's answer nobody knows that a service is nowhere.
        lacking = [] if known.error or not registry else [name for name in STATISTICS if name not in known.instances]
        return (*services, *(ServiceFacts(name, ()) for name in lacking if services))


@dataclass(frozen=True)
class _Probe:
    """What came of asking for a number."""

    took_s: float = 0.0
    wrong: str | None = None
    refused: bool = False


NOT_PROBED = _Probe()


async def _nothing() -> _Probe:
    return NOT_PROBED


@dataclass
class _Look:
    client: ServiceClient
    clock: Clock
    ends: float
    probes: bool

    async def at(self, instance: Instance) -> InstanceFacts:
        breaker = self.client.breaker
        circuit, open_for_s = breaker.state(instance.url).value, breaker.open_for_s(instance.url)
        if instance.expired(self.clock.now()):
            return InstanceFacts(instance.url, EXPIRED, error="its registration has expired", circuit=circuit)
        check, probe = await asyncio.gather(
            self.client.checker.check(instance, self._left()), self._probe(instance) if self.probes else _nothing()
        )
        state = HEALTHY if check.healthy else UNKNOWN if check.fault else UNHEALTHY
        latency_s = None if check.fault else max(check.latency_ms / 1000, probe.took_s)
        return InstanceFacts(
            instance.url,
            state,
            latency_s=latency_s,
            error=check.error,
            circuit=circuit,
            open_for_s=open_for_s,
            skew_s=check.skew_s,
            wrong=probe.wrong,
            refused=probe.refused,
        )

    async def _probe(self, instance: Instance) -> _Probe:
        """Ask for the number that it gives the dashboard."""
        source = STATISTICS.get(instance.service)
        if source is None:
            return NOT_PROBED
        started = self.clock.monotonic()
        try:
            received = await self.client.checker.look(instance, source.path, self._left())
        except LocalFault:
            return NOT_PROBED
        except NoUsableAnswer as problem:
            return _Probe(wrong=f"{source.path}: {problem.problem}")
        wrong = _wrong(received, source.field)
        return _Probe(
            self.clock.monotonic() - started,
            wrong=f"{source.path}: {wrong}" if wrong else None,
            refused=received.status in (401, 403),
        )

    def _left(self) -> float:
        return max(0.1, math.floor((self.ends - self.clock.monotonic()) * 10) / 10)


def _wrong(received: Received, field: str) -> str | None:
    """What is the matter with an answer that should be a count."""
    if not 200 <= received.status < 300:
        return f"answered {received.status}"
    body = received.json()
    if body is None:
        return f"the body is not JSON: {received.body[:40].decode('utf-8', 'backslashreplace')!r}"
    return None if count(body, field) is not None else f"{field} is no count"
