"""From publish to the printed line, at 1,000 a second: `python -m bench.events.delay [SECONDS]`."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time

import redis

from bench.events.common import environment, publish, server, tail_command
from tests.support.waiting import eventually

SENT = re.compile(rb'"sentAt":(\d+\.\d+)')
CONTENDERS = {
    "shema events tail -o json": tail_command(),
    "redis-cli psubscribe '*'": "exec redis-cli -p PORT --raw psubscribe '*'",
}


def delays(command: str, seconds: float) -> list[float]:
    with server() as redis_server:
        process = subprocess.Popen(
            ["bash", "-c", command.replace("PORT", str(redis_server.port))],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(redis_server.port),
        )
        found: list[float] = []

        def read() -> None:
            assert process.stdout
            found.extend(time.time() - float(sent[1]) for line in process.stdout if (sent := SENT.search(line)))

        reader = threading.Thread(target=read)
        reader.start()
        with redis.Redis(port=redis_server.port) as client:
            eventually(lambda: client.execute_command("PUBSUB", "NUMPAT"))
        publish(redis_server.port, int(1000 * seconds), 1000)
        time.sleep(0.5)
        process.terminate()
        reader.join()
        process.wait()
    return sorted(found)


def main(seconds: float) -> None:
    for name, command in CONTENDERS.items():
        found = delays(command, seconds)
        p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
        print(f"p50 {p50 * 1000:6.2f} ms  p99 {p99 * 1000:6.2f} ms  {name}  ({len(found):,} messages)", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
