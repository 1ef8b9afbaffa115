"""One snapshot out of many services: all are asked at once, and none waits for, or falls with, another."""

from __future__ import annotations

import asyncio
from asyncio import Task
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from shema_cli.calls.aside import KEPT, aside
from shema_cli.calls.reply import BadAnswer, NotSent, Reply, ServiceNotFound, ServiceRejected
from shema_cli.clock import Clock
from shema_cli.dashboard.lastgood import Memory
from shema_cli.dashboard.notebook import Notebook
from shema_cli.dashboard.results import (
    WAITING,
    Kept,
    Live,
    Reading,
    Snapshot,
    SourceAnswer,
    SourceProblem,
    Surroundings,
    settle,
)
from shema_cli.dashboard.sources import SOURCES, StatSource, count
from shema_cli.dashboard.trend import DEAD_LETTERS, Trends
from shema_cli.errors import NotConfigured, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.settings.target import Target
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir

if TYPE_CHECKING:
    from shema_cli.dashboard.surroundings import Around
    from shema_cli.output.person import Person
    from shema_cli.store.connection import Store

SOURCE_LIMIT_S = 17.0  # three attempts of 5 s and their pauses; whatever a service does, no longer
PATIENCE_S = 1.5
NOT_CONFIGURED = "not_configured"
ANSWERED = (BadAnswer, ServiceNotFound, ServiceRejected)
HISTORY = 240  # samples of each number
CHANGED_FOR_S = 6.0  # how long a change stays marked


class Requester(Protocol):
    """As much of the `ServiceClient` as is used here."""

    async def request(self, service: str, method: str, path: str, /) -> Reply: ...


@dataclass(frozen=True)
class SchoolAccess:
    """How the school is reached, and where its numbers are kept.

    `target` is where it is and who looks; `client` makes a client for the services; `store` gives Redis. Both are
    functions because loading Redis takes longer than a service's answer: it is asked for only when the requests are on
    their way.
    """

    settings: Settings
    state: StateDir
    clock: Clock
    target: Target
    client: Callable[[], AbstractAsyncContextManager[Requester]]
    store: Callable[[], Store]

    def require_secret(self) -> None:
        """Raises NotConfigured where no service could be called at all."""
        self.settings.require("SERVICE_JWT_SECRET", "calls to services")

    def notebook(self) -> Notebook:
        """What was known before (`dashboard/notebook.py`)."""
        return Notebook(self.state, self.settings)

    def around(self) -> Around:
        """What looks at what stands around the numbers (`dashboard/surroundings.py`), which is for a person alone."""
        from shema_cli.dashboard.surroundings import Around

        return Around(self.store, self.settings, self.clock)


async def look(school: SchoolAccess, person: Person, max_stale_s: float) -> Snapshot:
    """One snapshot, with what stands around it when it is for a person. Raises as `take` does."""
    watched = person.looks_at_tables
    snapshot = await take(school, max_stale_s, looked_at=watched, tell=person.note)
    for warning in snapshot.warnings:
        person.warn(warning)
    return snapshot


async def take(
    school: SchoolAccess, max_stale_s: float, *, looked_at: bool, tell: Callable[[str], object] = lambda _: None
) -> Snapshot:
    """Ask every service once. With `looked_at` a person sees it: the surroundings and the last look belong to it, and
    who is slow is told.

    Raises NotConfigured without SERVICE_JWT_SECRET; whatever goes wrong with a service is in its reading.
    """
    school.require_secret()
    clock, kept = school.clock, school.notebook()
    async with school.client() as client:
        asking = ask_all(client, clock)  # from here on the requests are on their way
        memory, around = await asyncio.gather(
            aside(lambda: kept.load(clock.now(), day=looked_at), uses=KEPT),
            _look_around(school) if looked_at else _nothing(),
        )
        if looked_at:
            await _tell_who_is_slow(asking, tell)
        answers = [await one for one in asking]
    seen = Observations(memory, max_stale_s, school.target)
    seen.hear_all(answers, clock.monotonic())
    if around is not None:
        seen.look_around(around, clock.now())
    seen.warn(kept.save(answers, clock.now(), seen=looked_at, letters=seen.letters))
    return seen.snapshot(clock.now())


def ask_all(client: Requester, clock: Clock) -> list[Task[SourceAnswer]]:
    """One answer of each service to come, in the order of `SOURCES`; all are asked at once, beginning now."""
    return [asyncio.ensure_future(ask(client, source, clock)) for source in SOURCES]


async def _tell_who_is_slow(asking: list[Task[SourceAnswer]], tell: Callable[[str], object]) -> None:
    """A person who waits is told for whom."""
    done, _ = await asyncio.wait(asking, timeout=PATIENCE_S)
    slow = [source.service for source, task in zip(SOURCES, asking, strict=True) if task not in done]
    if slow:
        tell(f"waiting for {', '.join(slow)} …")


async def ask(client: Requester, source: StatSource, clock: Clock) -> SourceAnswer:
    """What one service answers, within its own time limit; never raises."""
    started = clock.monotonic()
    try:
        async with asyncio.timeout(SOURCE_LIMIT_S):
            reply = await client.request(source.service, "GET", source.path)
        return _answer(reply, source, clock)
    except TimeoutError:
        problem = SourceProblem("timeout", f"{source.service} gave no answer within {SOURCE_LIMIT_S:g} s")
        return SourceAnswer(source, clock.now(), problem=problem, duration_ms=_elapsed_ms(clock, started))
    except ShemaError as error:
        return _failure(error, source, clock, _elapsed_ms(clock, started))
    except Exception as error:  # a fault in one call must not take the other four numbers with it
        problem = SourceProblem("internal", f"{type(error).__name__}: {error}")
        return SourceAnswer(source, clock.now(), problem=problem, duration_ms=_elapsed_ms(clock, started))


def _answer(reply: Reply, source: StatSource, clock: Clock) -> SourceAnswer:
    value = count(reply.raise_for_status().json(), source.field)
    if value is None:
        raise reply.bad_answer(f"{source.field} must be an integer of 0 or more")
    return SourceAnswer(
        source,
        clock.now(),
        value=value,
        duration_ms=reply.duration_ms,
        request_id=reply.request_id,
        circuit=reply.circuit,
        instance=reply.instance,
    )


def _failure(error: ShemaError, source: StatSource, clock: Clock, elapsed_ms: float) -> SourceAnswer:
    code = NOT_CONFIGURED if isinstance(error, NotConfigured) else error.code
    return SourceAnswer(
        source,
        clock.now(),
        problem=SourceProblem(code, error.message, answered=type(error) in ANSWERED, ours=isinstance(error, NotSent)),
        duration_ms=getattr(error, "duration_ms", None) or elapsed_ms,
        request_id=getattr(error, "request_id", None) or None,
        circuit=getattr(error, "circuit", None) or "closed",
    )


def _elapsed_ms(clock: Clock, started: float) -> float:
    return (clock.monotonic() - started) * 1000


async def _look_around(school: SchoolAccess) -> Surroundings:
    """What it imports is imported behind the requests, not before them."""
    return await school.around().look()


async def _nothing() -> None:
    return None


class Observations:
    """What is known between the first look and the last: the newest answer of each service, each number over time."""

    def __init__(self, memory: Memory, max_stale_s: float, target: Target) -> None:
        self._good = dict(memory.good)
        self._look = dict(memory.look)
        self._max_stale_s = max_stale_s
        self._target = target
        self._warnings = [memory.problem] if memory.problem else []
        self._answers: dict[str, SourceAnswer] = {}
        self._history: dict[str, deque[int | None]] = {s.service: deque(maxlen=HISTORY) for s in SOURCES}
        self._changed_at: dict[str, float] = {}
        self._trends = Trends(memory.minutes)
        self._surroundings: Surroundings | None = None

    @property
    def letters(self) -> int | None:
        """How many dead letters there are, where that is known."""
        around = self._surroundings
        return None if around is None or around.letters is None else around.letters.total

    @property
    def answers(self) -> list[SourceAnswer]:
        return list(self._answers.values())

    def hear(self, answer: SourceAnswer, at_s: float) -> None:
        """Take in an answer; `at_s` on the clock by which changes are marked."""
        service = answer.source.service
        self._answers[service] = answer
        self._history[service].append(answer.value)
        if answer.value is None:
            return
        self._trends.hear(answer.source.stat, answer.value, answer.at)
        before = self._good.get(service)
        if before and len(self._history[service]) > 1 and before.value != answer.value:
            self._changed_at[service] = at_s
        self._good[service] = Kept(answer.value, answer.at)

    def hear_all(self, answers: Iterable[SourceAnswer], at_s: float) -> None:
        for answer in answers:
            self.hear(answer, at_s)

    def look_around(self, around: Surroundings, at: datetime) -> None:
        """Take in what stands around the numbers."""
        self._surroundings = around
        if self.letters is not None:
            self._trends.hear(DEAD_LETTERS, self.letters, at)

    def warn(self, problem: str | None) -> None:
        """Something that costs no number; told once."""
        if problem and problem not in self._warnings:
            self._warnings.append(problem)

    def snapshot(self, now: datetime) -> Snapshot:
        readings = tuple(self._reading(source, now) for source in SOURCES)
        return Snapshot(now, readings, self._target, tuple(self._warnings), self._surroundings, self._trends)

    def live(self, now_s: float, every_s: float) -> Live:
        changed = {service for service, at_s in self._changed_at.items() if now_s - at_s < CHANGED_FOR_S}
        return Live({service: tuple(values) for service, values in self._history.items()}, frozenset(changed), every_s)

    def _reading(self, source: StatSource, now: datetime) -> Reading:
        answer = self._answers.get(source.service) or SourceAnswer(source, now, problem=WAITING)
        kept = self._good.get(source.service) if answer.value is None else None
        return settle(answer, kept, now, self._max_stale_s, self._look.get(source.service))
