"""The highest publish rate at which nothing is lost or skipped, side by side with redis-cli on the same traffic.

python -m bench.events.throughput [SECONDS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.events.common import consumer, publish, server, settled, tail_command

RATES = (50_000, 100_000, 125_000, 150_000, 175_000, 200_000, 250_000, 300_000)
TYPE = "ENROLLMENT_APPROVED"
CLI = "redis-cli -p PORT --raw psubscribe '*'"
PIPE = CLI + " | grep '^{' | jq -c 'select(.eventType==\"" + TYPE + "\")'"
CONTENDERS = {
    "shema events tail -o json": (tail_command(), '"kind":"event"', 1),
    "redis-cli psubscribe '*'": (f"exec {CLI}", "^{", 1),
    f"shema events tail -o json --type {TYPE}": (tail_command("--type", TYPE), '"kind":"event"', 10),
    f"redis-cli psubscribe '*' | grep | jq {TYPE}": (PIPE, "^{", 10),
}


def whole(command: str, mark: str, share: int, rate: int, seconds: float) -> tuple[bool, float]:
    """Whether every message arrived at this rate, and the rate that the publisher reached."""
    count = int(rate * seconds) // 10 * 10
    with tempfile.TemporaryDirectory() as folder, server() as redis_server:
        out = Path(folder) / "out"
        with consumer(command.replace("PORT", str(redis_server.port)), redis_server.port, out):
            reached = publish(redis_server.port, count, rate)
            settled(out)
            with redis_server.client() as client:  # ends redis-cli, so that the pipe behind it is flushed
                client.execute_command("CLIENT", "KILL", "TYPE", "PUBSUB")
            settled(out)
        found = subprocess.run(["grep", "-c", "-e", mark, out], capture_output=True, text=True, check=False).stdout
        return int(found) == count // share, reached


def main(seconds: float) -> None:
    print(f"{os.cpu_count()} cores, {seconds:g} s at each rate")
    for name, (command, mark, share) in CONTENDERS.items():
        best = 0.0
        for rate in RATES:
            complete, reached = whole(command, mark, share, rate, seconds)
            if not complete or reached < rate * 0.95:
                break
            best = reached
        why = "lost or skipped" if not complete else f"the publisher reached only {reached:,.0f}/s"
        print(f"{best:>9,.0f}/s  {name}  (then: {why} at {rate:,}/s)", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
