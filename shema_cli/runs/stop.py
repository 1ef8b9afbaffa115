"""Stop a run gently, from wherever it runs: it does nothing more from that moment on, and ends by itself.

That nothing goes out after it was told is the scripts' doing: each step looks for the word before it does anything
(`store/lua/dlq_run_stop.lua`). The run itself hears of it by its next step, or by its heartbeat while it waits.
"""

from __future__ import annotations

from shema_cli.clock import age
from shema_cli.dlq.run.run import Operator
from shema_cli.dlq.run.store import LEASE_MS, DeadLetters, RunState
from shema_cli.errors import Failed, Unreachable
from shema_cli.interrupts import stop_gently
from shema_cli.runs.look import RUNS, not_at_work, the_run
from shema_cli.runs.results import RECOVER, ListedRun, Stand, StopOutcome, StoppedRun

ACTION = "dlq.runs.stop"
WAIT_S = 10.0
LOOK_EVERY_S = 0.1
SILENT_AFTER_S = LEASE_MS / 1000 + 0.5


def stop(operator: Operator, word: str, *, dry_run: bool) -> StoppedRun:
    """Tell the run that `word` names to stop, and wait until it has ended, for ten seconds at most.

    Raises what `the_run` raises, Failed for one that has died, Refused when the person says no, Unreachable when Redis
    stays away.
    """
    author = operator.journal.author
    ours = author.email or author.uid
    run = the_run(operator.store, word)
    if run.stand is Stand.ABANDONED:
        raise Failed("run_abandoned", f"the {run.name} has died already: nothing is at work there", RECOVER)
    if dry_run:
        return StoppedRun(run, StopOutcome.PLANNED, ours)
    operator.confirm(_question(run))
    operator.store.patience = operator.clock
    told = _tell(operator, run, ours)
    return _until_it_ends(operator, told, ours)


def _question(run: ListedRun) -> list[str]:
    begun = "" if run.age_s is None else f", begun {age(run.age_s)} ago"
    lines = [f"Stop the {run.name}{begun}?", f"  {run.far}; what is done stays done"]
    return [*lines, f"  {run.selection}"] if run.selection else lines


def _tell(operator: Operator, run: ListedRun, ours: str) -> ListedRun:
    """How it stands at that moment. The trail has it before and after; the run's own end says by whom, too."""
    details = {"stops": run.state.action, "of": run.state.who}
    with operator.journal.around(action=ACTION, target=run.id, details=details):
        try:
            told = operator.store.stop(run.id, ours)
        except Unreachable as error:
            message = f"{error.message}; the run may or may not have been told to stop"
            raise Unreachable(error.code, message, f"when Redis is back: {RUNS}") from error
        if told is None:
            raise not_at_work(operator.store.redis, run.id)
    return ListedRun(told)


def _until_it_ends(operator: Operator, told: ListedRun, ours: str) -> StoppedRun:
    """Watch it. It is told again and again, should Redis have forgotten that in a failover."""
    store, clock = operator.store, operator.clock
    give_up = clock.monotonic() + WAIT_S
    renewed, since = told.state.lease_end_ms, clock.monotonic()
    with stop_gently() as interrupted, operator.person.waiting() as waiting:
        waiting.tell("told; waiting for it to end")
        while (state := _told_again(store, told, ours)) is not None:
            now = clock.monotonic()
            if state.lease_end_ms != renewed:
                renewed, since = state.lease_end_ms, now
            if ListedRun(state, silent=now - since > SILENT_AFTER_S).stand is Stand.ABANDONED:
                return StoppedRun(told, StopOutcome.ABANDONED, ours)
            if now > give_up or interrupted.is_set():
                return StoppedRun(told, StopOutcome.STOPPING, ours, interrupted=interrupted.is_set())
            clock.sleep(LOOK_EVERY_S)
    return StoppedRun(told, StopOutcome.STOPPED, ours)


def _told_again(store: DeadLetters, told: ListedRun, ours: str) -> RunState | None:
    try:
        return store.stop(told.id, told.stopped_by or ours)
    except Unreachable as error:
        message = f"{error.message}; the {told.name} was told to stop, and whether it has ended is not known"
        raise Unreachable(error.code, message, f"when Redis is back: {RUNS}") from error
