"""What is known between the first look and the last: the newest answer of each service, and each number over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from shema_cli.dashboard.lastgood import Memory
from shema_cli.dashboard.models import (
    SOURCES,
    WAITING,
    Answer,
    Kept,
    Live,
    Reading,
    Snapshot,
    Source,
    Surroundings,
    settle,
)

HISTORY = 240  # samples of each number
CHANGED_FOR_S = 6.0  # how long a change stays marked


class Session:
    """Hears answers and tells the snapshot that they make."""

    def __init__(self, memory: Memory, max_stale_s: float, profile: str) -> None:
        self._good = dict(memory.good)
        self._look = dict(memory.look)
        self._max_stale_s = max_stale_s
        self._profile = profile
        self._warnings = [memory.problem] if memory.problem else []
        self._answers: dict[str, Answer] = {}
        self._history: dict[str, deque[int | None]] = {s.service: deque(maxlen=HISTORY) for s in SOURCES}
        self._changed_at: dict[str, float] = {}
        self.surroundings: Surroundings | None = None

    @property
    def answers(self) -> list[Answer]:
        return list(self._answers.values())

    def hear(self, answer: Answer, at_s: float) -> None:
        """Take in an answer; `at_s` on the clock by which changes are marked."""
        service = answer.source.service
        self._answers[service] = answer
        self._history[service].append(answer.value)
        if answer.value is None:
            return
        before = self._good.get(service)
        if before and len(self._history[service]) > 1 and before.value != answer.value:
            self._changed_at[service] = at_s
        self._good[service] = Kept(answer.value, answer.at)

    def hear_all(self, answers: Iterable[Answer], at_s: float) -> None:
        for answer in answers:
            self.hear(answer, at_s)

    def warn(self, problem: str | None) -> None:
        """Something that costs no number; told once."""
        if problem and problem not in self._warnings:
            self._warnings.append(problem)

    def snapshot(self, now: datetime) -> Snapshot:
        readings = tuple(self._reading(source, now) for source in SOURCES)
        return Snapshot(now, readings, self._profile, tuple(self._warnings), self.surroundings)

    def live(self, now_s: float) -> Live:
        changed = {service for service, at_s in self._changed_at.items() if now_s - at_s < CHANGED_FOR_S}
        return Live({service: tuple(values) for service, values in self._history.items()}, frozenset(changed))

    def _reading(self, source: Source, now: datetime) -> Reading:
        answer = self._answers.get(source.service) or Answer(source, now, problem=WAITING)
        kept = self._good.get(source.service) if answer.value is None else None
        return settle(answer, kept, now, self._max_stale_s, self._look.get(source.service))
