"""What stands around the numbers: dead letters, Redis, the registry."""

from __future__ import annotations

from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.counts import counted
from shema_cli.dashboard.models import Surroundings
from shema_cli.durations import age
from shema_cli.output.sanitize import safe_line


def around(around: Surroundings, now: datetime, *, dead_letters: bool) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    if dead_letters:
        grid.add_row("Dead letters", _dead_letters(around, now))
    grid.add_row("Redis", _redis(around))
    grid.add_row("Registry", _registry(around))
    return grid


def _dead_letters(around: Surroundings, now: datetime) -> Text:
    if around.dead_letters is None:
        return Text("○ not known", style="yellow")
    if not around.dead_letters:
        return Text("● none", style="green")
    waiting = ", ".join(filter(None, (f"● {around.dead_letters:,} waiting", oldest(around, now))))
    return Text.assemble((waiting, "red bold"), ("  shema dlq list", "dim"))


def oldest(around: Surroundings, now: datetime) -> str:
    return "" if around.oldest_at is None else f"the oldest {age((now - around.oldest_at).total_seconds())} old"


def _redis(around: Surroundings) -> Text:
    if around.redis_ms is None:
        return Text(f"○ {safe_line(around.redis_problem or 'not known')}", style="red")
    return Text.assemble(("●", "green"), f" answers in {around.redis_ms:.1f} ms")


def _registry(around: Surroundings) -> Text:
    if around.instances is None:
        problem = around.registry_problem if around.registry_problem != around.redis_problem else None
        return Text(f"○ {safe_line(problem or 'not known')}", style="yellow")
    if not around.instances and not around.unreadable:
        return Text.assemble(("●", "green"), " nothing registered")
    told = [f"{counted(around.instances, 'instance')} registered"]
    told += [f"{around.expired} expired"] if around.expired else []
    told += [f"{around.unreadable} that cannot be understood"] if around.unreadable else []
    if len(told) == 1:
        return Text.assemble(("●", "green"), f" {told[0]}")
    return Text(f"◐ {', '.join(told)}", style="yellow")
