"""Checks of the services: the registry, and whether each instance answers. Nothing is written back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.models import Finding

ANSWER_S = 4.0


def registry(bench: Bench, say: Say) -> Iterator[Finding]:
    from shema_cli.calls.registry import Registry

    with bench.redis() as client:
        own = Registry(lambda: client)
        found = own.read(own.services())
    now = bench.clock.now()
    registrations = [r for service in found.values() for r in service.registrations]
    for one in registrations:
        if one.expired(now):
            yield say.warn(
                f"the registration of {one.url} ({one.service}) has expired",
                f"shema services deregister {one.service} {one.url}",
            )
    for service in found.values():
        for bad in service.bad:
            yield say.warn(str(bad), "remove it from the registry")
    yield say.ok(f"{len(registrations)} instances are registered")


def health(bench: Bench, say: Say) -> Iterator[Finding]:
    yield from asyncio.run(_health(bench, say))


async def _health(bench: Bench, say: Say) -> list[Finding]:
    from shema_cli.calls.caller import Caller
    from shema_cli.calls.discovery import Discovery
    from shema_cli.calls.health import HealthChecker
    from shema_cli.calls.registry import Registry
    from shema_cli.calls.transport import Transport
    from shema_cli.store.connection import connect

    found: list[Finding] = []
    settings, clock = bench.settings, bench.clock
    own = Registry(lambda: connect(settings)) if settings.get("REDIS_URL") else None
    known = await Discovery(settings, own, clock, lambda _: None).known()
    caller = Caller(settings.get("SERVICE_NAME") or "shema-cli", settings.get("SERVICE_JWT_SECRET"), None, clock)
    async with Transport() as transport:
        checker = HealthChecker(transport, caller, None, clock, lambda _: None)
        instances = [i for all_of in known.instances.values() for i in all_of if not i.expired(clock.now())]
        checks = await asyncio.gather(*(checker.check(instance, ANSWER_S) for instance in instances))
    sick = [(instance, check) for instance, check in zip(instances, checks, strict=True) if not check.healthy]
    for instance, check in sick:
        found.append(
            say.fail(
                f"{instance.service} at {instance.url}: {check.error}", f"shema services health {instance.service}"
            )
        )
    if not instances:
        found.append(say.fail("no service is known", "set USER_SERVICE_URL and the others; shema services list"))
    elif len(sick) < len(instances):
        found.append(say.ok(f"{len(instances) - len(sick)} of {len(instances)} instances are healthy"))
    return found
