"""Which runs there are, and which one is meant."""

from __future__ import annotations

from itertools import islice

from shema_cli.audit.read import backward
from shema_cli.audit.words import BEGUN, of_run, run_of
from shema_cli.clock import age
from shema_cli.dlq.letters.selection import SHORTEST_PREFIX
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import InvalidUsage, NotFound
from shema_cli.runs.results import ListedRun, RunList
from shema_cli.store import keys
from shema_cli.store.connection import Store

RUNS = "shema dlq runs"
AUDITED_LATELY = 2000
"""Audit entries in which a run is looked for that is not registered."""


def list_runs(store: DeadLetters) -> RunList:
    """The oldest first. Raises what Redis raises."""
    look = store.look()
    runs = sorted(map(ListedRun, look.runs), key=lambda run: (run.state.number("started") or 0, run.id))
    return RunList(runs, look.in_flight, look.abandoned)


def the_run(store: DeadLetters, word: str) -> ListedRun:
    """The one that `word` names: its id, or the first four digits of it or more.

    Raises InvalidUsage for what fits several, NotFound for what fits none, saying when that one has ended.
    """
    given = word.lower()
    found = [run for run in list_runs(store).runs if run.id.startswith(given)]
    if len(given) < SHORTEST_PREFIX:
        raise InvalidUsage(
            "short_id", f"{word!r} is too short for a run", f"give {SHORTEST_PREFIX} digits of it or more"
        )
    if len(found) > 1:
        listed = ", ".join(run.id for run in found[:10])
        raise InvalidUsage("ambiguous_run", f"{word} fits {len(found)} runs: {listed}", "give more digits of one")
    if not found:
        raise not_at_work(store.redis, given)
    return found[0]


def not_at_work(store: Store, word: str) -> NotFound:
    """What is said of a run that is not registered (any more). Raises what Redis raises."""
    with store.errors():
        now_ms = store.time_ms(keys.AUDIT)
        for entry in islice(backward(store), AUDITED_LATELY):
            run = run_of(entry)
            if run and run.startswith(word) and not entry.text("action").endswith(BEGUN):
                ago = age((now_ms - entry.written_ms) / 1000)
                what = f"run {run} has ended {ago} ago, {of_run(entry, with_events=False)}"
                return NotFound("run_ended", what, "what there is: shema dlq runs")
    return NotFound("run_not_found", f"no run {word} is under way", RUNS)
