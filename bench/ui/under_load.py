"""From a key to the changed line on the screen, processor time and memory: first quiet, then under load.

    python -m bench.ui.under_load [SECONDS]

The load: 100,000 dead letters of one family, and 1,000 events a second that this console hears. SECONDS are how long
memory and processor are looked at on each page, once its keys are measured.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from bench.ui.scene import SHEMA, Scene, scene, used
from bench.ui.seat import Late, Seat
from tests.dlq.support import letter, push

LETTERS = 100_000
EVENTS_A_SECOND = 1_000
CHANNEL = "bench.ticked"
"""Of no service, so that the figures are not those of the sandbox."""
KEYS = 120
BETWEEN_KEYS_S = (0.03, 0.25)
PUBLISHER = """
import sys, time, redis
client, rate, channel = redis.Redis.from_url(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
began, number = time.monotonic(), 0
while True:
    pipe = client.pipeline(transaction=False)
    for number in range(number, number + rate // 50):
        pipe.publish(channel, '{"eventType":"BENCH_TICKED","eventId":"evt_%032x","timestamp":"2026-01-31T08:00:00Z",'
                     '"version":"1.0","data":{"studentId":"stu-0012","courseId":"crs-01"}}' % number)
    pipe.execute()
    time.sleep(max(0.0, number / rate - (time.monotonic() - began)))
"""


@dataclass(frozen=True)
class Found:
    """`waits` in milliseconds, one a key; `cpu` a share of a core; memory in MiB, at the end and as it rose an hour."""

    page: str
    waits: list[float]
    cpu: float
    rss_mib: float
    rises: float

    def row(self, state: str) -> str:
        sorted_waits = sorted(self.waits)
        p99 = sorted_waits[round(0.99 * (len(sorted_waits) - 1))]
        return (
            f"| {self.page} | {state} | {statistics.median(self.waits):.0f} | {p99:.0f} | {sorted_waits[-1]:.0f} "
            f"| {self.cpu:.0%} | {self.rss_mib:.0f} | {self.rises:+.0f} |"
        )


def main(seconds: float) -> None:
    with scene() as here:
        with Seat((*SHEMA, "ui"), here.inside) as seat:
            rows = measured(seat, "quiet", seconds)
        with redis.Redis.from_url(here.inside["REDIS_URL"]) as client:
            client.delete("events:dead_letter")
            push(client, [letter(number) for number in range(LETTERS)])
        with published(here), Seat((*SHEMA, "ui"), here.inside) as seat:
            rows += measured(seat, f"{LETTERS:,} letters, {EVENTS_A_SECOND:,}/s", seconds)
    print("\n| page | state | key to change, ms: p50 | p99 | worst | processor | RSS, MiB | rises by, MiB/h |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


@contextmanager
def published(here: Scene) -> Iterator[None]:
    words = (here.inside["REDIS_URL"], str(EVENTS_A_SECOND), CHANNEL)
    process = subprocess.Popen([sys.executable, "-c", PUBLISHER, *words], env=here.inside)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def measured(seat: Seat, state: str, seconds: float) -> list[str]:
    seat.sees("What is wrong", "FAMILY")
    seat.sees("Timeout", within_s=60)
    found = [look(seat, "home", seconds, cursor_moves(seat, "\t\t"))]
    seat.keys(":dlq\r")
    seat.sees("home › dead letters", "Timeout", within_s=60)
    seat.keys("\r")
    seat.sees("REPLAYS", "ENROLLMENT_APPROVED", within_s=60)
    found.append(look(seat, "dead letters of a family", seconds, cursor_moves(seat, "jk")))
    seat.keys(":events\r")
    seat.sees("home › events", "live")
    seat.pass_time(5)
    found.append(look(seat, "events", seconds, pauses(seat)))
    return [one.row(state) for one in found]


def cursor_moves(seat: Seat, there_and_back: str) -> Callable[[int], float]:
    """The wait in milliseconds of a key that moves the cursor: these two in turn."""

    def press(number: int) -> float:
        seat.until(lambda: seat.cursor_line is not None)
        before = seat.cursor_line
        at = seat.keys(there_and_back[number % 2])
        return (seat.until(lambda: seat.cursor_line not in (before, None)) - at) * 1000

    return press


def pauses(seat: Seat) -> Callable[[int], float]:
    """`p`, and `p` again."""

    def press(number: int) -> float:
        at = seat.keys("p")
        wanted = ("paused", "live")[number % 2]
        return (seat.until(lambda: wanted in seat.screen.display[1]) - at) * 1000

    return press


def look(seat: Seat, page: str, seconds: float, press: Callable[[int], float]) -> Found:
    chance, waits = random.Random(7), []
    for number in range(KEYS):
        seat.pass_time(chance.uniform(*BETWEEN_KEYS_S))
        try:
            waits.append(press(number))
        except Late as late:
            sys.exit(f"{page}: {late}")
    samples = Samples(seat.pid)
    seat.pass_time(seconds)
    found = Found(page, waits, *samples.ended())
    print(found.row("so far"), file=sys.stderr, flush=True)
    return found


class Samples(threading.Thread):
    """Memory and processor of a process from now on."""

    EVERY_S = 1.0

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._done = threading.Event()
        self._taken = [(time.monotonic(), used(pid))]
        self.start()

    def run(self) -> None:
        while not self._done.wait(self.EVERY_S):
            self._taken.append((time.monotonic(), used(self._pid)))

    def ended(self) -> tuple[float, float, float]:
        """The share of a core, the memory at the end in MiB, and how it rose in MiB an hour."""
        self._done.set()
        self.join()
        moments = [at for at, _ in self._taken]
        memory = [one.rss_mib for _, one in self._taken]
        (began, first), (ended, last) = self._taken[0], self._taken[-1]
        slope = statistics.linear_regression(moments, memory).slope * 3600
        return (last.cpu_s - first.cpu_s) / (ended - began), last.rss_mib, slope


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
