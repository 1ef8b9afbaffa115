"""Take back what dead runs held, and write the audit entries that they owe (contract 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shema_cli.clock import Clock
from shema_cli.dlq.run.look import RunState
from shema_cli.dlq.run.scripts import LEASE_MS
from shema_cli.dlq.run.store import DeadLetters

WATCH_S = 0.1
MARGIN_S = 0.5

Audit = Callable[[str, Mapping[str, str]], None]
"""Writes the audit entry of a run, unless it is there already: (run, its fields)."""


@dataclass(frozen=True)
class Recovered:
    """Entries taken back, and the runs that had died."""

    entries: int
    runs: tuple[RunState, ...]


def recover(store: DeadLetters, clock: Clock, audit: Audit, by: str) -> Recovered:
    """Watch every lease until it is renewed or over, then take back what no live run holds.

    Takes one lease (2.5 s) at most when a run has died just now, a heartbeat when the others live.
    """
    silent, outlived = _silent_runs(store, clock)
    dead = []
    for run in silent:
        if fields := store.claim(run, by, outlived=outlived):  # else it lives, or somebody else takes care of it
            dead.append(replace(run, fields=fields))
    moved = store.settle()
    for run in dead:
        if int(run.fields.get("done", "0") or 0) > 0:
            audit(run.run, run.fields)
        store.bury(run.run)
    return Recovered(moved, tuple(dead))


def _silent_runs(store: DeadLetters, clock: Clock) -> tuple[list[RunState], bool]:
    """The runs that renewed nothing, and whether they were watched for longer than a lease lasts.

    Their leases may end much later when the server's clock was set back, or a failover led to a slower one.
    """
    look = store.look()
    watched = {run.run: run.lease_end_ms for run in look.runs}
    enough = clock.monotonic() + LEASE_MS / 1000 + MARGIN_S
    while True:
        runs = [run for run in look.runs if watched.get(run.run) == run.lease_end_ms]
        outlived = clock.monotonic() >= enough
        if outlived or all(run.expired for run in runs):
            return runs, outlived
        clock.sleep(WATCH_S)
        look = store.look()
