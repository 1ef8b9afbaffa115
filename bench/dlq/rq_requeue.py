"""`shema dlq replay --all` beside `rq requeue --all`, each as the command of its own, on as many entries.

python -m bench.dlq.rq_requeue [10000]      (wants rq: pip install rq; nothing else here uses it)
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import redis

from bench.dlq.replay import fill, subscriber
from tests.dlq.support import LIST
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey

BIN = Path(sys.executable).parent


def failed_jobs(client: redis.Redis, count: int) -> Any:
    """As many jobs in rq's registry of failed ones."""
    from rq import Queue
    from rq.job import Job, JobStatus
    from rq.registry import FailedJobRegistry

    registry = FailedJobRegistry("default", connection=client)
    Queue("default", connection=client)
    pipe = client.pipeline()
    for number in range(count):
        job = Job.create("builtins.print", args=(number, "x" * 100), connection=client, origin="default")
        job._status = JobStatus.FAILED
        registry.add(job, exc_string="Timeout after 5000ms", pipeline=pipe)
        if number % 1000 == 999:
            pipe.execute()
    pipe.execute()
    return registry


def timed(command: list[str], env: dict[str, str] | None = None) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(count: int) -> None:
    if importlib.util.find_spec("rq") is None:
        print("rq is not installed: skipped (pip install rq)")
        return
    server = Valkey().start()
    listening = subscriber(server)
    with server.client() as client, HttpServer() as identity, tempfile.TemporaryDirectory() as folder:
        serve_identity(identity)
        places = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": f"{folder}/state", "REDIS_URL": server.url}
        env = {**signed_in(f"127.0.0.1:{identity.port}"), **places}
        fill(client, count)
        ours = timed([str(BIN / "shema"), "dlq", "replay", "--all", "--yes"], env)
        assert not client.llen(LIST)
        registry = failed_jobs(client, count)
        theirs = timed([str(BIN / "rq"), "requeue", "--all", "--queue", "default", "--url", server.url])
        assert registry.count == 0
        print(f"{count:,} entries: shema {count / ours:,.0f}/s, rq {count / theirs:,.0f}/s: {theirs / ours:.1f} times")
    listening.kill()
    listening.wait()
    server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10_000)
