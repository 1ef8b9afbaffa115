"""How the sandbox's results are drawn."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.sandbox.models import Environment, Status, fault_text
from shema_cli.ui.tables import NARROW, new_table, text


def status(result: Status, width: int) -> RenderableType:
    """A line a part; below them what was published, and the last things that went wrong."""
    if result.running is None:
        return Text("not running", style="dim")
    wide = width >= NARROW
    table = new_table("part", "state", "fault")
    if wide:
        for column in ("published", "handled", "dead letters"):
            table.add_column(column, justify="right")
    if width >= 100:
        table.add_column("url", overflow="fold")
    for name, part in result.all_parts():
        counts = [text(part.get(key)) for key in ("published", "handled", "dead_letters")] if wide else []
        url = [text(part["url"], "dim")] if width >= 100 else []
        state = text("up", "green") if part["up"] else text("down", "bold red")
        table.add_row(text(name), state, text(fault_text(part["fault"]), "yellow"), *counts, *url)
    problems = [text(problem, "dim") for problem in result.parts["problems"][-5:]]
    return Group(table, *([Text(), Text("last problems", style="bold"), *problems] if problems else []))


def environment(result: Environment, width: int) -> RenderableType:
    """Lines that can be copied: never folded."""
    return Text("\n".join(result.lines()), no_wrap=True, overflow="ignore")
