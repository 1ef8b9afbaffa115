"""The console for half an hour under traffic and faults, going from page to page: what it holds in the end.

    python -m bench.ui.leaks [MINUTES] [SAMPLES.csv]

Every ten seconds: memory, threads, open files, and its connections to Redis. What is told is how each has risen, by the
line through all samples of the second half, so that what is filled once at the beginning is not taken for a leak.
"""

from __future__ import annotations

import csv
import itertools
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

import redis

from bench.ui.scene import Scene, scene, used
from tests.support.terminal import Terminal

EVERY_S = 10.0
SEEN_WITHIN_S = 20.0
LOOKED_AT_S = 1.0
RATE = "20"
OURS = "shema-cli"
ESC = "\x1b"
FIELDS = {
    "RSS, MiB": "rss_mib",
    "threads": "threads",
    "open files": "files",
    "connections to Redis": "connections",
}
WALK = (
    (":home\r", "What is wrong"),
    (":enrollments\r", "enr-"),
    ("jj\r", "enrollments show"),
    (ESC, "STUDENT"),
    ("a", "Go on?"),
    (ESC, "Esc back"),
    (ESC, "STUDENT"),
    ("/a", "/a: "),
    ("\r", "/a: "),
    (ESC, "STUDENT"),
    (":courses\r", "crs-0"),
    ("\r", "courses show"),
    (ESC, "PENDING"),
    (":dlq\r", "0e62ad21f8"),
    ("\r", "ENROLLMENT_"),
    ("\r", "dlq show"),
    (ESC, "REPLAYS"),
    (ESC, "FAMILY"),
    (":services\r", "http://"),
    (":events\r", ".created"),
    ("p", "paused"),
    ("p", "live"),
    ("k\r", "Esc"),
    (ESC, "CHANNEL"),
    (":chat\r", "chat-0"),
    (":audit\r", "approve"),
    ("V", "audit verify"),
    (ESC, "ACTION"),
    (":status\r", "AREA"),
    (":find budi\r", "Budi"),
    ("?", "Every page is what"),
    (ESC, "FOUND"),
)
FAULTS = (
    ("user", "--hang"),
    ("course", "--down"),
    ("schedule", "--poison", "ENROLLMENT_APPROVED"),
    ("redis", "--hang"),
    ("enrollment", "--latency", "3000"),
    ("redis", "--down"),
)


@dataclass(frozen=True)
class Sample:
    """`connections` is None while Redis does not answer."""

    minutes: float
    rss_mib: float
    threads: int
    files: int
    connections: int | None
    cpu_s: float


class Watch(threading.Thread):
    """Takes samples of one process until it is told to stop."""

    def __init__(self, pid: int, redis_url: str) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self.done = threading.Event()
        self._pid = pid
        self._redis = redis.Redis.from_url(redis_url, client_name="bench", socket_timeout=1)
        self._began = time.monotonic()

    def run(self) -> None:
        while not self.done.wait(EVERY_S):
            now = used(self._pid)
            minutes = (time.monotonic() - self._began) / 60
            sample = Sample(minutes, now.rss_mib, now.threads, now.files, self._connections(), now.cpu_s)
            self.samples.append(sample)
            print(f"{minutes:5.1f} min  {sample}", flush=True)

    def _connections(self) -> int | None:
        with suppress(redis.RedisError):
            return sum(client["name"].startswith(OURS) for client in self._redis.client_list())
        return None


def main(minutes: float, into: str | None) -> None:
    with scene() as here, Terminal("ui", env=here.inside, columns=100, lines=30) as terminal:
        here.shema("--profile", "sandbox", "enrollments", "approve", "enr-0314", "--yes")
        terminal.wait("What is wrong", timeout=30)
        traffic = here.beside("sandbox", "traffic", "--rate", RATE, "--for", f"{minutes * 60 + 60:.0f}s")
        watch = Watch(terminal.child.pid, here.inside["REDIS_URL"])
        watch.start()
        try:
            rounds, unseen = walk(here, terminal, time.monotonic() + minutes * 60)
        finally:
            watch.done.set()
            watch.join()
            traffic.terminate()
            traffic.wait(20)
        terminal.keys(f"{ESC}{ESC}:home\r")
        terminal.wait("What is wrong")
        terminal.keys("q")
        terminal.end()
    print(f"\n{rounds} rounds of {len(WALK)} steps, {unseen} of which were not seen within {SEEN_WITHIN_S:.0f} s")
    report(watch.samples)
    if into:
        with Path(into).open("w", newline="") as file:
            csv.writer(file).writerows(map(astuple, watch.samples))


def walk(here: Scene, terminal: Terminal, until: float) -> tuple[int, int]:
    """Go from page to page; how often all of them, and how many steps did not show what they should."""
    rounds = unseen = 0
    faults = itertools.cycle(FAULTS)
    while time.monotonic() < until:
        wrong = next(faults) if rounds % 2 else None  # every second round all is well
        for number, (keys, wanted) in enumerate(WALK):
            if wrong and number in (0, len(WALK) // 2):
                fault(here, *(wrong if not number else (wrong[0], "--clear")))
            terminal.keys(keys)
            unseen += not seen(terminal, wanted)
            terminal.raw = ""
        rounds += 1
    return rounds, unseen


def fault(here: Scene, *words: str) -> None:
    with suppress(subprocess.CalledProcessError):  # the sandbox says no more while its own Redis is away
        here.shema("sandbox", "fault", *words)


def seen(terminal: Terminal, wanted: str) -> bool:
    try:
        terminal.wait(wanted, timeout=SEEN_WITHIN_S)
    except AssertionError as late:
        print(late, flush=True)
        return False
    leave_at = time.monotonic() + LOOKED_AT_S
    terminal.wait(until=lambda: time.monotonic() > leave_at)
    return True


def report(samples: Sequence[Sample]) -> None:
    """Medians of the parts, and the slope of the second half."""
    half = samples[len(samples) // 2 :]
    sixth = max(1, len(samples) // 6)
    parts = [samples[at : at + sixth] for at in range(0, len(samples) - sixth + 1, sixth)]
    print(f"\n| | {' | '.join(f'to {part[-1].minutes:.0f} min' for part in parts)} | an hour, in the second half |")
    print(f"|---|{'---|' * (len(parts) + 1)}")
    for name, field in FIELDS.items():
        middles = [f"{statistics.median(values(part, field)):.4g}" for part in parts]
        moments = [one.minutes for one in half if getattr(one, field) is not None]
        slope = statistics.linear_regression(moments, values(half, field)).slope * 60
        print(f"| {name} | {' | '.join(middles)} | {slope:+.1f} |")
    cpu = (samples[-1].cpu_s - samples[0].cpu_s) / (samples[-1].minutes - samples[0].minutes) / 60
    print(f"\nprocessor: {cpu:.0%} of a core")


def values(samples: Sequence[Sample], field: str) -> list[float]:
    return [value for one in samples if (value := getattr(one, field)) is not None]


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 30.0, sys.argv[2] if len(sys.argv) > 2 else None)
