"""The circuit of an instance, shared by processes that run at once (contract 1.2)."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from shema_cli.calls.circuit import THRESHOLD, Circuit, Permit
from tests.support.calls import new_breaker
from tests.support.world import StillClock

URL = "http://user:3002"


def _try_once(folder: Path, start: Any, results: Any) -> None:
    clock = StillClock()
    clock.advance(61)
    breaker = new_breaker(folder, clock)
    breaker.state(URL)
    start.wait()
    permit = breaker.admit(URL)
    results.put(permit is not None)


def test_of_16_processes_exactly_one_makes_the_trial(tmp_path: Path) -> None:
    opener = new_breaker(tmp_path, StillClock())
    for _ in range(THRESHOLD):
        opener.failed(Permit(URL))
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(16), context.Queue()
    processes = [context.Process(target=_try_once, args=(tmp_path, start, results)) for _ in range(16)]
    for process in processes:
        process.start()
    trials = [results.get(timeout=30) for _ in processes]
    for process in processes:
        process.join(30)
    assert sum(trials) == 1


def _fail_once(folder: Path, start: Any, results: Any) -> None:
    warnings: list[str] = []
    breaker = new_breaker(folder, StillClock(), warnings)
    start.wait()
    breaker.failed(Permit(URL))
    results.put(warnings)


@pytest.mark.everywhere
def test_processes_that_start_at_once_make_one_database_and_count_together(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(5), context.Queue()
    processes = [context.Process(target=_fail_once, args=(tmp_path, start, results)) for _ in range(5)]
    for process in processes:
        process.start()
    assert [results.get(timeout=30) for _ in processes] == [[]] * 5
    for process in processes:
        process.join(30)
    assert new_breaker(tmp_path, StillClock()).state(URL) is Circuit.OPEN
