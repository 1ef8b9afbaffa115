"""The screen: five large numbers, the state of each service, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shema_cli.dashboard.models import WAITING, Live, Snapshot, State
from shema_cli.dashboard.views.around import around
from shema_cli.dashboard.views.layout import IDLE, IN_TWO_ROWS, MARGIN, MEDIUM, tile_columns
from shema_cli.dashboard.views.numbers import lines, tiles
from shema_cli.dashboard.views.services import services
from shema_cli.output.sanitize import safe_line


def screen(snapshot: Snapshot, width: int) -> RenderableType:
    """One look."""
    return Padding(Group(*_parts(snapshot, width - MARGIN, IDLE, roomy=True)), (1, 0, 1, 1))


def live_screen(snapshot: Snapshot, width: int, live: Live, *, roomy: bool) -> RenderableType:
    """A frame of `--watch`. Without `roomy` the numbers take a line each, for a terminal of few lines."""
    return Padding(Group(*_parts(snapshot, width - MARGIN, live, roomy=roomy)), (0, 0, 0, 1))


def _parts(snapshot: Snapshot, width: int, live: Live, *, roomy: bool) -> list[RenderableType]:
    parts = [_header(snapshot, width), _verdict(snapshot), Text("")]
    numbers = tiles(snapshot, width, live) if roomy else lines(snapshot, width, live)
    parts += [numbers, Text(""), services(snapshot, width, live)]
    if snapshot.surroundings:
        in_a_tile = roomy and tile_columns(width) == IN_TWO_ROWS
        parts += [Text(""), around(snapshot.surroundings, snapshot.timestamp, dead_letters=not in_a_tile)]
    return parts


def _header(snapshot: Snapshot, width: int) -> RenderableType:
    moment = snapshot.timestamp.astimezone()
    name = Text("Shema Music", style="bold")
    if snapshot.profile != "default":
        name.append(f" · {safe_line(snapshot.profile)}", style="cyan")
    day = f"{moment:%A}, {moment.day} {moment:%B %Y}" if width >= MEDIUM else f"{moment:%a} {moment.day} {moment:%b}"
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True)
    both = Text.assemble((f"{day}  ", "dim"), (f"{moment:%H:%M:%S}", "bold"))
    fits = name.cell_len + 2 + both.cell_len <= width
    line.add_row(name, both if fits else Text(f"{moment:%H:%M:%S}", style="bold"))
    return line


def _verdict(snapshot: Snapshot) -> Text:
    """The whole screen in one sentence."""
    if all(reading.answer.problem == WAITING for reading in snapshot.readings):
        return Text("Asking the services …", style="dim")
    states = [reading.state for reading in snapshot.readings]
    live, stale, missing = (states.count(state) for state in (State.LIVE, State.STALE, State.UNAVAILABLE))
    if live == len(states):
        return Text("✓ Every number is fresh.", style="green")
    told = [_told(number, word) for number, word in ((live, "fresh"), (stale, "old"), (missing, "missing")) if number]
    if not live:
        return Text(f"! No service answers: {', '.join(told)}.", style="red bold")
    return Text(f"! {', '.join(told)}.", style="yellow bold")


def _told(number: int, word: str) -> str:
    return f"{number} {'is' if number == 1 else 'are'} {word}"


def footer(words: Iterable[str], width: int) -> Text:
    """The last line of `--watch`."""
    line = Text("  ".join(words), style="dim")
    line.truncate(width, overflow="ellipsis")
    return line
