"""Whether one instance is well (contract 1.1). A health check counts neither for nor against a circuit."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta

from shema_cli.calls.aside import REDIS, aside
from shema_cli.calls.discovery import Instance
from shema_cli.calls.open_files import connections_at_once
from shema_cli.calls.registry import Registry
from shema_cli.calls.reply import AttemptFailed, LocalFault, Received, Unacceptable
from shema_cli.calls.request import CallerHeaders, Outgoing, Timeout, new_request_id
from shema_cli.calls.transport import Transport
from shema_cli.clock import Clock
from shema_cli.frozen import dataclass

TRUSTED_FOR_S = 30.0
NOTICEABLE_SKEW_S = 2.0  # `Date` has whole seconds, and the answer was under way


@dataclass(frozen=True)
class HealthCheck:
    """How one health check ended. `skew_s` is positive when the instance's clock is ahead of ours.

    `fault` is set where it was this machine that failed: whether the instance is well is not known. `content_type` is
    empty where no answer says it.
    """

    healthy: bool
    status: int | None
    latency_ms: int
    error: str | None = None
    skew_s: float | None = None
    fault: LocalFault | None = None
    content_type: str = ""


class HealthChecker:
    """Checks instances, and writes back what it learned of registered ones, unless `writes` is taken from it."""

    def __init__(self, transport: Transport, headers: CallerHeaders, registry: Registry | None, clock: Clock) -> None:
        self._transport = transport
        self._headers = headers
        self._registry = registry
        self.writes = True
        self._clock = clock
        self._slots = asyncio.Semaphore(connections_at_once())
        self._running: dict[str, asyncio.Task[HealthCheck]] = {}
        self._fit_until: dict[str, float] = {}

    async def fit_for_use(self, instance: Instance) -> HealthCheck | None:
        """None when the instance may be called; the failed check when it may not.

        A configured instance always may. A registered one whose last check is older than 30 s is checked first; calls
        that come meanwhile wait for that same check.
        """
        if instance.source == "config" or self._recently_checked(instance):
            return None
        task = self._running.get(instance.url)
        if task is None:
            task = self._running[instance.url] = asyncio.ensure_future(self.check(instance))
            task.add_done_callback(lambda _: self._running.pop(instance.url, None))
        check = await asyncio.shield(task)
        return None if check.healthy else check

    async def check(self, instance: Instance, limit_s: float = Timeout.DEFAULT.seconds) -> HealthCheck:
        """`GET <instance><health path>`; any 2xx is healthy. As many at once as there are files for.

        Raises nothing for a sick instance.
        """
        async with self._slots:
            check = await self._ask(instance, limit_s)
        if check.healthy and instance.registration is not None:
            self._fit_until[instance.url] = self._clock.monotonic() + TRUSTED_FOR_S
            await self._write_back(instance)
        return check

    async def look(self, instance: Instance, path: str, limit_s: float) -> Received:
        """`GET <instance><path>` once, with our service token; it counts neither for nor against a circuit.

        Raises NotConfigured without SERVICE_JWT_SECRET, and what `Transport.send` raises.
        """
        await self._transport.ready(instance.url)
        headers = self._headers.of_call(new_request_id(self._clock))
        request = Outgoing("GET", path, headers, service=instance.service, address_in=instance.told_by)
        async with self._slots:
            return await self._transport.send(instance.url, request, limit_s)

    async def _ask(self, instance: Instance, limit_s: float) -> HealthCheck:
        await self._transport.ready(instance.url)
        headers = self._headers.of_health_check(new_request_id(self._clock))
        request = Outgoing("GET", instance.health_path, headers, service=instance.service, address_in=instance.told_by)
        started, at = self._clock.monotonic(), self._clock.now()
        received: Received | None = None
        error: str | None = None
        fault: LocalFault | None = None
        try:
            received = await self._transport.send(instance.url, request, limit_s)
            status: int | None = received.status
            error = None if 200 <= received.status < 300 else f"answered {status}"
        except AttemptFailed as failure:
            received, status, error = failure.received, failure.status, failure.problem
        except Unacceptable as problem:
            status, error = problem.status, problem.problem
        except LocalFault as problem:
            status, error, fault = None, problem.problem, problem
        latency_ms = round((self._clock.monotonic() - started) * 1000)
        skew = _skew_s(received, at, self._clock.now()) if received else None
        content_type = received.content_type if received else ""
        return HealthCheck(error is None, status, latency_ms, error, skew, fault, content_type)

    def _recently_checked(self, instance: Instance) -> bool:
        if self._fit_until.get(instance.url, float("-inf")) >= self._clock.monotonic():
            return True
        last = instance.registration.last_check if instance.registration else None
        return last is not None and abs((self._clock.now() - last).total_seconds()) <= TRUSTED_FOR_S

    async def _write_back(self, instance: Instance) -> None:
        registry, registration = self._registry, instance.registration
        if registry is None or registration is None or not self.writes:
            return
        now = self._clock.now()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(
                aside(lambda: registry.write_check(registration, now), uses=REDIS), Timeout.DEFAULT.seconds
            )


def _skew_s(received: Received, sent: datetime, arrived: datetime) -> float | None:
    """How far the instance's clock is ahead (negative: behind); None when it does not tell its time."""
    told = received.date
    if told is None:
        return None
    under_way = (arrived - sent) / 2
    # The date was cut to whole seconds: on average it is half a second old.
    skew = (told + timedelta(seconds=0.5) - (sent + under_way)).total_seconds()
    return 0.0 if abs(skew) <= max(NOTICEABLE_SKEW_S, under_way.total_seconds() + 0.5) else round(skew, 1)
