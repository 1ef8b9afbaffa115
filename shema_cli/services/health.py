"""`services health`: a look at every instance of every service, once, until all are well, or again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from shema_cli.calls.discovery import Instance, plain_name
from shema_cli.calls.request import Timeout
from shema_cli.clock import Clock, age, parse_optional_duration
from shema_cli.errors import NotConfigured, ShemaError
from shema_cli.services.results import HealthReport, HealthState, InstanceHealth, ServiceHealth

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient

POLL_S = 1.0
LAST_LOOK_S = 1.0  # what the look at the very end of a wait may take beyond it

Sleep = Callable[[float], Awaitable[None]]


class HealthLook:
    """The command's work (contract 2.3). `warn` is told what is wrong without being a matter of health."""

    def __init__(self, services: Callable[[], ServiceClient], clock: Clock, warn: Callable[[str], None]) -> None:
        self._services = services
        self._clock = clock
        self._warn = warn

    async def once(self, names: Sequence[str], wait: str | None) -> HealthReport:
        """One report; with `wait`, a duration, the one with which the waiting ended. Raises as `examine` does."""
        wanted = [plain_name(name) for name in names]
        seconds = parse_optional_duration(wait, "--wait")
        async with self._services() as client:
            if seconds is None:
                report = await examine(client, wanted, self._clock)
            else:
                report = await wait_until_healthy(client, wanted, self._clock, seconds)
        for warning in report.warnings():
            self._warn(warning)
        return report

    async def again_and_again(
        self,
        names: Sequence[str],
        every_s: float,
        show: Callable[[HealthReport], None],
        still_admin: Callable[[], None],
    ) -> NoReturn:
        """Report after report, `every_s` seconds apart, until interrupted or until nobody reads them any more.

        Raises as `examine` does.
        """
        wanted = [plain_name(name) for name in names]
        warned: set[str] = set()
        async with self._services() as client:
            async for report in watch(client, wanted, self._clock, every_s):
                for warning in (text for text in report.warnings() if text not in warned):
                    warned.add(warning)
                    self._warn(warning)
                show(report)
                still_admin()
        raise AssertionError("a watch does not end by itself")


async def examine(
    client: ServiceClient, names: Sequence[str], clock: Clock, *, limit_s: float = Timeout.DEFAULT.seconds
) -> HealthReport:
    """Check all instances at once: of the services named, or of all that are known.

    Raises NotConfigured when a named service has no instances or nothing is configured at all, and Unreachable
    when only the registry could tell and it does not answer.
    """
    found, error = await _instances(client, names)
    looks = {
        name: [asyncio.ensure_future(_look(client, instance, clock, limit_s)) for instance in instances]
        for name, instances in found.items()
    }
    services = [ServiceHealth(name, await asyncio.gather(*pending)) for name, pending in looks.items()]
    return HealthReport(services, error)


async def wait_until_healthy(
    client: ServiceClient, names: Sequence[str], clock: Clock, seconds: float, sleep: Sleep = asyncio.sleep
) -> HealthReport:
    """Look until all are healthy, or until `seconds` have gone; the last look. A service may appear meanwhile."""
    deadline = clock.monotonic() + seconds
    while True:
        client.discovery.forget()
        limit_s = min(Timeout.DEFAULT.seconds, max(LAST_LOOK_S, deadline - clock.monotonic()))
        try:
            report = await examine(client, names, clock, limit_s=limit_s)
        except ShemaError as error:
            if not client.discovery.may_appear(error) or clock.monotonic() >= deadline:
                raise
        else:
            if report.healthy or clock.monotonic() >= deadline:
                return report
        await sleep(max(0.0, min(POLL_S, deadline - clock.monotonic())))


async def watch(
    client: ServiceClient, names: Sequence[str], clock: Clock, every_s: float, sleep: Sleep = asyncio.sleep
) -> AsyncIterator[HealthReport]:
    """A look every so many seconds, for ever."""
    while True:
        client.discovery.forget()
        yield await examine(client, names, clock)
        await sleep(every_s)


async def _instances(
    client: ServiceClient, names: Sequence[str]
) -> tuple[Mapping[str, Sequence[Instance]], ShemaError | None]:
    if names:
        wanted = list(dict.fromkeys(names))
        found = await asyncio.gather(*(client.discovery.instances(name) for name in wanted))
        return dict(zip(wanted, found, strict=True)), None
    known = await client.discovery.known()
    if not known.instances:
        raise known.error or NotConfigured(
            "no_services",
            "no service is configured or registered",
            "set USER_SERVICE_URL and the others; `shema services list` names them all",
        )
    return known.instances, known.error


async def _look(client: ServiceClient, instance: Instance, clock: Clock, limit_s: float) -> InstanceHealth:
    circuit, open_for_s = client.breaker.state(instance.url).value, client.breaker.open_for_s(instance.url)
    if instance.expired(clock.now()):
        left = instance.registration.expires_in_s(clock.now()) if instance.registration else None
        error = f"the registration expired {age(-(left or 0))} ago; not called"
        return InstanceHealth(
            instance.url, HealthState.EXPIRED, None, None, circuit, instance.source, error, open_for_s=open_for_s
        )
    check = await client.checker.check(instance, limit_s)
    state = HealthState.HEALTHY if check.healthy else HealthState.UNKNOWN if check.fault else HealthState.UNHEALTHY
    return InstanceHealth(
        url=instance.url,
        state=state,
        status=check.status,
        latency_ms=None if check.fault else check.latency_ms,
        circuit=circuit,
        source=instance.source,
        error=check.error,
        skew_s=check.skew_s,
        open_for_s=open_for_s,
    )
