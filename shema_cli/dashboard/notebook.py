"""All that the dashboard keeps from one look to the next: the last good numbers, the last look, the last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shema_cli.dashboard.lastgood import LastGood, Memory
from shema_cli.dashboard.results import SourceAnswer
from shema_cli.dashboard.sources import SOURCES
from shema_cli.dashboard.trend import DEAD_LETTERS
from shema_cli.dashboard.trendfile import Sample, TrendFile
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir


class Notebook:
    """Of one profile. Its methods block for at most about a second and never raise; run them beside the calls."""

    def __init__(self, state: StateDir, settings: Settings) -> None:
        self._good = LastGood(state, settings)
        self._trend = TrendFile(state, settings)

    def load(self, now: datetime, *, day: bool = True) -> Memory:
        """What is known from before, and what went wrong; the last `day` only for those who are shown it."""
        memory = self._good.load(now)
        if not day:
            return memory
        origins = self._trend.origins
        wanted = {source.stat: origins.known(source.service) for source in SOURCES} | {DEAD_LETTERS: {origins.redis}}
        minutes, problem = self._trend.load(now, wanted)
        return replace(memory, minutes=minutes, problem=memory.problem or problem)

    def save(
        self, answers: Sequence[SourceAnswer], now: datetime, *, seen: bool, letters: int | None = None
    ) -> str | None:
        """Keep what is known of it; `seen` when a person looked at the answers. What went wrong, if anything."""
        problem = self._good.save(answers, seen=seen)
        return self._trend.save(self._samples(answers, letters, now), now) or problem

    def _samples(self, answers: Sequence[SourceAnswer], letters: int | None, now: datetime) -> list[Sample]:
        origins = self._trend.origins
        found = [
            Sample(one.source.stat, origins.of(one.source.service, one.instance), one.value, one.at)
            for one in answers
            if one.value is not None
        ]
        return found if letters is None else [*found, Sample(DEAD_LETTERS, origins.redis, letters, now)]
