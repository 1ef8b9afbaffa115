"""Replay at several lengths, beside a plain LRANGE-PUBLISH-LREM loop; how long one command blocks Redis at most.

python -m bench.dlq.replay [10000 100000 1000000]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import redis

from shema_cli.context import AppContext, GlobalOptions
from shema_cli.dlq.commands import operator_of
from shema_cli.dlq.letters.selection import EntrySelection, Filters
from shema_cli.dlq.publishing import ReplayOptions
from shema_cli.dlq.replay import replay
from shema_cli.dlq.run.run import Operator
from shema_cli.dlq.stats import stats
from shema_cli.output.streams import Streams
from tests.dlq.support import LIST, letter
from tests.support.valkey import Valkey

KINDS = ("ENROLLMENT_APPROVED",) * 4 + ("BOOKING_CREATED",)
LOOP_SECONDS = 3.0


def fill(client: redis.Redis, count: int) -> None:
    client.flushall()
    pipe = client.pipeline(transaction=False)
    for first in range(0, count, 1000):
        pipe.lpush(LIST, *(letter(n, KINDS[n % 5]) for n in range(first, min(first + 1000, count))))
        if first % 20000 == 0:
            pipe.execute()
    pipe.execute()


def operator(server: Valkey) -> Operator:
    streams = Streams(sys.stdin, sys.stdout, sys.stderr, {"REDIS_URL": server.url})
    return operator_of(AppContext.open(streams, GlobalOptions(), "dlq replay"), yes=True)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def plain_loop(client: redis.Redis) -> int:
    """What is done without a script: read, publish, remove, for a few seconds."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < LOOP_SECONDS:
        raws = client.lrange(LIST, -100, -1)
        for raw in reversed(raws):
            client.publish("enrollment.approved", raw)
            client.execute_command("LREM", LIST, -1, raw)
            done += 1
        if not raws:
            break
    return round(done / (time.perf_counter() - began))


def subscriber(server: Valkey) -> subprocess.Popen[bytes]:
    """Somebody who hears everything, in a process of its own."""
    code = (
        "import socket,sys\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])))\n"
        "s.sendall(b'SUBSCRIBE enrollment.approved booking.created\\r\\n')\n"
        "while s.recv(1<<20): pass\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(server.port)])


def slowest(client: redis.Redis) -> float:
    """Milliseconds; 0 when nothing took as long as one."""
    return max((entry["duration"] for entry in client.slowlog_get(200)), default=0) / 1000


def server_cpu(client: redis.Redis) -> float:
    spent = client.info("cpu")
    return float(spent["used_cpu_user"] + spent["used_cpu_sys"])


def main(lengths: list[int]) -> None:
    server = Valkey(options=("--slowlog-log-slower-than", "1000", "--slowlog-max-len", "200")).start()
    listening = subscriber(server)
    client = server.client()
    everything, fifth = EntrySelection(everything=True), EntrySelection(filters=Filters(types=("BOOKING_CREATED",)))
    print("  entries    all/s  one in 5, entries/s  plain loop/s  stats s  longest ms  CPU us/entry")
    try:
        for length in lengths:
            fill(client, length)
            counted = timed(lambda: stats(operator(server).store, Filters(), datetime.now(UTC)))
            selective = timed(lambda: replay(operator(server), fifth, ReplayOptions()))
            client.flushall()
            fill(client, length)
            client.slowlog_reset()
            cpu = -time.process_time() - server_cpu(client)
            whole = timed(lambda: replay(operator(server), everything, ReplayOptions()))
            cpu += time.process_time() + server_cpu(client)
            blocked = slowest(client)
            fill(client, length)
            loop = plain_loop(client)
            print(
                f"{length:>9,} {length / whole:>8,.0f} {length / selective:>20,.0f} {loop:>13,} {counted:>8.2f} "
                f"{blocked:>11.2f} {1e6 * cpu / length:>13.1f}"
            )
        print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    finally:
        client.close()
        listening.kill()
        listening.wait()
        server.stop()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
