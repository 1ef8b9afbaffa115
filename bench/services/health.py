"""Health of S services × 3 instances that each take 300 ms, against the time of one instance alone.

python bench/services/health.py
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams
from shema_cli.services.health import examine

DELAY_MS = 300
RUNS = 5


async def look(variables: dict[str, str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        environ = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": f"{folder}/state", "SERVICE_JWT_SECRET": "s" * 32}
        streams = Streams(sys.stdin, sys.stdout, sys.stderr, {**environ, **variables})
        app = AppContext.open(streams, GlobalOptions(), "bench")
        async with app.services() as client:
            started = time.perf_counter()
            report = await examine(client, [], app.clock)
            seconds = time.perf_counter() - started
        app.close()
    assert report.healthy, report.summary()
    return seconds


async def httpx_look(urls: list[str]) -> float:
    """The same requests through httpx2, without circuits, log or report."""
    import httpx2

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx2.AsyncClient(verify=context, trust_env=False, timeout=None, limits=limits) as client:
        started = time.perf_counter()
        await asyncio.gather(*(client.get(f"{url}/health") for url in urls))
        return time.perf_counter() - started


def measure(services: int, instances: int) -> tuple[float, float]:
    script = Path(__file__).with_name("slow_instances.py")
    command = [sys.executable, str(script), str(services * instances), str(DELAY_MS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ports = process.stdout.readline().split()
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        variables = {f"S{n}_SERVICE_URL": ",".join(urls[n * instances : (n + 1) * instances]) for n in range(services)}
        seconds = [(asyncio.run(look(variables)), asyncio.run(httpx_look(urls))) for _ in range(RUNS)]
        process.kill()
    return min(ours for ours, _ in seconds), min(theirs for _, theirs in seconds)


def main() -> None:
    for services, instances in ((1, 1), (30, 3), (100, 3)):
        ours, theirs = measure(services, instances)
        print(
            f"{services:3} × {instances}: {ours * 1000:5.0f} ms = {ours / (DELAY_MS / 1000):.2f} × {DELAY_MS} ms "
            f"(bare httpx2 requests: {theirs * 1000:5.0f} ms)"
        )


if __name__ == "__main__":
    main()
