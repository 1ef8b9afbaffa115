"""What the benchmarks share: a server of their own, a signed-in tail, and the traffic."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

PUBLISHER = Path(__file__).with_name("publisher.py")


@contextmanager
def server() -> Iterator[Valkey]:
    running = Valkey().start()
    try:
        yield running
    finally:
        running.stop()


def environment(port: int) -> dict[str, str]:
    folder = tempfile.mkdtemp(prefix="shema-bench-")
    own = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": folder, "REDIS_URL": f"redis://127.0.0.1:{port}"}
    return {**os.environ, **signed_in(), **own}


def tail_command(*flags: str) -> str:
    return f"exec {sys.executable} -m shema_cli events tail -o json {' '.join(flags)}"


@contextmanager
def consumer(command: str, port: int, out: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A shell command that listens, with stdout in a file; it is ended with Ctrl-C when the block is left."""
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            ["bash", "-c", command],
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            env=environment(port),
            start_new_session=True,
        )
    with redis.Redis(port=port) as client:
        eventually(lambda: client.execute_command("PUBSUB", "NUMPAT"))
    try:
        yield process
    finally:
        os.killpg(process.pid, 2)
        process.wait(20)


def publish(port: int, count: int, rate: float) -> float:
    """Publish and return the rate that was reached."""
    words = [sys.executable, str(PUBLISHER), str(port), str(count), str(rate)]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return float(said.rsplit(" ", 1)[1].split("/")[0].replace(",", ""))


def settled(out: Path, still: float = 1.0) -> None:
    """Wait until the file has not grown for `still` seconds."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < still:
        time.sleep(0.1)
        if out.stat().st_size != size:
            size, since = out.stat().st_size, time.monotonic()
