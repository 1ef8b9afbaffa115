"""The dashboard against five services of 50 ms each, side by side with two programs for Node.

    make .tools/.ready && python -m bench.dashboard.run

`seed.mjs` is the seed's own, for which no Redis is configured; `same.mjs` does the same job as `shema dashboard` does,
with the services in a registry in Redis. Figures are ratios of medians, interleaved in one run, so that a busy machine
is busy for all.
"""

from __future__ import annotations

import asyncio
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
DELAY_S = 0.05
RUNS = 20
NAMES = ("USER", "ENROLLMENT", "CHAT", "COURSE", "SCHEDULE")


def environment(ports: list[str], folder: str) -> dict[str, str]:
    from tests.support.signed_in import signed_in

    urls = {f"{name}_SERVICE_URL": f"http://127.0.0.1:{port}" for name, port in zip(NAMES, ports, strict=True)}
    own = {"SERVICE_JWT_SECRET": "s" * 40, "SERVICE_NAME": "shema-cli"}
    folders = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": folder}
    return {"PATH": os.environ["PATH"], **urls, **own, **folders, **signed_in()}


def register(env: dict[str, str]) -> None:
    """Every service in the registry, checked at this moment: so nobody has to check it again before the call."""
    from redis import Redis

    from shema_cli.clock import iso
    from tests.support.registry import put

    with Redis.from_url(env["REDIS_URL"]) as client:
        for name in NAMES:
            put(client, env[f"{name}_SERVICE_URL"], name.lower(), lastCheck=iso(datetime.now(UTC)))


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time, and the processor time of the processes that it ran."""
    started, used = time.perf_counter(), _processor_s()
    work()
    return time.perf_counter() - started, _processor_s() - used


def _processor_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def process(command: list[str], env: dict[str, str]) -> Callable[[], object]:
    return lambda: subprocess.run(command, env=env, check=True, capture_output=True)


async def after_start_up(env: dict[str, str]) -> list[float]:
    """Snapshots in one process that has loaded all its modules; each with new connections."""
    from shema_cli.auth.gate import Gate
    from shema_cli.context import AppContext, GlobalOptions
    from shema_cli.dashboard.snapshot import SchoolAccess, take
    from shema_cli.output.streams import Streams

    taken = []
    for _ in range(RUNS + 1):
        streams = Streams(sys.stdin, sys.stdout, io.StringIO(), env)
        app = AppContext.open(streams, GlobalOptions(), "dashboard", open_gate=Gate)
        app.admin = app.gate.authorize(changes=False)
        started = time.perf_counter()
        connect = partial(getattr, app, "store")
        school = SchoolAccess(app.settings, app.state, app.clock, app.target, app.services, connect)
        snapshot = await take(school, 3600, looked_at=False)
        taken.append(time.perf_counter() - started)
        assert int(snapshot.exit_code) == 0
        app.close()
    return taken[1:]


def show(label: str, taken: list[float]) -> float:
    middle = statistics.median(taken)
    print(f"{label:42} {middle * 1000:7.1f} ms   (min {min(taken) * 1000:.1f}, max {max(taken) * 1000:.1f})")
    return middle


def main() -> None:
    from tests.support.valkey import Valkey

    services = subprocess.Popen(
        [sys.executable, str(HERE / "services.py"), str(DELAY_S)], stdout=subprocess.PIPE, text=True
    )
    folder = tempfile.mkdtemp(prefix="shema-bench-")
    server = Valkey().start()
    try:
        assert services.stdout
        env = environment(services.stdout.readline().split(), folder)
        measure(env, {**env, "REDIS_URL": server.url})
    finally:
        server.stop()
        services.kill()
        services.wait()
        shutil.rmtree(folder, ignore_errors=True)


def measure(env: dict[str, str], with_redis: dict[str, str]) -> None:
    shema, node = [sys.executable, "-m", "shema_cli"], str(shutil.which("node"))
    ours, seed = "shema dashboard", "node, the seed's Promise.all"
    ours_redis, same = "shema dashboard, registry in Redis", "node, the same job"
    programs = {
        ours: process([*shema, "dashboard", "-o", "json"], env),
        seed: process([node, str(HERE / "seed.mjs")], env),
        ours_redis: process([*shema, "dashboard", "-o", "json"], with_redis),
        same: process([node, str(HERE / "same.mjs")], with_redis),
        "python -c pass": process([sys.executable, "-c", "pass"], env),
        "shema --help": process([*shema, "--help"], env),
        "node -e 0": process([node, "-e", "0"], env),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for run in range(RUNS + 1):
        register(with_redis)
        for name, work in programs.items():
            measured = seconds(work)
            if run:  # the first one fills the caches
                taken[name].append(measured)
    wall = {name: show(name, [wall for wall, _ in times]) for name, times in taken.items()}
    used = {name: show(f"  processor: {name}", [cpu for _, cpu in times]) for name, times in taken.items()}
    snapshots = asyncio.run(after_start_up(env))
    started = show("a snapshot after start-up", snapshots)
    best = min(snapshots) / DELAY_S
    print(f"\nafter start-up / slowest service: {started / DELAY_S:.2f}, best {best:.2f} (goal 1.3)")
    for python, other, goal in ((ours, seed, 1.15), (ours_redis, same, 0.75)):
        ratios = f"wall {wall[python] / wall[other]:.2f}, processor time {used[python] / used[other]:.2f}"
        print(f"{python} / {other}: {ratios} (goal {goal})")


if __name__ == "__main__":
    main()
