"""Run every benchmark, or those whose names are given: `python -m bench [dlq events …]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHMARKS = {
    "startup": ["bench.startup.run", "bench.startup.tab"],
    "dashboard": ["bench.dashboard.run"],
    "oncall": ["bench.oncall.run"],
    "services": ["bench.services.breaker", "bench.services.health"],
    "events": ["bench.events.throughput", "bench.events.memory", "bench.events.delay"],
    "history": [
        "bench.history.throughput",
        "bench.history.takeover",
        "bench.history.reading",
        "bench.history.handover",
    ],
    "dlq": ["bench.dlq.replay", "bench.dlq.far"],
    "enrollments": ["bench.enrollments.approvals", "bench.enrollments.far", "bench.enrollments.paged"],
    "auth": ["bench.auth.gate_cost", "bench.auth.renewal"],
    "scale": ["bench.scale.run"],
    "sandbox": ["bench.sandbox.start", "bench.sandbox.traffic"],
    "ui": ["bench.ui.first_screen", "bench.ui.under_load"],
}


def main(names: list[str]) -> int:
    failed = []
    for name in names or BENCHMARKS:
        for module in BENCHMARKS[name]:
            print(f"\n== {module}", flush=True)
            if subprocess.run([sys.executable, "-m", module], cwd=HERE.parent, check=False).returncode:
                failed.append(module)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
