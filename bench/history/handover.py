"""`events tail --since` begun, and cut off, in the middle of traffic that is recorded: what is lost, what stands twice.

python -m bench.history.handover [RATE] [SECONDS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.events.common import environment, publish, server, settled, tail_command
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.support.store import store_at
from tests.support.subscriber import is_followed
from tests.support.waiting import eventually


def recorded(store: Store) -> int:
    return int(store.client.xlen(keys.HISTORY))


def main(rate: float, seconds: float) -> None:
    count = int(rate * seconds)
    with tempfile.TemporaryDirectory() as folder, server() as running:
        out, env = Path(folder) / "out", environment(running.port)
        recorder = subprocess.Popen(
            [sys.executable, "-m", "shema_cli", "events", "record", "-o", "json"], env=env, stdout=subprocess.PIPE
        )
        store = store_at(running.url)
        eventually(lambda: recorded(store) > 0, within_s=30)
        publisher = threading.Thread(target=publish, args=(running.port, count, rate))
        publisher.start()
        time.sleep(seconds / 3)
        with out.open("wb") as stdout:
            tail = subprocess.Popen(["bash", "-c", tail_command("--since", "1h")], env=env, stdout=stdout)
        eventually(lambda: is_followed(running.port, count=2), within_s=30)
        time.sleep(seconds / 3)
        with running.client() as client:  # the tail is the newest of those who listen
            newest = max(client.client_list(_type="pubsub"), key=lambda one: int(one["id"]))
            client.client_kill_filter(_id=newest["id"])
        publisher.join()
        settled(out, 3)
        tail.terminate()
        recorder.terminate()
        recorder.wait(20)
        lines = [json.loads(line) for line in out.read_text().splitlines()]
    events = [line["payload"]["eventId"] for line in lines if line["kind"] == "event"]
    gaps = [(line["cause"], line.get("filled")) for line in lines if line["kind"] == "gap"]
    skipped = sum(line["count"] for line in lines if line["kind"] == "skipped")
    past = sum(1 for line in lines if line.get("from_history"))
    print(f"{count:,} published at {rate:,.0f}/s; {past:,} read in the history, {len(events) - past:,} heard")
    print(f"{count - len(set(events)):,} lost, {len(events) - len(set(events)):,} twice, {skipped:,} passed over")
    print(f"in order: {events == sorted(events)}; gaps: {gaps}")


if __name__ == "__main__":
    main(*(float(word) for word in (sys.argv[1:] or ["10000", "15"])))
