"""`shema check` beside a plugin of redis-cli and curl, and `shema status` with everything away.

    python -m bench.oncall.run

Whole processes, interleaved, medians; ratios of one run. Services answer after 30 ms each; the plugin asks one after
another, and asks less: no numbers, no circuits, no registry, no families, nobody who is missing, no audit trail.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.startup.run import SHEMA, cost
from tests.dlq.support import letter, push
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey

RUNS = 7
SERVICES = ("auth", "user", "course", "booking", "chat", "recommendation", "enrollment", "schedule")
STATISTICS = {
    "user": ("users", "student_count"),
    "enrollment": ("enrollments", "pending_count"),
    "chat": ("chat", "active_count"),
    "course": ("courses", "count"),
    "schedule": ("schedules", "upcoming_count"),
}
DELAY_S = 0.03
LETTERS = 100_000
Commands = dict[str, tuple[str, ...]]
PLUGIN = Path(__file__).with_name("plugin.sh")


def service(name: str) -> HttpServer:
    server = HttpServer().on("GET", "/health", Answer(json={}, delay=DELAY_S))
    if name in STATISTICS:
        path, field = STATISTICS[name]
        server.on("GET", f"/api/{path}/stats", Answer(json={field: 1}, delay=DELAY_S))
    return server


def main() -> None:
    if not shutil.which("redis-cli") or not shutil.which("curl"):
        sys.exit("this takes redis-cli and curl")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        redis = Valkey().start()
        stack.callback(redis.stop)
        servers = {name: stack.enter_context(service(name)) for name in SERVICES}
        urls = {name: server.url for name, server in servers.items()}
        env = environment(folder, redis.url, urls)
        plugin = (str(PLUGIN), redis.url, *urls.values())
        beside: dict[str, tuple[str, ...]] = {
            "plugin.sh": plugin,
            "shema check": (*SHEMA, "check", "--format", "nagios"),
        }
        report("an empty list", measured(beside, env), "plugin.sh")
        with redis.client() as client:
            push(client, [letter(number) for number in range(LETTERS)])
        report(f"{LETTERS:,} dead letters", measured(beside, env), "plugin.sh")
        away(stack, env, redis, servers)


def environment(folder: str, redis_url: str, urls: dict[str, str]) -> dict[str, str]:
    of_services = {f"{name.upper()}_SERVICE_URL": url for name, url in urls.items()}
    folders = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": folder, "HOME": folder}
    own = {"PATH": os.environ["PATH"], "REDIS_URL": redis_url, "SERVICE_JWT_SECRET": "s" * 32}
    return {**own, **folders, **signed_in(), **of_services}


def measured(commands: Commands, env: dict[str, str]) -> dict[str, list[tuple[float, float]]]:
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for run in range(RUNS + 1):
        for name, command in commands.items():
            one = cost(command, env)
            if run:  # the first one fills the caches
                costs[name].append(one)
    return costs


def report(what: str, costs: dict[str, list[tuple[float, float]]], base: str) -> None:
    wall = {name: statistics.median(w for w, _ in found) for name, found in costs.items()}
    used = {name: statistics.median(u for _, u in found) for name, found in costs.items()}
    print(f"\n{what:28}{'wall ms':>9}{'cpu ms':>9}{'wall / plugin':>15}")
    for name in costs:
        print(f"{name:28}{wall[name]:9.0f}{used[name]:9.0f}{wall[name] / wall[base]:14.2f}x")


def away(stack: ExitStack, env: dict[str, str], redis: Valkey, servers: dict[str, HttpServer]) -> None:
    """Everything accepts, and never answers."""

    def silent(port: int) -> FaultProxy:
        proxy = stack.enter_context(FaultProxy(port))
        proxy.fault = Fault.BLACK_HOLE
        return proxy

    nobody = {f"{name.upper()}_SERVICE_URL": silent(server.port).url for name, server in servers.items()}
    hanging = {**env, **nobody, "REDIS_URL": f"redis://127.0.0.1:{silent(redis.port).port}/0"}
    commands: dict[str, tuple[str, ...]] = {
        "shema --version": (*SHEMA, "--version"),
        "shema status": (*SHEMA, "status"),
    }
    report("nothing answers", measured(commands, hanging), "shema --version")


if __name__ == "__main__":
    main()
