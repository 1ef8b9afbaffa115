"""1,000 approvals in one run of the real command: decisions a second, calls an approval, memory.

    python -m bench.enrollments.approvals [COUNT]

Beside it, in the same run: the bare PUBLISH of as many events over one connection (what the network and the server
cost with none of the guards), and the decisions alone, without the process and the look-ups around them.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shema_cli.enrollments.decide import DecisionOrder
from shema_cli.enrollments.results import DecisionKind
from shema_cli.events.envelope import encode_event
from tests.enrollments.school import School, World, decider_of, enrollment, open_world
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.world import app_on

COURSES = 10
ROUNDS = 10


def school(count: int) -> School:
    made = School(courses={f"c{n}": (0, count) for n in range(COURSES)})
    return made.add(*(enrollment(n, f"c{n % COURSES}") for n in range(count)))


def approve(world: World, folder: Path, *selection: str) -> tuple[float, int, dict[str, int]]:
    """Seconds, peak memory in KiB (of all children so far) and the summary of one run."""
    world.school.requests.clear()
    started = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-m", "shema_cli", "enrollments", "approve", *selection, "--yes", "-o", "json"],
        env=os.environ | world.env,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    summary: dict[str, int] = json.loads(process.stdout)["summary"]
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, summary


def side_by_side(valkey: Valkey, folder: Path, count: int) -> tuple[float, float]:
    """Seconds for `count` decisions and for as many bare publications, in turns; the best of the rounds counts."""
    with app_on(valkey, folder) as app:
        decider = decider_of(app)
        decider.decide(DecisionOrder("first", "s", DecisionKind.APPROVED))

        def decide(round: int, n: int) -> None:
            decider.decide(DecisionOrder(f"d{round}-{n}", "s", DecisionKind.APPROVED))

        def publish(round: int, n: int) -> None:
            data = {"enrollmentId": f"p{round}-{n}", "studentId": "s"}
            event = encode_event("enrollment.approved", data, clock=app.clock)
            app.store.client.publish(event.channel, event.payload)

        times: dict[str, list[float]] = {"decide": [], "publish": []}
        for round in range(ROUNDS):
            for work in (decide, publish):
                started = time.perf_counter()
                for n in range(count // ROUNDS):
                    work(round, n)
                times[work.__name__].append(time.perf_counter() - started)
    return min(times["decide"]) * ROUNDS, min(times["publish"]) * ROUNDS


def main(count: int) -> None:
    valkey = Valkey().start()
    folder = Path(tempfile.mkdtemp())
    try:
        with open_world(valkey, folder, school(count)) as world, Listener(valkey.port, patterns=("enrollment.*",)):
            report(world, valkey, folder, count)
    finally:
        valkey.stop()


def report(world: World, valkey: Valkey, folder: Path, count: int) -> None:
    nothing = min(approve(world, folder, "--all-pending", "--course", "none")[0] for _ in range(4))
    _, small, _ = approve(world, folder, "e0")
    seconds, peak, summary = approve(world, folder, "--all-pending")
    calls = len(world.school.requests)
    again, _, repeated = approve(world, folder, "--all-pending")
    alone, bare = side_by_side(valkey, folder, count)
    print(f"one run of {count}: {summary}, {seconds:.2f} s ({nothing:.2f} s of it a run of none)")
    print(f"  {count / (seconds - nothing):,.0f} approvals/s with all their look-ups")
    print(f"  {calls} HTTP calls, {calls / count:.3f} an approval ({COURSES} courses, pages of 100)")
    print(f"  peak memory {peak / 1024:.0f} MiB, {(peak - small) / 1024:.1f} MiB above a run of one")
    print(f"  the same command again: {repeated}, {again:.2f} s")
    print(f"decisions alone: {count / alone:,.0f}/s, {alone / bare:.1f} times the bare PUBLISH ({count / bare:,.0f}/s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
