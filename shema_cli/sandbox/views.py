"""How the sandbox's results are drawn."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.output.sanitize import safe_line
from shema_cli.output.tables import NARROW, draw_table, new_facts, new_table, text
from shema_cli.sandbox.drill.drill import Remaining
from shema_cli.sandbox.drill.results import DrillChecked, DrillHint, DrillList, DrillResult, DrillStaged
from shema_cli.sandbox.drill.staged import DrillState
from shema_cli.sandbox.results import SandboxStatus, part_state
from shema_cli.sandbox.system.faults import fault_text
from shema_cli.sandbox.tour.steps import TourStep

WIDE = 100
WIDE_ENOUGH_FOR_MINUTES = 72
STATE_STYLES = {
    DrillState.STAGED: "yellow",
    DrillState.BROKEN_OFF: "yellow",
    DrillState.SOLVED: "green",
    DrillState.NEVER_TRIED: "dim",
}


def status(result: SandboxStatus, width: int) -> RenderableType:
    """A line a part; below them what was published, and the last things that went wrong."""
    if result.system is None:
        return Text("not running", style="dim")
    counted = ["published", "handled", "dead_letters"] if width >= WIDE else ["dead_letters"] if width >= NARROW else []
    table = new_table("part", "state", "fault")
    for column in counted:
        table.add_column(column.replace("_", " "), justify="right")
    if width >= WIDE:
        table.add_column("url", overflow="fold")
    for name, part in result.all_parts():
        counts = [text(part.get(key)) for key in counted]
        url = [text(part["url"], "dim")] if width >= WIDE else []
        state = text(part_state(part), "green" if part["up"] else "bold red")
        table.add_row(text(name), state, text(fault_text(part["fault"]), "yellow"), *counts, *url)
    problems = [text(problem, "dim") for problem in result.system.told["problems"][-5:]]
    return Group(table, *([Text(), Text("last problems", style="bold"), *problems] if problems else []))


def step(shown: TourStep, number: int, of: int) -> RenderableType:
    """The heading of a step, and what it is about."""
    heading = Text(f"\n{number}/{of}  {shown.title}", style="bold cyan")
    return Group(heading, Text(shown.says), Text())


def typed(command: str) -> RenderableType:
    """A command as it would be typed."""
    return Text.assemble(("$ ", "dim"), (command, "bold"))


def drill(result: DrillResult, width: int) -> RenderableType:
    """A story and what remains of it are read as text; all drills, as a table."""
    match result:
        case DrillStaged():
            return Text("\n\n".join(map(safe_line, result.story)) + "\n")
        case DrillChecked():
            lines = [("✗", "red bold", one.what, "") for one in result.remaining]
            return _marked(*lines) if lines else _solved(result.name)
        case DrillHint(remaining=Remaining() as told):
            return _marked(("✗", "red bold", told.what, ""), ("→", "cyan", told.hint, "cyan"))
        case DrillHint():
            return _solved(result.name)
        case DrillList():
            return _drills(result, width)
        case _:
            return draw_table(result.table(), width)


def _drills(result: DrillList, width: int) -> RenderableType:
    """Their names are there to be typed, and never folded."""
    wide = width >= WIDE_ENOUGH_FOR_MINUTES
    table = new_table()
    table.add_column("name", no_wrap=True)
    table.add_column("practises", overflow="fold")
    if wide:
        table.add_column("minutes", justify="right")
    table.add_column("state", no_wrap=True)
    for one, state in result.drills:
        style = STATE_STYLES.get(state, "")
        table.add_row(text(one.name), text(one.practises), *([text(one.minutes)] if wide else []), text(state, style))
    return table


def _solved(name: str) -> RenderableType:
    return Text(f"✓ {name} is solved.", style="green")


def _marked(*lines: tuple[str, str, str, str]) -> RenderableType:
    """Lines that are folded beside their mark: mark, its style, text, its style."""
    shown = new_facts()
    for mark, style, said, said_in in lines:
        shown.add_row(Text(mark, style), Text(safe_line(said), said_in))
    return shown
