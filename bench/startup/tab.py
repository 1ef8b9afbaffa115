"""How long one TAB takes where every candidate is fixed: the scripts of `completions/`, in real shells.

    python -m bench.startup.tab

Milliseconds a TAB, the mean of 50 in one shell; and what starting `shema --help` once would cost instead.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "completions"
TABS = 50
LINES = ("shema d", "shema dlq replay --al", "shema -o json events publish enrollment.")
BASH = """
source {script}/shema.bash
tab() {{ COMP_LINE=$1 COMP_POINT=${{#1}} COMP_TYPE=9; _shema shema; }}
start=$EPOCHREALTIME
for ((n = 0; n < {tabs}; n++)); do tab '{line}'; done
end=$EPOCHREALTIME
echo $(( (${{end/[.,]/}} - ${{start/[.,]/}}) / {tabs} ))
"""
FISH = """
source {script}/shema.fish
set start (date +%s%6N)
for n in (seq {tabs}); complete -C '{line}' >/dev/null; end
math "round(("(date +%s%6N)" - $start) / {tabs})"
"""


def microseconds(shell: str, code: str, line: str) -> float:
    script = code.format(script=SCRIPTS, tabs=TABS, line=line)
    done = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    for shell, code in (("bash", BASH), ("fish", FISH)):
        for line in LINES if shutil.which(shell) else ():
            print(f"{shell:5} {line:45} {microseconds(shell, code, line) / 1000:6.1f} ms")
    started = time.perf_counter()
    for _ in range(5):
        subprocess.run([sys.executable, "-m", "shema_cli", "--help"], stdout=subprocess.DEVNULL, check=True)
    print(f"starting Python once instead {'':22} {(time.perf_counter() - started) / 5 * 1000:6.0f} ms")


if __name__ == "__main__":
    main()
