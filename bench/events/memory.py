"""Memory of a tail over a long run: `python -m bench.events.memory [MESSAGES] [RATE]`."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from bench.events.common import consumer, publish, server, settled, tail_command


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def main(count: int, rate: float) -> None:
    with tempfile.TemporaryDirectory() as folder, server() as redis_server:
        out = Path(folder) / "out"
        with consumer(tail_command(), redis_server.port, out) as process:
            begin = resident_mb(process.pid)
            done = threading.Event()
            samples: list[float] = []

            def sample() -> None:
                while not done.wait(0.5):
                    samples.append(resident_mb(process.pid))

            watcher = threading.Thread(target=sample)
            watcher.start()
            publish(redis_server.port, count, rate)
            settled(out)
            done.set()
            watcher.join()
        with out.open("rb") as lines:
            kinds = Counter(json.loads(line)["kind"] for line in lines)
    fifth = max(1, len(samples) // 5)
    parts = [max(samples[first : first + fifth]) for first in range(0, len(samples), fifth)]
    print(f"{count:,} messages at {rate:,.0f}/s, lines by kind {dict(kinds)}; RSS at the start {begin:.0f} MB")
    print("highest RSS in each fifth of the run: " + ", ".join(f"{part:.0f} MB" for part in parts))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, float(sys.argv[2]) if len(sys.argv) > 2 else 50_000)
