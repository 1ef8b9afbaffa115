"""What begins and ends every run: take back what dead runs held, and see to it that each run has its audit entry
(contract 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from shema_cli.clock import Clock
from shema_cli.dlq.run.registered import Registered
from shema_cli.dlq.run.run import Operator
from shema_cli.dlq.run.store import LEASE_MS, DeadLetters, RunState
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
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
    silent, in_flight, outlived = _silent_runs(store, operator.clock)
    # What cannot be claimed lives, or somebody else takes care of it.
    claims = ((run, store.claim(run, ours, outlived=outlived)) for run in silent)
    dead = [replace(run, fields=fields) for run, fields in claims if fields]
    for run in dead:
        _enter_the_end(operator, run)
    moved = store.settle() if dead or in_flight else 0
    for run in dead:
        store.bury(run.run)
        operator.person.note(_told(run))
    return Recovered(moved, tuple(dead))


def join(
    operator: Operator, run: Registered, action: str, selection: str, target: str = keys.DEAD_LETTERS, **more: str
) -> None:
    """Register a run on a target; `<action>.begun` is entered before its first step that may change something.

    `more` is kept with it: a `service` that it is for is told in its end.
    """
    fields = operator.fields(action, selection, target) | more
    run.join(fields, partial(_enter_the_beginning, operator, run))


def _enter_the_beginning(operator: Operator, run: Registered) -> None:
    """Raises what keeps it out of the trail: then nothing may be done."""
    operator.journal.append(
        frees=_frees(run.fields["action"]),
        action=f"{run.fields['action']}.begun",
        target=run.fields["target"],
        details={"run": run.id, "selection": run.fields["selection"]},
    )


def settle_up(operator: Operator, run: Registered, counts: Mapping[str, int], **more: object) -> None:
    """The end of a run: an audit entry if it has one for its beginning, then its record goes."""
    if run.begun:
        details: dict[str, object] = {"run": _audited_as(run.id, run.deaths), "selection": run.fields["selection"]}
        details |= {**counts, **more, **({"resumed": True} if run.deaths else {})}
        details |= {"events": list(run.events)} if run.events else {}
        details |= {"stoppedBy": run.stopped_by} if run.stopped_by else {}
        action, target = run.fields["action"], run.fields["target"]
        try:
            operator.journal.append(frees=_frees(action), action=action, target=target, details=details)
        except ShemaError as error:
            operator.person.warn(
                "the trail has the beginning of this run, and its end could not be written: "
                f"{error.message}; shema dlq recover writes it"
            )
            return
    run.forget()


def _frees(action: str) -> bool:
    """Whether such a run only takes out, so that a Redis whose memory is full must not keep it from its entries."""
    return action == "dlq.discard"


def _silent_runs(store: DeadLetters, clock: Clock) -> tuple[list[RunState], int, bool]:
    """The runs that renewed nothing, entries in flight, and whether it was watched for longer than a lease lasts.

    Their leases may end much later when the server's clock was set back, or a failover led to a slower one.
    """
    look = store.look()
    watched = {run.run: run.lease_end_ms for run in look.runs}
    enough = clock.monotonic() + LEASE_MS / 1000 + MARGIN_S
    while True:
        runs = [run for run in look.runs if watched.get(run.run) == run.lease_end_ms]
        outlived = clock.monotonic() >= enough
        if outlived or all(run.expired for run in runs):
            return runs, look.in_flight, outlived
        clock.sleep(WATCH_S)
        look = store.look()


def _enter_the_end(operator: Operator, run: RunState) -> None:
    """The end of a run that died before it entered one, in the name of whoever ran it, unless it never began."""
    fields = run.fields
    name = _audited_as(run.run, int(fields.get("deaths", "0") or 0))
    done = int(fields.get("done", "0") or 0)
    begun, ended = _entered(operator.store, run.run, name, int(fields.get("started", "0") or 0))
    if ended or not (begun or done):
        return
    own = operator.journal.author
    counted = "imported" if run.action == "dlq.import" else "done"
    details = {"run": name, "selection": fields.get("selection", ""), counted: done, "died": True}
    details["recoveredBy"] = own.email or own.uid
    details |= {name: fields[name] for name in ("service", "stoppedBy") if fields.get(name)}
    command = fields.get("command", own.command)
    author = replace(own, uid=fields.get("actor", ""), email=fields.get("actorEmail", ""), command=command)
    target = fields.get("target", keys.DEAD_LETTERS)
    operator.journal.of(author).append(frees=True, action=run.action, target=target, details=details)


def _audited_as(run: str, deaths: int) -> str:
    """The name of a run in the trail. One that went on after it was taken for dead has an entry for each of its ends,
    the last of which counts everything."""
    return f"{run}.{deaths}" if deaths else run


def _entered(store: DeadLetters, run: str, name: str, started_ms: int) -> tuple[bool, bool]:
    """Whether the trail has the beginning of this run, and the end under this name: its writer may have died right
    after it. Looks through what was written since the run began.

    Both times are a server's, but on a cluster, or after a failover, not the same server's.
    """
    from shema_cli.audit.read import forward

    beginning, end = (f'"run": "{one}"'.encode() for one in (run, name))
    begun = ended = False
    with store.redis.errors():
        for entry in forward(store.redis, since=f"{max(0, started_ms - SKEW_MS)}-0"):
            details, begins = entry.stored.get(b"details", b""), entry.text("action").endswith(".begun")
            begun = begun or (begins and beginning in details)
            ended = ended or (not begins and end in details)
    return begun, ended


def _told(run: RunState) -> str:
    who = f"a {run.what} by {run.who}"
    if run.fields.get("target", keys.DEAD_LETTERS) == keys.DEAD_LETTERS:
        return f"took back what {who} held when it died"
    return f"entered the end of {who}, which died; run again, it goes on where it stopped"
