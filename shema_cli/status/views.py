"""The status on a terminal: what is wrong on one screen of 24 lines, never paged, then what was looked at."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.cases.book import ANSWERED_BY
from shema_cli.condition.judge import unknown
from shema_cli.condition.problems import Headline, Problem, Severity
from shema_cli.output.sanitize import safe_line
from shema_cli.shell import to_type
from shema_cli.status.results import Status

LINES = 16
"""Lines for the problems, of the 24 of a small terminal; a prompt and what was looked at need the others."""
MOST_LOOKED = 4
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
        drawn.append(Text(f"  … and {left} more: shema status --json", style="dim"))
    if problems:
        drawn.append(Text(f"Step by step: {_case(problems[0])}", style="dim"))
    drawn += [Text(line, style="dim") for line in _wrapped(_looked(result), width, MOST_LOOKED)]
    return Group(*drawn)


def _case(problem: Problem) -> str:
    return to_type("shema runbook", ANSWERED_BY[problem.kind].name)


def first_line(told: Headline) -> Text:
    mark, style = MARKS[told.severity]
    return Text(f"{mark} {safe_line(told.said)}.", style=style)


def _problem(problem: Problem, width: int, lines: int, *, told: bool) -> list[Text]:
    """Its mark and what is wrong, the cause as far as there is room, and below it the next command, whole.

    Of the one that the first line has `told`, what is wrong is not said again.
    """
    mark, style = MARKS[problem.severity]
    said = safe_line(problem.cause if told else f"{problem.what}: {problem.cause}")
    said_in = _wrapped(said, width - INDENT, max(1, lines - 1))
    marks = ["  " if told or index else f"{mark} " for index in range(len(said_in))]
    drawn = [Text.assemble((before, style), line) for before, line in zip(marks, said_in, strict=True)]
    return drawn if lines == 1 else [*drawn, Text(f"  → {safe_line(problem.next)}", style="cyan", overflow="fold")]


def _wrapped(told: str, room: int, most: int) -> list[str]:
    """In at most `most` lines of `room` columns; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = told.split(" ")
    while words and len(lines) < most:
        line = words.pop(0)
        while words and cell_len(f"{line} {words[0]}") <= room:
            line += f" {words.pop(0)}"
        if cell_len(line) > room:
            head = set_cell_size(line, room)
            words.insert(0, line[len(head) :])
            line = head
        lines.append(line)
    if words and lines:
        lines[-1] = f"{set_cell_size(lines[-1], room - 1).rstrip()}…"
    return lines


def _looked(result: Status) -> str:
    """The areas of which no problem tells already."""
    told_already = {one.area for one in result.problems}
    told = [f"{one.area}: {safe_line(one.told)}" for one in result.looked_at if one.area not in told_already]
    unseen = [area for area, _ in unknown(result.seen)]
    return " · ".join([*([f"not known: {', '.join(unseen)}"] if unseen else []), *told])
