"""A sandbox under traffic: events a second, memory, CPU, and what went wrong.

python -m bench.sandbox.traffic [RATE] [SECONDS]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def shema(*argv: str, env: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-m", "shema_cli", *argv], env=env, capture_output=True, text=True, check=False
    ).stdout


def resident_mib(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pids: dict[str, int]) -> str:
    return ", ".join(f"{name} {resident_mib(pid):.0f} MiB" for name, pid in pids.items())


def main(rate: float, duration_s: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "SHEMA_CONFIG_DIR": f"{folder}/config", "SHEMA_STATE_DIR": f"{folder}/state"}
        started: dict[str, Any] = json.loads(shema("sandbox", "start", "--json", env=env))
        try:
            home = Path(started["environment"]["SHEMA_STATE_DIR"]).parent
            plan = json.loads((home / "remains.json").read_text())
            pids = {"services": started["pid"], "redis": plan["pids"][0]}
            print(f"idle: {memory(pids)}")
            before = cpu_s(pids["services"])
            argv = ("--rate", str(rate), "--for", str(duration_s), "--json")
            total = json.loads(shema("sandbox", "traffic", *argv, env=env).splitlines()[-1])
            spent = cpu_s(pids["services"]) - before
            status = json.loads(shema("sandbox", "status", "--json", env=env))
            published = sum(status["channels"].values())
            print(f"{total['events']} wishes in {total['seconds']} s: {total['events'] / total['seconds']:.0f}/s")
            print(f"{published} events published, {total['refused']} refused, {total['failed']} failed")
            buried = sum(service["dead_letters"] for service in status["services"])
            print(f"problems: {len(status['problems'])}, dead letters: {buried}")
            print(f"after it: {memory(pids)}; CPU of the services {spent / total['seconds']:.0%} of a core")
        finally:
            shema("sandbox", "stop", env=env)


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]] + [500.0, 60.0][len(sys.argv) - 1 :]
    main(given[0], given[1])
