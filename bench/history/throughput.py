"""How many events a second are kept beside a server with its file on: `python -m bench.history.throughput [SECONDS]`.

The same traffic for `shema events record`, a script of 25 lines and a pipeline of redis-cli, one after the other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis

from bench.events.common import environment, publish
from shema_cli.store import keys
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

RATES = (2_000, 10_000, 20_000)
NAIVE = Path(__file__).with_name("naive.py")
PIPELINE = r"""
redis-cli -p PORT --csv psubscribe '*' \
  | while IFS= read -r line; do redis-cli -p PORT XADD events '*' line "$line" > /dev/null; done
"""


@dataclass(frozen=True)
class Contestant:
    name: str
    stream: str
    words: Callable[[int], list[str]]


def contestants() -> list[Contestant]:
    found = [
        Contestant("shema", keys.HISTORY, lambda _: [sys.executable, "-m", "shema_cli", "events", "record"]),
        Contestant("script", "events", lambda port: [sys.executable, str(NAIVE), str(port)]),
    ]
    if shutil.which("redis-cli"):
        found.append(
            Contestant("redis-cli", "events", lambda port: ["bash", "-c", PIPELINE.replace("PORT", str(port))])
        )
    return found


def run(one: Contestant, rate: int, seconds: float) -> str:
    server = Valkey(("--appendonly", "yes")).start()
    folder = tempfile.mkdtemp(prefix="shema-bench-")
    process = subprocess.Popen(
        one.words(server.port),
        env=environment(server.port),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with server.client() as client:
            eventually(lambda: client.execute_command("PUBSUB", "NUMPAT"), within_s=30)
            count = int(rate * seconds)
            reached = publish(server.port, count, rate)
            kept = _settled(client, one.stream)
            used = client.memory_usage(one.stream, samples=0) or 0
        messages = min(kept, count)
        told = f"{one.name:10} {rate:>7,}/s wanted {reached:>8,.0f}/s published {messages / count:>7.1%} kept"
        return f"{told}  {used / max(kept, 1):>5.0f} bytes an entry  {_memory_mb(process.pid):>4.0f} MB"
    finally:
        os.killpg(process.pid, 9)
        process.wait(20)
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _settled(client: redis.Redis, stream: str) -> int:
    """Entries, once no more have come for two seconds, or ten seconds after the last was published."""
    kept, since, began = -1, time.monotonic(), time.monotonic()
    while time.monotonic() - since < 2 and time.monotonic() - began < 10:
        now = int(client.xlen(stream))
        if now != kept:
            kept, since = now, time.monotonic()
        time.sleep(0.1)
    return kept


def _memory_mb(pid: int) -> float:
    """The most that it ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    lasts = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    print(f"load before: {os.getloadavg()}")
    for rate in RATES:
        for one in contestants():
            print(run(one, rate, lasts), flush=True)
