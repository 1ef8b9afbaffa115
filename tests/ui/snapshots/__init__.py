"""Every view of the console at three sizes, as text. `python -m tests.ui.snapshots` writes them again;
with names of views behind it, only these.

What is shown comes from the canned school, at a moment and in a time zone that stand still.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from shema_cli.errors import Unreachable
from shema_cli.ui.app import Console
from shema_cli.ui.commands import FIRST_TIME
from tests.support.world import StillClock
from tests.support.zone import in_zone
from tests.ui.canned.desk import CannedDesk
from tests.ui.canned.letters import TIMEOUT
from tests.ui.canned.school import NOW
from tests.ui.canned.system import TARGET
from tests.ui.support import Seat

FOLDER = Path(__file__).parent
SUFFIX = ".txt"
ZONE = "Asia/Jakarta"
SIZES = ((60, 20), (80, 24), (120, 40))
AWAY = Unreachable("redis_unreachable", "Redis at cache.shema-music.test:6379 does not answer", "shema doctor")
COLOUR = "red"


@dataclass(frozen=True)
class Step:
    """Keys, one after the other, and what is on the screen when they have done their work.

    `fails`: the lines that end in an error from now on, with as many seconds that pass meanwhile.
    """

    sees: str
    keys: Sequence[str] = ()
    fails: Mapping[str, Unreachable] | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Shot:
    """A view, from the page that is begun with."""

    name: str
    begin: str
    steps: tuple[Step, ...]
    read_only: str | None = None
    first_time: bool = False


HOME = Step("schedule is down")
WAITING = Step("enr-0314")
FAMILIES = Step(TIMEOUT[:12])
SHOTS = (
    Shot("home", "home", (HOME,)),
    Shot("home-first-time", "home", (HOME,), first_time=True),
    Shot("home-read-only", "home", (HOME,), read_only="--read-only"),
    Shot("palette", "home", (HOME, Step(":enr", [":", "e", "n", "r"]))),
    Shot("enrollments", "enrollments", (WAITING,)),
    Shot("enrollments-marked", "enrollments", (WAITING, Step("2 marked", ["x", "x"]))),
    Shot("enrollments-filtered", "enrollments", (WAITING, Step("/violin: 2 of 6", ["/", *"violin"]))),
    Shot("enrollment", "enrollments", (WAITING, Step("REG-2026-0314", ["enter"]))),
    Shot("story", "enrollments", (WAITING, Step("failed in schedule", ["t"]))),
    Shot("question", "enrollments", (WAITING, Step("Go on? [y/N]", ["x", "x", "x", "a"]))),
    Shot(
        "approved",
        "enrollments",
        (WAITING, Step("Go on? [y/N]", ["x", "x", "x", "a"]), Step("Esc back", ["y", "enter"])),
    ),
    Shot("courses", "courses", (Step("crs-02"),)),
    Shot("course", "courses", (Step("crs-02"), Step("tch-0007", ["enter"]))),
    Shot("dead-letters", "dlq", (FAMILIES,)),
    Shot(
        "dead-letters-source-away",
        "dlq",
        (FAMILIES, Step("4m ago", ["ctrl+r"], fails={"dlq stats": AWAY}, seconds=250)),
    ),
    Shot("entries", "dlq", (FAMILIES, Step("ENTRY", ["enter"]))),
    Shot("entry", "dlq", (FAMILIES, Step("ENTRY", ["enter"]), Step("event id", ["enter"]))),
    Shot("services", "services", (Step("schedule"),)),
    Shot("service", "services", (Step("schedule"), Step("Missed in the last day", ["G", "enter"]))),
    Shot("events", "events", (Step("09:09:00"),)),
    Shot("events-paused", "events", (Step("09:09:00"), Step("paused", ["p"]))),
    Shot("event", "events", (Step("09:09:00"), Step('"bookingId"', ["enter"]))),
    Shot("chat", "chat", (Step("Jumat jam 16 bisa"),)),
    Shot("chat-read", "chat", (Step("Jumat jam 16 bisa"), Step("Jumat jam 16?", ["enter"]))),
    Shot("find", "home", (HOME, Step("6 found", [":", *"find budi", "enter"]))),
    Shot("audit", "audit", (Step("services.reset"),)),
    Shot("audit-verified", "audit", (Step("services.reset"), Step("2,187 entries", ["V"]))),
    Shot("status", "status", (Step("schedule"),)),
    Shot("problem", "status", (Step("schedule"), Step("because: ", ["enter"]))),
    Shot("keys", "enrollments", (WAITING, Step("On this page", ["question_mark"]))),
    Shot("keys-end", "dlq", (FAMILIES, Step("quit", ["question_mark", "end"]))),
)


def name_of(shot: Shot, columns: int) -> str:
    return f"{shot.name}-{columns}{SUFFIX}"


@asynccontextmanager
async def taken(shot: Shot, columns: int, lines: int, desk: CannedDesk | None = None) -> AsyncIterator[Seat]:
    """The console as it is after all steps of the shot, as long as the block goes on."""
    desk, clock = desk or CannedDesk(), StillClock(NOW)
    target = replace(TARGET, read_only=shot.read_only)
    console = Console(desk, target, COLOUR, clock, begin=shot.begin)  # type: ignore[arg-type]
    with in_zone(ZONE):
        if shot.first_time:
            console.say(FIRST_TIME)
        async with console.run_test(size=(columns, lines)) as pilot:
            seat = Seat(console, pilot)
            for step in shot.steps:
                desk.fails.update(step.fails or {})
                clock.advance(step.seconds)
                for key in step.keys:
                    await (seat.press(key) if len(key) > 1 else seat.write(key))
                await seat.sees(step.sees)
            await seat.settles()
            yield seat


async def screen(shot: Shot, columns: int, lines: int) -> str:
    """The screen as text, a line a line."""
    async with taken(shot, columns, lines) as seat:
        return seat.text.rstrip("\n") + "\n"


async def write(names: Sequence[str] = ()) -> None:
    """Write them again: those of these names, else all of them."""
    for old in () if names else FOLDER.glob(f"*{SUFFIX}"):
        old.unlink()
    for shot in SHOTS:
        if not names or shot.name in names:
            for columns, lines in SIZES:
                (FOLDER / name_of(shot, columns)).write_text(await screen(shot, columns, lines), encoding="utf-8")
