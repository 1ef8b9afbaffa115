"""A replay behind a slow line, and the same without it: what the line costs.

    python -m bench.dlq.far [COUNT] [ONE WAY AND BACK, ms]

The real command, `dlq replay --all --yes`, of as many letters; somebody listens.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.dlq.replay import fill, subscriber
from tests.enrollments.school import World, open_world
from tests.support.line import SlowLine
from tests.support.valkey import Valkey

ROUNDS = 3


def replay(world: World, url: str, count: int) -> float:
    """Seconds of one run, in which all are replayed."""
    words = [sys.executable, "-m", "shema_cli", "dlq", "replay", "--all", "--yes", "-o", "json"]
    env = os.environ | world.env | {"REDIS_URL": url}
    started = time.perf_counter()
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["replayed"] == count, done.stdout
    return seconds


def main(count: int, round_trip_ms: float) -> None:
    server = Valkey().start()
    listening = subscriber(server)
    taken: dict[str, list[float]] = {"near": [], "far": []}
    try:
        with (
            SlowLine(server.port, round_trip_ms / 1000) as line,
            open_world(server, Path(tempfile.mkdtemp())) as world,
            server.client() as client,
        ):
            for _ in range(ROUNDS):
                for where, url in (("near", server.url), ("far", line.url)):
                    fill(client, count)
                    taken[where].append(replay(world, url, count))
    finally:
        listening.kill()
        server.stop()
    near, far = min(taken["near"]), min(taken["far"])
    print(f"{count} letters, {round_trip_ms:g} ms there and back: {far:.2f} s, {near:.2f} s without the line")
    answers = (far - near) / round_trip_ms * 1000
    print(f"  the line costs {far - near:.2f} s, as much as {answers:.0f} answers one after the other")


if __name__ == "__main__":
    numbers = [float(one) for one in sys.argv[1:]]
    main(int(numbers[0]) if numbers else 10_000, numbers[1] if numbers[1:] else 80)
