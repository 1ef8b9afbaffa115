"""What the shared circuit breaker costs a call, and how many trials N processes let through.

python bench/services/breaker.py
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from shema_cli.calls.circuit import Breaker, SharedState
from shema_cli.clock import SystemClock
from shema_cli.state import StateDir

URL = "http://user-service:3002"
CALLS = 5000
PROCESSES = 16
ROUNDS = 5


class LaterClock(SystemClock):
    """A minute on, when an open circuit is half open."""

    def now(self) -> Any:
        return super().now() + timedelta(seconds=61)


def breaker(folder: Path, clock: SystemClock | None = None) -> Breaker:
    return Breaker(SharedState(StateDir(folder), print), clock or SystemClock())


def microseconds(work: Any) -> float:
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(CALLS):
            work()
        rounds.append((time.perf_counter() - started) / CALLS * 1e6)
    return statistics.median(rounds)


def guarded_success(one: Breaker) -> None:
    permit = one.admit(URL)
    assert permit
    one.succeeded(permit)


def guarded_pair(one: Breaker) -> None:
    """A failure that is counted and a success that forgets it: both write."""
    permit = one.admit(URL)
    assert permit
    one.failed(permit)
    one.succeeded(permit)


def try_once(folder: Path, start: Any, results: Any) -> None:
    one = breaker(folder, LaterClock())
    one.state(URL)
    start.wait()
    permit = one.admit(URL)
    results.put(permit is not None)


def trials(folder: Path) -> int:
    one = breaker(folder)
    for _ in range(5):
        permit = one.admit(URL)
        assert permit
        one.failed(permit)
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(PROCESSES), context.Queue()
    processes = [context.Process(target=try_once, args=(folder, start, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    let_through = sum(results.get() for _ in processes)
    for process in processes:
        process.join()
    return let_through


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        one = breaker(Path(folder) / "a")
        plain = sqlite3.connect(":memory:")
        print(f"a bare SELECT in memory          {microseconds(lambda: plain.execute('SELECT 1').fetchone()):6.1f} µs")
        print(f"guarded call that succeeds       {microseconds(lambda: guarded_success(one)):6.1f} µs")
        print(f"guarded call that fails + one that succeeds {microseconds(lambda: guarded_pair(one)):6.1f} µs")
        print(f"trials let through by {PROCESSES} processes: {[trials(Path(folder) / f'r{n}') for n in range(5)]}")


if __name__ == "__main__":
    main()
