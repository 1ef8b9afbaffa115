"""How long a key of the console waits while many rows are filtered and sorted.

    python -m bench.ui.many_rows [ROWS] [RUNS]

The same keys upon the same rows, arranged at once, as all once were, and aside. Told are the longest time in which the
loop that takes the keys had no turn, and how long it took until the rows stood as they were asked for; medians.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from shema_cli.ui import listing
from shema_cli.ui.commands import stay_all_day
from shema_cli.ui.listing import Cell, Column, Listing, Row
from shema_cli.ui.page import Page
from shema_cli.ui.widgets.panel import PagePanel
from tests.ui.snapshots import Shot, Step, taken

ROWS, RUNS = 100_000, 3
TURN_S = 0.001
HOW = {"at once": sys.maxsize, "aside": listing.AT_ONCE}
NAMES = ("Budi Santoso", "Ayu Saputra", "Made Darmawan", "Citra Suryani", "Zahra Cahyono")
COURSES = ("Piano Dasar", "Biola Lanjutan", "Gitar Akustik", "Gamelan Jawa")
COLUMNS = (Column("ID", 10), Column("STUDENT", 20), Column("COURSE", 20), Column("WAITS", 6))
Found = dict[tuple[str, str], list[tuple[float, float]]]


def main(rows: int, runs: int) -> None:
    stay_all_day()
    found: Found = {}
    for _ in range(runs):
        for how, at_once in HOW.items():
            with mock.patch.object(listing, "AT_ONCE", at_once):
                asyncio.run(look(how, rows, found))
    report(found)


async def look(how: str, rows: int, found: Found) -> None:
    """Press the keys, one after the other, upon rows that nobody has looked through yet."""
    others = made(rows)
    keys: dict[str, Callable[[Listing], object]] = {
        "the first filter": lambda shown: shown.look_for("budi"),
        "another one": lambda shown: shown.look_for("!piano"),
        "other rows, filtered": lambda shown: shown.show(others),
        "sort by a text": lambda shown: shown.sort_by(1),
        "sort by a number": lambda shown: shown.sort_by(3),
    }
    async with taken(Shot("many", "courses", (Step("crs-02"),)), 100, 30) as seat:
        page = Page("many", "many", ("courses", "list"), COLUMNS, rows=lambda _: [], every_s=3600)
        seat.console.show(page)
        await seat.sees("courses › many · ")
        await seat.settles()
        panel = seat.console.screen.query_one(PagePanel)
        shown = made(rows)
        panel.do(lambda listing: listing.show(shown))
        await asyncio.sleep(0.2)
        for name, key in keys.items():
            with turns() as longest:
                began = time.perf_counter()
                panel.do(key)
                while panel.listing.wanted is not None:  # noqa: ASYNC110 - told by nobody
                    await asyncio.sleep(TURN_S)
                took = time.perf_counter() - began
                await asyncio.sleep(0.05)
            found.setdefault((name, how), []).append((longest[0] * 1000, took * 1000))


@contextmanager
def turns() -> Iterator[list[float]]:
    """The longest time, in seconds, in which the loop had no turn."""
    longest, last = [0.0], time.perf_counter()

    async def take() -> None:
        nonlocal last
        while True:
            await asyncio.sleep(TURN_S)
            now = time.perf_counter()
            longest[0], last = max(longest[0], now - last - TURN_S), now

    taking = asyncio.ensure_future(take())
    try:
        yield longest
    finally:
        taking.cancel()


def made(rows: int) -> list[Row]:
    """The same each time; no text of any is known yet."""
    chosen = random.Random(7)
    return [_row(number, chosen) for number in range(rows)]


def _row(number: int, chosen: random.Random) -> Row:
    hours = chosen.random() * 1000
    cells = (
        Cell(f"enr-{number:06}"),
        Cell(f"{chosen.choice(NAMES)} {chosen.randrange(10_000)}"),
        Cell(chosen.choice(COURSES)),
        Cell(f"{hours:.0f}h", rank=hours),
    )
    return Row(f"enr-{number:06}", cells)


def report(found: Found) -> None:
    print("| | a key waits, ms: at once | aside | until it stands there, ms: at once | aside |")
    print("|---|---|---|---|---|")
    for name in dict.fromkeys(name for name, _ in found):
        waits, took = ([statistics.median(run[n] for run in found[name, how]) for how in HOW] for n in (0, 1))
        print(f"| {name} | {' | '.join(f'{ms:.0f}' for ms in (*waits, *took))} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS, int(sys.argv[2]) if len(sys.argv) > 2 else RUNS)
