"""Checks of what is on its way: dead letters, and whether services listen."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.models import Finding

HEARD = "enrollment.approved"


def dead_letters(bench: Bench, say: Say) -> Iterator[Finding]:
    from shema_cli.dlq.run.store import DeadLetters

    with bench.redis() as client:
        look = DeadLetters(client, bench.settings).look()
    if look.abandoned:
        yield say.warn(f"{look.abandoned} in flight, left by a run that died", "shema dlq recover")
    elif look.in_flight:
        yield say.ok(f"{look.in_flight} in flight, held by a run that is alive")
    if look.total:
        yield say.warn(f"{look.total} waiting", "shema dlq stats")
    else:
        yield say.ok("none")


def listening(bench: Bench, say: Say) -> Iterator[Finding]:
    from shema_cli.store.connection import Store
    from shema_cli.store.listeners import listeners

    with bench.redis() as client:
        found = listeners(Store.over(client, bench.settings), HEARD)
    if found.services:
        most = "" if found.exact else "up to "
        services = "1 service hears" if found.services == 1 else f"{most}{found.services} services hear"
        yield say.ok(f"{services} {HEARD}")
    else:
        yield say.warn(f"no service hears {HEARD}: approving and replaying it would be unheard", "start the services")
