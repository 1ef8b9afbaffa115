"""The status on a terminal: what is wrong on one screen of 24 lines, never paged, then what was looked at."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.cases.book import ANSWERED_BY
from shema_cli.condition.judge import unknown
from shema_cli.condition.problems import Headline, Problem, Severity
from shema_cli.output.sanitize import safe_line
from shema_cli.output.wrap import wrapped
from shema_cli.shell import to_type
from shema_cli.status.results import Status

LINES = 16
"""Lines for the problems, of the 24 of a small terminal; what was looked at, and a prompt, need the others."""
ALL_LINES = 21
FEWEST_LOOKED = 4
MORE = "shema status --json"
MARKS = {None: ("✓", "green"), Severity.WARN: ("!", "yellow bold"), Severity.FAIL: ("✗", "red bold")}
INDENT = 2


def status(result: Status, width: int) -> RenderableType:
    """The first line, each problem with its next command, and what else was looked at."""
    problems = result.problems
    each = max(1, min(3, LINES // max(1, len(problems))))
    shown = problems[: LINES // each]
    drawn = [first_line(result.first_line)]
    for one in shown:
        drawn += _problem(one, width, each, told=one is problems[0])
    if left := len(problems) - len(shown):
        drawn.append(Text(f"  … and {left} more: {MORE}", style="dim"))
    if problems:
        drawn.append(Text(f"Step by step: {_case(problems[0])}", style="dim"))
    room = max(FEWEST_LOOKED, ALL_LINES - sum(_height(line, width) for line in drawn))
    drawn += [Text(line, style="dim") for line in _looked(result, width, room)]
    return Group(*drawn)


def _case(problem: Problem) -> str:
    return to_type("shema runbook", ANSWERED_BY[problem.kind].name)


def _height(line: Text, width: int) -> int:
    return max(1, -(-line.cell_len // width))


def first_line(told: Headline) -> Text:
    mark, style = MARKS[told.severity]
    return Text(f"{mark} {safe_line(told.said)}.", style=style)


def _problem(problem: Problem, width: int, lines: int, *, told: bool) -> list[Text]:
    """Its mark and what is wrong, the cause as far as there is room, and below it the next command, whole.

    Of the one that the first line has `told`, what is wrong is not said again.
    """
    mark, style = MARKS[problem.severity]
    said = safe_line(problem.cause if told else f"{problem.what}: {problem.cause}")
    said_in = wrapped(said, width - INDENT, max(1, lines - 1))
    marks = ["  " if told or index else f"{mark} " for index in range(len(said_in))]
    drawn = [Text.assemble((before, style), line) for before, line in zip(marks, said_in, strict=True)]
    return drawn if lines == 1 else [*drawn, Text(f"  → {safe_line(problem.next)}", style="cyan", overflow="fold")]


def _looked(result: Status, width: int, room: int) -> list[str]:
    """The areas of which no problem tells already: a line each, together, or in few words, as there is room.

    What has no room at all is counted.
    """
    told_already = {one.area for one in result.problems}
    shown = [one for one in result.looked_at if one.area not in told_already]
    unseen = [area for area, _ in unknown(result.seen)]
    first = [f"not known: {', '.join(unseen)}"] if unseen else []
    whole = [*first, *(f"{one.area}: {safe_line(one.told)}" for one in shown)]
    brief = [*first, *(f"{one.area}: {safe_line(one.brief)}" for one in shown)]
    each = [line for one in whole for line in _hanging(one, width)]
    if len(each) <= room:
        return each
    for told in (whole, brief):
        if len(lines := wrapped(" · ".join(told), width, room + 1)) <= room:
            return lines
    fitting = max((n for n in range(len(brief)) if len(_counted(brief, n, width, room + 1)) <= room), default=0)
    return _counted(brief, fitting, width, room)


def _counted(told: list[str], shown: int, width: int, most: int) -> list[str]:
    return wrapped(" · ".join([*told[:shown], f"and {len(told) - shown} more: {MORE}"]), width, most)


def _hanging(told: str, width: int) -> list[str]:
    lines = wrapped(told, width - INDENT, ALL_LINES)
    return [line if number == 0 else f"{' ' * INDENT}{line}" for number, line in enumerate(lines)]
