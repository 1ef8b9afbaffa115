"""The screen: five large numbers, the state of each service, and what stands around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shema_cli.clock import TIME_OF_DAY, age, local_time
from shema_cli.condition.facts import LetterFacts
from shema_cli.condition.judge import judge
from shema_cli.condition.problems import Severity, headline
from shema_cli.dashboard.bars import FEWEST_BARS, MOST_BARS, bars_of, last_day
from shema_cli.dashboard.digits import HEIGHT, large
from shema_cli.dashboard.results import (
    WAITING,
    Live,
    Reading,
    ReadingState,
    Snapshot,
    SourceAnswer,
    SourceProblem,
    Surroundings,
    told_change,
)
from shema_cli.dashboard.seen import condition_of
from shema_cli.dashboard.trend import DEAD_LETTERS
from shema_cli.output.sanitize import safe_line
from shema_cli.results import are, counted
from shema_cli.settings.target import Target

WIDE = 108  # from here on the five numbers stand side by side
MEDIUM = 64  # from here on in two rows; below, one under the other
MARGIN = 2
IN_TWO_ROWS = 3
BESIDE = 18  # columns for what stands beside a number, where they stand under each other
IDLE = Live()
"""What a single look knows of a watch: nothing."""
_WITH_CIRCUIT = 68
_COLUMNS = (12, 11, 7, 9, 17)  # name, state, how long it took, age, circuit
_COLOUR = {ReadingState.LIVE: "green", ReadingState.STALE: "yellow", ReadingState.UNAVAILABLE: "red"}
_VERDICTS = {None: ("✓", "green"), Severity.WARN: ("!", "yellow bold"), Severity.FAIL: ("✗", "red bold")}
_MARK = {ReadingState.LIVE: "●", ReadingState.STALE: "◐", ReadingState.UNAVAILABLE: "○"}


def screen(snapshot: Snapshot, width: int) -> RenderableType:
    """One look: with large numbers where all of it is seen at once, with the prompt below it."""
    roomy = _one_look(snapshot, width, roomy=True)
    seen_at_once = snapshot.lines is None or _height(roomy, width) < snapshot.lines
    return roomy if seen_at_once else _one_look(snapshot, width, roomy=False)


def _one_look(snapshot: Snapshot, width: int, *, roomy: bool) -> RenderableType:
    return Padding(Group(*_parts(snapshot, width - MARGIN, IDLE, roomy=roomy)), (1, 0, 1, 1))


def _height(drawn: RenderableType, width: int) -> int:
    return len(Console(width=width, markup=False, highlight=False, emoji=False).render_lines(drawn))


def live_screen(snapshot: Snapshot, width: int, live: Live, *, roomy: bool) -> RenderableType:
    """A frame of `--watch`. Without `roomy` the numbers take a line each, for a terminal of few lines."""
    return Padding(Group(*_parts(snapshot, width - MARGIN, live, roomy=roomy)), (0, 0, 0, 1))


def _parts(snapshot: Snapshot, width: int, live: Live, *, roomy: bool) -> list[RenderableType]:
    parts = [_header(snapshot, width), _headline(snapshot, width), Text("")]
    numbers = _tiles(snapshot, width, live) if roomy and not snapshot.words else _lines(snapshot, width, live)
    parts += [numbers, Text(""), _services(snapshot, width, live)]
    if snapshot.surroundings:
        in_a_tile = roomy and not snapshot.words and _tile_columns(width) == IN_TWO_ROWS
        bars = MOST_BARS if width >= MEDIUM - MARGIN else 0
        parts += [Text(""), _around(snapshot.surroundings, snapshot, dead_letters=not in_a_tile, bars=bars)]
    return parts


def _header(snapshot: Snapshot, width: int) -> RenderableType:
    moment = snapshot.timestamp.astimezone()
    time = Text(local_time(moment, TIME_OF_DAY), style="bold")
    name = _name(snapshot.target, short=width < MEDIUM)
    day = f"{moment:%A}, {moment.day} {moment:%B %Y}" if width >= MEDIUM else f"{moment:%a} {moment.day} {moment:%b}"
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True)
    both = Text.assemble((f"{day}  ", "dim"), time)
    fits = name.cell_len + 2 + both.cell_len <= width
    line.add_row(name, both if fits else time)
    return line


def _name(target: Target | None, *, short: bool) -> Text:
    """The school and the profile; where there is little room, the profile alone."""
    named = target is not None and target.profile != "default"
    name = Text("" if named and short else "Shema Music", style="bold")
    if target is not None and named:
        name.append(" · " if name.plain else "", style="cyan").append(safe_line(target.profile), style="cyan")
    if target is not None and target.read_only:
        name.append(" READ-ONLY", style="red bold")
    return name


def _headline(snapshot: Snapshot, width: int) -> RenderableType:
    """How the numbers are and, as far as there is room beside it, where they come from."""
    verdict = _verdict(snapshot)
    where = _where(snapshot.target, width - verdict.cell_len - 2)
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right", no_wrap=True)
    line.add_row(verdict, where)
    return line if where.cell_len else verdict


def _where(target: Target | None, room: int) -> Text:
    words = [safe_line(word) for word in target.words[1:]] if target else []
    while words and cell_len(" · ".join(words)) > room:
        words.pop()
    return Text(" · ".join(words), style="dim")


def _verdict(snapshot: Snapshot) -> Text:
    """The whole screen in one sentence: the first line of `shema status`, as far as is looked at here."""
    if all(reading.answer.problem == WAITING for reading in snapshot.readings):
        return Text("Asking the services …", style="dim")
    first = headline(judge(condition_of(snapshot)), "Every number is fresh")
    mark, style = _VERDICTS[first.severity]
    told = ". ".join([safe_line(first.said), *_not_fresh(snapshot)])
    return Text(f"{mark} {told}.", style=style)


def _not_fresh(snapshot: Snapshot) -> list[str]:
    """How many numbers are how old, where not all are fresh."""
    states = [reading.state for reading in snapshot.readings]
    live, stale, missing = (
        states.count(state) for state in (ReadingState.LIVE, ReadingState.STALE, ReadingState.UNAVAILABLE)
    )
    if live == len(states):
        return []
    told = [_told(number, word) for number, word in ((live, "fresh"), (stale, "old"), (missing, "missing")) if number]
    return [", ".join(told)]


def _told(number: int, word: str) -> str:
    return f"{number} {are(number)} {word}"


def footer(words: Iterable[str], width: int) -> Text:
    """The last line of `--watch`."""
    line = Text("  ".join(words), style="dim")
    line.truncate(width, overflow="ellipsis")
    return line


# -- the five numbers: large in tiles, large under each other, or a line each ----------------------------------------


def _tile_columns(width: int) -> int:
    return 5 if width >= WIDE - MARGIN else IN_TWO_ROWS if width >= MEDIUM - MARGIN else 1


def _tiles(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    columns = _tile_columns(width)
    if columns == 1:
        return _stacked(snapshot, width, live)
    tiles = [_tile(reading, snapshot, width // columns - 1, live) for reading in snapshot.readings]
    if columns == IN_TWO_ROWS and snapshot.surroundings:
        tiles.append(_dead_letter_tile(snapshot.surroundings, snapshot, width // columns - 1))
    parts: list[RenderableType] = []
    for start in range(0, len(tiles), columns):
        grid = Table.grid(expand=True)
        for _ in range(columns):
            grid.add_column(ratio=1, no_wrap=True)
        grid.add_row(*tiles[start : start + columns])
        parts += [grid, Text("")]
    return Group(*parts[:-1])


def _tile(reading: Reading, snapshot: Snapshot, width: int, live: Live) -> Text:
    number = [Text(line, style=_number_style(reading, live)) for line in _number(reading, width)]
    caption = _caption(reading, snapshot)
    return _tile_of(_title(reading, live), number, caption, width, lambda room: bars_of(reading, snapshot, live, room))


def _tile_of(title: Text, number: list[Text], caption: Text, width: int, bars: Callable[[int], str]) -> Text:
    """The bars stand beside the number or, where there is no room, beside the title."""
    beside = number[-1] if width - number[-1].cell_len - 3 >= FEWEST_BARS else title
    if found := bars(width - beside.cell_len - 3):
        beside.append(f"  {found}", style="cyan not bold")
    return Text("\n").join([title, *number, caption])


def _dead_letter_tile(around: Surroundings, snapshot: Snapshot, width: int) -> Text:
    """The sixth place of two rows of three."""
    letters = around.letters
    style = "yellow" if letters is None else "red bold" if letters.waiting else "green"
    number = [Text(line, style=style) for line in _picture("-" if letters is None else f"{letters.total:,}", width)]
    caption = Text("not known" if letters is None else _how_letters_are(letters), style=style)
    title = Text("Dead letters", style="bold")
    return _tile_of(title, number, caption, width, lambda room: last_day(DEAD_LETTERS, snapshot, room))


def _stacked(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    """Each number large at the right, what it is at the left."""
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    room = width - BESIDE - 2
    for reading in snapshot.readings:
        bars = Text(bars_of(reading, snapshot, live, BESIDE), style="cyan")
        words = Text("\n").join([_title(reading, live), _caption(reading, snapshot), bars])
        number = Text("\n".join(_number(reading, room)), style=_number_style(reading, live))
        grid.add_row(words, number)
        grid.add_row("", "")
    return grid


def _lines(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    """A line for each number, where there is no room for large ones."""
    narrow = width < MEDIUM - MARGIN
    grid = Table.grid(padding=(0, 1 if narrow else 2), expand=True)
    grid.add_column(ratio=1 if narrow else None, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=None if narrow else 1, no_wrap=True)
    for reading in snapshot.readings:
        value = Text(_plain(reading), style=_number_style(reading, live))
        caption = _caption(reading, snapshot, short=narrow)
        bars = Text("" if narrow else bars_of(reading, snapshot, live, MOST_BARS), style="cyan")
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
    return {ReadingState.LIVE: "bold", ReadingState.STALE: "yellow", ReadingState.UNAVAILABLE: "red dim"}[reading.state]


def _caption(reading: Reading, snapshot: Snapshot, *, short: bool = False) -> Text:
    """How old the number is when it is old, else how it has changed since yesterday or, where nobody looked then, since
    the last look."""
    if reading.answer.problem == WAITING:
        return Text("asking …", style="dim")
    if reading.state is ReadingState.UNAVAILABLE:
        return Text("not available", style="red")
    if reading.state is ReadingState.STALE:
        return Text(f"{age(reading.age_s)} old", style="yellow")
    daily = snapshot.since_yesterday(reading)
    if daily is not None:
        return Text(f"{daily:+,}" if short else told_change(daily), style="cyan" if daily else "dim")
    change, previous = reading.change, reading.previous
    if change is None or previous is None:
        return Text("" if short else "first look", style="dim")
    ago = age((snapshot.timestamp - previous.as_of).total_seconds())
    if change == 0:
        return Text("=" if short else f"same as {ago} ago", style="dim")
    trend = Text(f"{'▲' if change > 0 else '▼'} {abs(change):,}", style="cyan")
    return trend if short else trend.append(f" in {ago}", style="dim")


# -- a line for each service -----------------------------------------------------------------------------------------


def _services(snapshot: Snapshot, width: int, live: Live) -> RenderableType:
    """A line for each service; what went wrong beside it or, where it would be squeezed, under it."""
    watching = live is not IDLE
    beside = width >= WIDE - MARGIN
    room_beside = beside or (watching and width >= MEDIUM - MARGIN)
    parts: list[RenderableType] = []
    for reading in snapshot.readings:
        problem = reading.answer.problem
        cells = _service_cells(reading)[: 5 if width >= _WITH_CIRCUIT else 4 if width >= MEDIUM - MARGIN else 3]
        line = Table.grid(padding=(0, 2), expand=True)
        for cell in _COLUMNS[: len(cells)]:
            line.add_column(width=cell, no_wrap=True)
        line.add_column(ratio=1, no_wrap=watching, overflow="ellipsis" if watching else "fold")
        line.add_row(*cells, Text(_told_beside(problem, beside=beside) if room_beside and problem else "", style="dim"))
        parts.append(line)
        if problem and not beside and not watching:
            parts.append(Padding(Text(safe_line(problem.message), style="dim", overflow="fold"), (0, 0, 0, 2)))
    return Group(*parts)


def _told_beside(problem: SourceProblem, *, beside: bool) -> str:
    return safe_line(problem.message if beside else problem.code.replace("_", " "))


def _service_cells(reading: Reading) -> list[Text]:
    colour = _COLOUR[reading.state]
    circuit = reading.answer.circuit
    return [
        Text.assemble((_MARK[reading.state], colour), f" {reading.source.service}"),
        Text(reading.state.value, style=colour),
        Text(_took(reading.answer), style="dim"),
        Text(_as_of(reading), style="dim"),
        Text(f"circuit {circuit.replace('_', '-')}", style="dim" if circuit == "closed" else "yellow"),
    ]


def _as_of(reading: Reading) -> str:
    if reading.age_s is None:
        return "-"
    return "just now" if reading.age_s < 1 else f"{age(reading.age_s)} ago"


def _took(answer: SourceAnswer) -> str:
    if answer.request_id is None:
        return "-"  # nothing was sent
    return f"{answer.duration_ms:.0f} ms" if answer.duration_ms < 1000 else f"{answer.duration_ms / 1000:.1f} s"


# -- dead letters, Redis, the registry -------------------------------------------------------------------------------


def _around(around: Surroundings, snapshot: Snapshot, *, dead_letters: bool, bars: int) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    if dead_letters:
        grid.add_row("Dead letters", _dead_letters(around, snapshot, bars))
    grid.add_row("Redis", _redis(around))
    grid.add_row("Registry", _registry(around))
    return grid


def _dead_letters(around: Surroundings, snapshot: Snapshot, room: int) -> Text:
    letters = around.letters
    if letters is None:
        return Text("○ not known", style="yellow")
    if not letters.total:
        return Text("● none", style="green")
    if not letters.waiting:
        return Text(f"● {letters.total:,}, {_how_letters_are(letters)}", style="green")
    waiting = ", ".join(filter(None, (f"● {letters.waiting:,} waiting", _how_letters_are(letters))))
    bars = last_day(DEAD_LETTERS, snapshot, room)
    return Text.assemble((waiting, "red bold"), (f"  {bars}" if bars else "", "cyan"), ("  shema dlq list", "dim"))


def _how_letters_are(letters: LetterFacts) -> str:
    if not letters.total:
        return "none waiting"
    if not letters.waiting:
        return "all acknowledged"
    return "" if letters.waiting_for_s is None else f"the oldest {age(letters.waiting_for_s)} old"


def _redis(around: Surroundings) -> Text:
    if around.redis_ms is None:
        return Text(f"○ {safe_line(around.redis_problem or 'not known')}", style="red")
    return Text.assemble(("●", "green"), f" answers in {around.redis_ms:.1f} ms")


def _registry(around: Surroundings) -> Text:
    registry = around.registry
    if registry is None:
        problem = around.registry_problem if around.registry_problem != around.redis_problem else None
        return Text(f"○ {safe_line(problem or 'not known')}", style="yellow")
    if not registry.registered and not registry.bad:
        return Text.assemble(("●", "green"), " nothing registered")
    told = [f"{counted(registry.registered, 'instance')} registered"]
    told += [f"{len(registry.expired)} expired"] if registry.expired else []
    told += [f"{len(registry.bad)} that cannot be understood"] if registry.bad else []
    if len(told) == 1:
        return Text.assemble(("●", "green"), f" {told[0]}")
    return Text(f"◐ {', '.join(told)}", style="yellow")
