"""How long `shema sandbox run -- true` takes, beside an interpreter that does nothing, in one run.

python -m bench.sandbox.start [ROUNDS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds(*argv: str) -> float:
    started = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True)
    return time.perf_counter() - started


def ready() -> float:
    """Until the command inside runs: it prints the clock that both share."""
    script = "import time; print(time.monotonic())"
    started = time.monotonic()
    argv = [sys.executable, "-m", "shema_cli", "sandbox", "run", "--", sys.executable, "-c", script]
    ended = subprocess.run(argv, check=True, capture_output=True, text=True)
    return float(ended.stdout) - started


def main(rounds: int) -> None:
    bare, whole, inside = [], [], []
    for _ in range(rounds):
        bare.append(seconds(sys.executable, "-c", "pass"))
        inside.append(ready())
        whole.append(seconds(sys.executable, "-m", "shema_cli", "sandbox", "run", "--", "true"))
    for name, figures in (("python -c pass", bare), ("until the command runs", inside), ("run -- true", whole)):
        middle = statistics.median(figures)
        times = middle / statistics.median(bare)
        print(f"{name:24} {middle * 1000:7.0f} ms median, {max(figures) * 1000:7.0f} ms worst, {times:5.1f} x bare")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
