"""The decisions of one run behind a slow line: several in one write, and beside it one after the other.

    python -m bench.enrollments.far [COUNT] [ONE WAY AND BACK, ms]

The real command in turns, `approve --ids-file` of as many enrollments, with the limit of a batch as it is and at 1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.enrollments.approvals import school
from tests.enrollments.school import World, open_world
from tests.support.line import SlowLine
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey

ROUNDS = 3
_RUN = """
import sys
from shema_cli.main import main
from shema_cli.store import commit
commit.MOST_AT_ONCE = int(sys.argv[1])
sys.exit(main(sys.argv[2:]))
"""


def approve(world: World, most_at_once: int, *selection: str) -> float:
    """Seconds of one run, in which all of the selection are approved."""
    words = ["enrollments", "approve", *selection, "--yes", "-o", "json"]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(most_at_once), *words],
        env=os.environ | world.env,
        cwd=world.env["SHEMA_STATE_DIR"].removesuffix("/state"),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(json.loads(done.stdout)["summary"]) == {"approved"}
    return seconds


def main(count: int, round_trip_ms: float) -> None:
    valkey, folder = Valkey().start(), Path(tempfile.mkdtemp())
    try:
        with (
            SlowLine(valkey.port, round_trip_ms / 1000) as line,
            Listener(valkey.port, "enrollment.approved"),
            open_world(valkey, folder, school((count + 1) * 2 * ROUNDS)) as world,
        ):
            world.env["REDIS_URL"] = line.url
            report(world, count, round_trip_ms)
    finally:
        valkey.stop()


def report(world: World, count: int, round_trip_ms: float) -> None:
    ids = iter(world.school.enrollments)
    taken: dict[int, list[float]] = {32: [], 1: []}
    alone: list[float] = []
    for _ in range(ROUNDS):
        for most, found in taken.items():
            alone.append(approve(world, most, next(ids)))
            found.append(approve(world, most, *(next(ids) for _ in range(count))))
    batched, one_by_one, one = min(taken[32]), min(taken[1]), min(alone)
    print(f"{count} approvals, {round_trip_ms:g} ms there and back; {one:.2f} s a run of one")
    print(f"  {batched:.2f} s in batches, {one_by_one:.2f} s one after the other: {one_by_one / batched:.1f} times")
    print(f"  a run of one taken off: {(one_by_one - one) / (batched - one):.1f} times")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, float(sys.argv[2]) if len(sys.argv) > 2 else 80)
