"""Take back what dead runs held, and write the audit entries that they owe (contract 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shema_cli.clock import Clock
from shema_cli.dlq.store import DeadLetters, RunState

WATCH_S = 0.1

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
    dead = _dead_runs(store, clock)
    moved = store.settle()
    for run in dead:
        fields = store.claim(run.run, by)
        if not fields:
            continue  # it lives after all, or somebody else takes care of it
        if int(fields.get("done", "0") or 0) > 0:
            audit(run.run, fields)
        store.forget(run.run)
    return Recovered(moved, tuple(dead))


def _dead_runs(store: DeadLetters, clock: Clock) -> list[RunState]:
    look = store.look()
    watched = {run.run: run.lease_end_ms for run in look.runs}
    while True:
        runs = [run for run in look.runs if watched.get(run.run) == run.lease_end_ms]
        if all(run.expired for run in runs):
            return runs
        clock.sleep(WATCH_S)
        look = store.look()
