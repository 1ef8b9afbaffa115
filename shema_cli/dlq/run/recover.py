"""What begins and ends every run: take back what dead runs held, and see to it that each run has its audit entry
(contract 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shema_cli.clock import Clock
from shema_cli.dlq.run.run import Operator, Run
from shema_cli.dlq.run.store import LEASE_MS, DeadLetters, RunState
from shema_cli.errors import ShemaError
from shema_cli.store import keys

WATCH_S = 0.1
MARGIN_S = 0.5
SKEW_MS = 3_600_000


@dataclass(frozen=True)
class Recovered:
    """Entries taken back, and the runs that had died."""

    entries: int
    runs: tuple[RunState, ...]


def take_back(operator: Operator) -> Recovered:
    """Watch every lease until it is renewed or over, take back what no live run holds, and audit the dead.

    Takes one lease (2.5 s) at most when a run has died just now, a heartbeat when the others live.
    """
    store = operator.store
    ours = operator.journal.author.uid
    silent, outlived = _silent_runs(store, operator.clock)
    # What cannot be claimed lives, or somebody else takes care of it.
    claims = ((run, store.claim(run, ours, outlived=outlived)) for run in silent)
    dead = [replace(run, fields=fields) for run, fields in claims if fields]
    moved = store.settle()
    for run in dead:
        if int(run.fields.get("done", "0") or 0) > 0:
            _audit_dead(operator, run)
        store.bury(run.run)
    for run in dead:
        operator.person.note(f"took back what {_described(run.fields)} held when it died")
    return Recovered(moved, tuple(dead))


def settle_up(operator: Operator, run: Run, counts: Mapping[str, int], **more: str) -> None:
    """The end of a run: one audit entry if it changed anything, then its record goes."""
    if run.done:
        details: dict[str, object] = {"run": _audited_as(run.id, run.deaths), "selection": run.fields["selection"]}
        details |= {**counts, **more, **({"resumed": True} if run.deaths else {})}
        try:
            operator.journal.append(action=f"dlq.{run.fields['action']}", target=keys.DEAD_LETTERS, details=details)
        except ShemaError as error:
            operator.person.warn(f"the audit entry could not be written: {error.message}; shema dlq recover writes it")
            return
    run.forget()


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


def _audit_dead(operator: Operator, run: RunState) -> None:
    """The audit entry of a run that died before it wrote one, in the name of whoever ran it."""
    fields = run.fields
    name = _audited_as(run.run, int(fields.get("deaths", "0") or 0))
    if _is_audited(operator.store, name, int(fields.get("started", "0") or 0)):
        return
    done = "imported" if fields.get("action") == "import" else "done"
    details = {"run": name, "selection": fields.get("selection", ""), done: int(fields["done"]), "died": True}
    own = operator.journal.author
    command = fields.get("command", own.command)
    author = replace(own, uid=fields.get("actor", ""), email=fields.get("actorEmail", ""), command=command)
    action = f"dlq.{fields.get('action', 'replay')}"
    operator.journal.of(author).append(action=action, target=keys.DEAD_LETTERS, details=details)


def _audited_as(run: str, deaths: int) -> str:
    """The name of a run in the trail. One that went on after it was taken for dead has an entry for each of its ends,
    the last of which counts everything."""
    return f"{run}.{deaths}" if deaths else run


def _is_audited(store: DeadLetters, name: str, started_ms: int) -> bool:
    """Whether the entry is there already: its writer may have died right after it. Looks through what was written since
    the run began.

    Both times are a server's, but on a cluster, or after a failover, not the same server's.
    """
    from shema_cli.audit.read import forward

    needle = f'"run": "{name}"'.encode()
    with store.redis.errors():
        written = forward(store.redis, since=f"{max(0, started_ms - SKEW_MS)}-0")
        return any(needle in entry.stored.get(b"details", b"") for entry in written)


def _described(fields: Mapping[str, str]) -> str:
    who = fields.get("actorEmail") or fields.get("actor") or "somebody"
    return f"a {fields.get('action', 'run')} by {who}"
