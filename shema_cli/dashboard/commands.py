"""`shema dashboard`"""

from __future__ import annotations

from itertools import zip_longest
from typing import Annotated, Any

import typer
import typer.core

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

WATCH_EVERY = "5"
group = new_group("dashboard")


class WatchCommand(typer.core.TyperCommand):
    """Reads `--watch` also where no number of seconds follows."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        spelled = [
            f"--watch={WATCH_EVERY}" if word == "--watch" and after.startswith("-") else word
            for word, after in zip_longest(args, args[1:], fillvalue="-")
        ]
        return list(super().parse_args(ctx, spelled))


@command(group, "dashboard", access=Access.READ, view="screen", cls=WatchCommand)
async def dashboard(
    app: AppContext,
    watch: Annotated[
        str | None,
        typer.Option("--watch", metavar="[SECONDS]", help=f"Ask again every SECONDS ({WATCH_EVERY} when not given)."),
    ] = None,
    max_stale: Annotated[
        str, typer.Option("--max-stale", metavar="DURATION", help="Show no number that is older than this.")
    ] = "24h",
) -> Result | None:
    """Show the five numbers of the school, and where each came from."""
    from shema_cli.dashboard.snapshot import SchoolAccess, look
    from shema_cli.durations import parse_duration

    max_stale_s = parse_duration(max_stale, "--max-stale")
    school = SchoolAccess(app.settings, app.state, app.clock, app.services, lambda: app.store)
    if watch is None:
        return await look(school, app.person, max_stale_s)
    from shema_cli.dashboard.watch import interval, watch_until_quit

    await watch_until_quit(school, app.output, interval(watch), max_stale_s, app.still_admin)
    return None
