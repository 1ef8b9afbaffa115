"""The five numbers: large in tiles, large under each other, or a line each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.dashboard.figures import HEIGHT, large, sparkline
from shema_cli.dashboard.models import WAITING, Live, Reading, Snapshot, State, Surroundings
from shema_cli.dashboard.views.around import oldest
from shema_cli.dashboard.views.layout import IN_TWO_ROWS, MARGIN, MEDIUM, tile_columns
from shema_cli.durations import age


def tiles(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    columns = tile_columns(width)
    if columns == 1:
        return _stacked(snapshot, width, live)
    tiles = [_tile(reading, snapshot.timestamp, width // columns - 1, live) for reading in snapshot.readings]
    if columns == IN_TWO_ROWS and snapshot.surroundings:
        tiles.append(_dead_letter_tile(snapshot.surroundings, snapshot.timestamp, width // columns - 1))
    parts: list[RenderableType] = []
    for start in range(0, len(tiles), columns):
        grid = Table.grid(expand=True)
        for _ in range(columns):
            grid.add_column(ratio=1, no_wrap=True)
        grid.add_row(*tiles[start : start + columns])
        parts += [grid, Text("")]
    return Group(*parts[:-1])


def _tile(reading: Reading, now: datetime, width: int, live: Live) -> Text:
    title = _title(reading, live)
    if bars := _spark(reading, live, width - title.cell_len - 2):
        title.append(f"  {bars}", style="cyan")
    number = "\n".join(_number(reading, width))
    return Text("\n").join([title, Text(number, style=_number_style(reading, live)), _caption(reading, now)])


def _dead_letter_tile(around: Surroundings, now: datetime, width: int) -> Text:
    """The sixth place of two rows of three."""
    count = around.dead_letters
    style = "yellow" if count is None else "red bold" if count else "green"
    number = Text("\n".join(_picture("-" if count is None else f"{count:,}", width)), style=style)
    caption = "not known" if count is None else oldest(around, now) if count else "none waiting"
    return Text("\n").join([Text("Dead letters", style="bold"), number, Text(caption, style=style)])


def _stacked(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    """Each number large at the right, what it is at the left."""
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    room = width - 20
    for reading in snapshot.readings:
        bars = Text(_spark(reading, live, 18), style="cyan")
        words = Text("\n").join([_title(reading, live), _caption(reading, snapshot.timestamp), bars])
        number = Text("\n".join(_number(reading, room)), style=_number_style(reading, live))
        grid.add_row(words, number)
        grid.add_row("", "")
    return grid


def lines(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    """A line for each number, where there is no room for large ones."""
    narrow = width < MEDIUM - MARGIN
    grid = Table.grid(padding=(0, 1 if narrow else 2), expand=True)
    grid.add_column(ratio=1 if narrow else None, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=None if narrow else 1, no_wrap=True)
    for reading in snapshot.readings:
        value = Text(_plain(reading), style=_number_style(reading, live))
        caption = _caption(reading, snapshot.timestamp, short=narrow)
        bars = Text("" if narrow else _spark(reading, live, 24), style="cyan")
        grid.add_row(_title(reading, live), value, caption, bars)
    return grid


def _title(reading: Reading, live: Live) -> Text:
    title = Text(reading.source.title, style="bold")
    if reading.source.service in live.changed:
        title.append(" ◆", style="magenta bold")
    return title


def _number(reading: Reading, width: int) -> Sequence[str]:
    return _picture(_plain(reading), width)


def _picture(text: str, width: int) -> Sequence[str]:
    """A number in `HEIGHT` lines: large where it fits."""
    if len(text) <= width and all(len(line) <= width for line in large(text)):
        return large(text)
    shown = text if len(text) <= width else f"{text[: width - 1]}…"
    return ["", shown, *[""] * (HEIGHT - 2)]


def _plain(reading: Reading) -> str:
    return "-" if reading.value is None else f"{reading.value:,}"


def _number_style(reading: Reading, live: Live) -> str:
    if reading.source.service in live.changed:
        return "magenta bold"
    return {State.LIVE: "bold", State.STALE: "yellow", State.UNAVAILABLE: "red dim"}[reading.state]


def _caption(reading: Reading, now: datetime, *, short: bool = False) -> Text:
    """How old the number is when it is old, else how it has changed since the last look."""
    if reading.answer.problem == WAITING:
        return Text("asking …", style="dim")
    if reading.state is State.UNAVAILABLE:
        return Text("not available", style="red")
    if reading.state is State.STALE:
        return Text(f"{age(reading.age_s)} old", style="yellow")
    change, previous = reading.change, reading.previous
    if change is None or previous is None:
        return Text("" if short else "first look", style="dim")
    since = "" if short else _moment(previous.as_of, now)
    if change == 0:
        return Text("=" if short else f"same as {since}", style="dim")
    trend = Text(f"{'▲' if change > 0 else '▼'} {abs(change):,}", style="cyan")
    return trend if short else trend.append(f" since {since}", style="dim")


def _moment(then: datetime, now: datetime) -> str:
    """A moment as one would say it now: `08:31`, `Fri 08:31`, `2 Nov`."""
    local, today = then.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if today - local < timedelta(days=6) else f"{local.day} {local:%b}"


def _spark(reading: Reading, live: Live, room: int) -> str:
    values = live.history.get(reading.source.service, ())
    return sparkline(values, min(room, 24)) if len(values) > 1 else ""
