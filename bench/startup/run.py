"""How long a person waits before anything happens, side by side with other tools of the same kind.

    python -m venv /tmp/tools && /tmp/tools/bin/pip install rq celery httpie iredis awscli
    python -m bench.startup.run /tmp/tools/bin

Each line is the median of RUNS runs, interleaved, so that a busy machine is busy for all; ratios are of processor time.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7
BARE_REDIS = (
    "import os, redis; r = redis.Redis.from_url(os.environ['REDIS_URL']); print(r.lrange('events:dead_letter', 0, 49))"
)
SHEMA = (sys.executable, "-m", "shema_cli")
BASE = "import typer"
OTHERS = {
    "rq --help": ("rq", "--help"),
    "celery --help": ("celery", "--help"),
    "http --help": ("http", "--help"),
    "iredis --help": ("iredis", "--help"),
    "aws --version": ("aws", "--version"),
}


def cost(command: tuple[str, ...], env: dict[str, str]) -> tuple[float, float]:
    """Milliseconds of wall time and of processor time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (time.perf_counter() - started) * 1000, used * 1000


def contestants(tools: Path | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        "python -c pass": (sys.executable, "-c", "pass"),
        BASE: (sys.executable, "-c", "import typer"),
        "shema --version": (*SHEMA, "--version"),
        "shema --help": (*SHEMA, "--help"),
        "shema dlq --help": (*SHEMA, "dlq", "--help"),
        "shema dlq replay --help": (*SHEMA, "dlq", "replay", "--help"),
        "import redis; lrange": (sys.executable, "-c", BARE_REDIS),
        "shema dlq list": (*SHEMA, "dlq", "list"),
    }
    for name, (program, *words) in OTHERS.items():
        if tools and (tools / program).exists():
            found[name] = (str(tools / program), *words)
    return found


def environment(folder: str, redis_url: str) -> dict[str, str]:
    from tests.support.signed_in import signed_in

    folders = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": folder, "HOME": folder}
    return {"PATH": os.environ["PATH"], "REDIS_URL": redis_url, **folders, **signed_in()}


def main() -> None:
    from tests.support.valkey import Valkey

    tools = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    server = Valkey().start()
    with tempfile.TemporaryDirectory() as folder:
        env, commands = environment(folder, server.url), contestants(tools)
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for run in range(RUNS + 1):
            for name, command in commands.items():
                measured = cost(command, env)
                if run:  # the first one fills the caches
                    costs[name].append(measured)
    server.stop()
    report(costs)


def report(costs: dict[str, list[tuple[float, float]]]) -> None:
    wall = {name: statistics.median(w for w, _ in measured) for name, measured in costs.items()}
    used = {name: statistics.median(u for _, u in measured) for name, measured in costs.items()}
    print(f"{'':28}{'wall ms':>9}{'cpu ms':>9}{'of import typer':>18}")
    for name in costs:
        print(f"{name:28}{wall[name]:9.0f}{used[name]:9.0f}{used[name] / used[BASE]:17.2f}x")
    print(f"dlq list on an empty list: {used['shema dlq list'] / used['import redis; lrange']:.2f}x a bare script")


if __name__ == "__main__":
    main()
