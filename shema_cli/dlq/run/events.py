"""Which events a run took out, found again: the list that `lua/dlq_act.lua` keeps beside it for 28 days."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from shema_cli.dlq.letters.entry import replay_key
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.connection import Store

MOMENT = 13  # digits: the milliseconds of a step
KEY = 8  # bytes of an event
STEPS_AT_ONCE = 500
RUNS_AT_ONCE = 50


@dataclass(frozen=True)
class TakenOut:
    """An event that a run took out, and when (ms, the server's clock)."""

    run: str
    event_id: str
    at_ms: int


def taken_out(store: Store, runs: Sequence[str], event_ids: Collection[str]) -> Iterator[TakenOut]:
    """Which of these events each run took out. Raises Unreachable and Failed."""
    wanted = {replay_key(event_id): event_id for event_id in event_ids}
    with store.errors():
        for first in range(0, len(runs), RUNS_AT_ONCE):
            some = runs[first : first + RUNS_AT_ONCE]
            for run, steps in zip(some, _first_steps(store, some), strict=True):
                yield from _found(run, steps, wanted)
                if len(steps) == STEPS_AT_ONCE:
                    for page in _further_steps(store, run):
                        yield from _found(run, page, wanted)


def _first_steps(store: Store, runs: Sequence[str]) -> list[list[bytes]]:
    pipeline = store.client.pipeline(transaction=False)
    for run in runs:
        pipeline.lrange(_key(run), 0, STEPS_AT_ONCE - 1)
    return [_steps(answer) for answer in pipeline.execute(raise_on_error=False)]


def _further_steps(store: Store, run: str) -> Iterator[list[bytes]]:
    first = STEPS_AT_ONCE
    while page := _steps(store.client.lrange(_key(run), first, first + STEPS_AT_ONCE - 1)):
        yield page
        first += STEPS_AT_ONCE


def _steps(answer: object) -> list[bytes]:
    """What stands there; nothing where somebody else put something of another type."""
    return answer if isinstance(answer, list) else []


def _found(run: str, steps: Sequence[bytes], wanted: Mapping[bytes, str]) -> Iterator[TakenOut]:
    for step in steps:
        moment = step[:MOMENT]
        if not moment.isdigit():
            continue
        for key, event_id in wanted.items():
            place = step.find(key, MOMENT)
            while place >= 0 and (place - MOMENT) % KEY:
                place = step.find(key, place + 1)
            if place >= 0:
                yield TakenOut(run, event_id, int(moment))


def _key(run: str) -> str:
    return f"{keys.RUN_EVENTS_PREFIX}{run}"
