"""From the start of the process to the first screen, beside other consoles of a terminal.

    python -m bench.ui.first_screen [RUNS] [FOLDER]

The others are installed from PyPI into a folder of their own, once; what cannot be installed, or shows no screen here,
is told.
Medians, interleaved. `numbers`: what `shema ui` has asked the services for is there too.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.ui.scene import SHEMA, as_usual, scene, used
from bench.ui.seat import Late, Seat

RUNS = 7
TOOLS = Path(tempfile.gettempdir()) / "shema-bench-consoles"
LINES = 1_000


@dataclass(frozen=True)
class Contestant:
    """`shows` is on its first screen. `package`: what PyPI calls it, where it is not this project."""

    name: str
    command: tuple[str, ...]
    shows: str
    package: str = ""


def main(runs: int, tools: Path) -> None:
    with scene() as here, tempfile.TemporaryDirectory(prefix="shema-bench-") as folder:
        log = Path(folder) / "log"
        log.write_text("".join(f"line {number} of the log\n" for number in range(LINES)))
        env = {**here.inside, "HOME": folder}
        costs: dict[str, list[tuple[float, float]]] = {}
        able = [one for one in contestants(tools, log) if installed(one, tools)]
        for run in range(runs + 1):
            for one in able:
                with suppress(Late):
                    cost = first_screen(one.command, env, one.shows)
                    if run:  # the first one fills the caches
                        costs.setdefault(one.name, []).append(cost)
    report(costs, [one.name for one in able])


def contestants(tools: Path, log: Path) -> Sequence[Contestant]:
    def tool(package: str, program: str) -> str:
        return str(tools / package / "bin" / program)

    return (
        Contestant(
            "`python -c 'import textual.app'`", (sys.executable, "-c", "import textual.app; print('done')"), "done"
        ),
        Contestant("`shema ui`", (*SHEMA, "ui"), "What is wrong"),
        Contestant("`shema ui`, its numbers", (*SHEMA, "ui"), "320 students"),
        Contestant("`harlequin`", (tool("harlequin", "harlequin"), "--locale", "C"), "Query Editor", "harlequin"),
        Contestant("`tl FILE`", (tool("toolong", "tl"), str(log)), f"line {LINES - 1}", "toolong"),
        Contestant("`posting`", (tool("posting", "posting"),), "Collection", "posting"),
    )


def installed(one: Contestant, tools: Path) -> bool:
    if not one.package or Path(one.command[0]).exists():
        return True
    python = tools / one.package / "bin" / "python"
    for command in (
        (sys.executable, "-m", "venv", str(tools / one.package)),
        (str(python), "-m", "pip", "install", "--quiet", one.package),
    ):
        done = subprocess.run(command, env=as_usual(), capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{one.package} cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
            return False
    return True


def first_screen(command: Sequence[str], env: dict[str, str], shows: str) -> tuple[float, float]:
    """Milliseconds of wall time and of processor until it shows this."""
    with Seat(command, env) as seat:
        seen = seat.sees(shows, within_s=60)
        return (seen - seat.started_at) * 1000, used(seat.pid).cpu_s * 1000


def report(costs: dict[str, list[tuple[float, float]]], names: Sequence[str]) -> None:
    load = os.getloadavg()[0]
    print(f"\nload {load:.0f}, {os.cpu_count()} cores\n")
    print("| | wall, ms | processor, ms | of `shema ui` |\n|---|---|---|---|")
    base = statistics.median(cpu for _, cpu in costs["`shema ui`"])
    for name in names:
        if name not in costs:
            print(f"| {name} | no screen of it comes here | | |")
            continue
        wall, cpu = (statistics.median(one[at] for one in costs[name]) for at in (0, 1))
        print(f"| {name} | {wall:.0f} | {cpu:.0f} | {cpu / base:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS, Path(sys.argv[2]) if len(sys.argv) > 2 else TOOLS)
