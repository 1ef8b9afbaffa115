"""How long `events history --since 10m` takes in a history of a million entries, beside one of sixty; and all of it.

python -m bench.history.reading [ENTRIES]
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time

import redis

from bench.events.common import environment, server
from shema_cli.store import keys

RUNS = 5
A_WEEK_MS = 7 * 86_400_000
OF_THE_LAST_MINUTE = 60


def fill(client: redis.Redis, entries: int) -> None:
    """So many older entries, evenly over a week, and sixty of the last minute."""
    now = int(time.time() * 1000)
    state = {"epoch": "e", "began": now - A_WEEK_MS, "heard": now + A_WEEK_MS, "trimmed": 0, "size": 0}
    client.hset(keys.HISTORY_STATE, mapping=state)  # type: ignore[arg-type]
    moments = [now - A_WEEK_MS + (A_WEEK_MS - 60_000) * number // max(1, entries) for number in range(entries)]
    moments += [now - 50_000 + 500 * number for number in range(OF_THE_LAST_MINUTE)]
    pipe = client.pipeline(transaction=False)
    pipe.xadd(keys.HISTORY, {"kind": "gap", "from": 0, "to": moments[0] - 1, "cause": "before", "at": moments[0] - 1})
    pipe.delete(keys.HISTORY)
    for number, at in enumerate(moments):
        data = {"enrollmentId": f"enr-{number}", "studentId": "stu-0001"}
        document = {"eventType": "ENROLLMENT_APPROVED", "eventId": f"evt_{number:036d}", "version": "1.0", "data": data}
        payload = json.dumps(document, separators=(",", ":"))
        pipe.xadd(keys.HISTORY, {"channel": "enrollment.approved", "payload": payload, "at": at}, id=f"{at}-{number}")
        if number % 5000 == 4999:
            pipe.execute()
    pipe.execute()


def seconds(port: int, *flags: str) -> tuple[float, float, int]:
    """From the start to the end; of that on the processor; lines."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "shema_cli", "events", "history", "-o", "json", *flags]
    done = subprocess.run(command, env=environment(port), capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, used, done.stdout.count(b"\n")


def main(entries: int) -> None:
    with server() as full, server() as fresh:
        for one, count in ((full, entries), (fresh, 0)):
            with one.client() as client:
                fill(client, count)
        taken: dict[str, list[float]] = {"full": [], "fresh": []}
        for _ in range(RUNS):  # one beside the other
            for name, one in (("full", full), ("fresh", fresh)):
                took, used, lines = seconds(one.port, "--since", "10m")
                assert lines >= OF_THE_LAST_MINUTE, lines
                taken[name].append(used)
        a, b = (statistics.median(taken[name]) for name in ("full", "fresh"))
        print(f"{a:.3f} s of processor  events history --since 10m of {entries:,} entries")
        print(f"{b:.3f} s of processor  the same of {OF_THE_LAST_MINUTE}: {a / b:.2f} times")
        took, used, lines = seconds(full.port)
        print(f"{lines / used:,.0f}/s of processor time  events history of all ({lines:,} lines in {took:.1f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
