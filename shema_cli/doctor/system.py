"""Checks of the system: what is on its way, who listens, who is registered and answers. Nothing is written back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing

from shema_cli.calls.discovery import open_discovery
from shema_cli.calls.health import HealthChecker
from shema_cli.calls.registry import Registry
from shema_cli.calls.request import CallerHeaders
from shema_cli.calls.transport import Transport
from shema_cli.clock import age
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.results import Finding
from shema_cli.events.history.stream import state_of
from shema_cli.results import are, counted
from shema_cli.settings.target import Target
from shema_cli.settings.values import CA_FILE
from shema_cli.shell import to_type
from shema_cli.store.connection import Store
from shema_cli.store.listeners import listeners
from shema_cli.store.remembered import TrailMemory

ANSWER_S = 4.0
HEARD = "enrollment.approved"


def dead_letters(bench: Bench, say: Say) -> Iterator[Finding]:
    """What waits, and what a dead run holds."""
    with bench.redis() as store:
        look = DeadLetters(store).look()
    if look.abandoned:
        yield say.warn(f"{look.abandoned} in flight, left by a run that died", "shema dlq recover")
    elif look.in_flight:
        yield say.ok(f"{look.in_flight} in flight, held by a run that is alive")
    if look.total:
        yield say.warn(f"{look.total} waiting", "shema dlq stats")
    else:
        yield say.ok("none")


def audit_trail(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether the trail is still the one that this machine has seen."""
    memory = TrailMemory(bench.state, Target.of(bench.settings), bench.clock)
    with bench.redis() as store:
        problem = memory.look(store, keep=False)
    yield say.warn(problem, "shema audit verify") if problem else say.ok("is the one that this machine has seen")


def listening(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether any service hears what approving publishes."""
    with bench.redis() as store:
        found = listeners(store, HEARD)
    if found.services:
        yield say.ok(f"{counted(found.services, 'service hears', 'services hear')} {HEARD}")
    elif not found.unheard:
        yield say.ok(f"{HEARD}: {found.said}")
    else:
        yield say.warn(f"no service hears {HEARD}: approving and replaying it would be unheard", "start the services")


def history(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether what is published is recorded, and who is there to hear it."""
    with bench.redis() as store:
        state = state_of(store)
    if state is None:
        yield say.ok("no recorder has run, so what is published is kept nowhere (shema events record)")
        return
    kept = f"{counted(state.entries, 'entry', 'entries')}, {state.size / 1e6:,.1f} MB"
    if state.silent_ms:
        gone = age(state.silent_ms / 1000)
        yield say.warn(
            f"no recorder has run for {gone}; what is published now is lost ({kept} kept)", "shema events record"
        )
    elif state.present is None:
        yield say.warn(
            f"a recorder runs ({kept}), but may not ask CLIENT LIST: what a service missed cannot be told",
            "give the recorder's Redis user the right +client|list",
        )
    else:
        lag_s = max(0, state.now_ms - state.heard_ms) / 1000
        yield say.ok(
            f"a recorder runs, {lag_s:.1f} s behind; {kept}; {counted(len(state.present), 'client name')} there"
        )


def registry(bench: Bench, say: Say) -> Iterator[Finding]:
    """Registrations that have expired or make no sense."""
    with bench.redis() as store:
        own = Registry(lambda: store)
        found = own.read(own.services())
    now = bench.clock.now()
    registrations = [r for service in found.values() for r in service.registrations]
    for one in registrations:
        if one.expired(now):
            yield say.warn(
                f"the registration of {one.url} ({one.service}) has expired",
                to_type("shema services deregister", one.service, one.url),
            )
    for service in found.values():
        for bad in service.bad:
            yield say.warn(str(bad), "remove it from the registry")
    yield say.ok(f"{counted(len(registrations), 'instance')} {are(len(registrations))} registered")


def health(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether each instance answers."""
    yield from asyncio.run(_health(bench, say))


async def _health(bench: Bench, say: Say) -> list[Finding]:
    found: list[Finding] = []
    settings, clock = bench.settings, bench.clock
    with closing(Store(settings)) as store:
        known = await open_discovery(settings, lambda: store, clock, lambda _: None).known()
    headers = CallerHeaders.of(settings, clock, secret=settings.get("SERVICE_JWT_SECRET"))
    async with Transport(ca_file=settings.get(CA_FILE)) as transport:
        checker = HealthChecker(transport, headers, None, clock)
        instances = [i for all_of in known.instances.values() for i in all_of if not i.expired(clock.now())]
        checks = await asyncio.gather(*(checker.check(instance, ANSWER_S) for instance in instances))
    sick = [(instance, check) for instance, check in zip(instances, checks, strict=True) if not check.healthy]
    for instance, check in sick:
        found.append(
            say.fail(
                f"{instance.service} at {instance.url}: {check.error}",
                to_type("shema services health", instance.service),
            )
        )
    if not instances:
        found.append(say.fail("no service is known", "set USER_SERVICE_URL and the others; shema services list"))
    elif well := len(instances) - len(sick):
        found.append(say.ok(f"{well} of {counted(len(instances), 'instance')} {are(well)} healthy"))
    return found
