"""`shema dashboard`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import Option
from shema_cli.context import AppContext

WATCH_EVERY = "5"
if TYPE_CHECKING:
    from shema_cli.dashboard import views
    from shema_cli.dashboard.results import Snapshot
else:
    views = Later("shema_cli.dashboard.views")

group = new_group("dashboard")


@command(
    group,
    "dashboard",
    access=Access.READ,
    view=views.screen,
    examples=(
        Example("See how the school is doing", "shema dashboard"),
        Example("Keep it on the screen, asking every 10 seconds", "shema dashboard --watch 10", needs="endless"),
        Example("One number for a script", "shema dashboard --json | jq .stats.pending_enrollments", needs="jq"),
    ),
    exits={
        0: "all five numbers are live",
        1: "some number is stale or unavailable",
        3: "no number is live",
    },
    see_also=("services health", "enrollments list"),
)
async def dashboard(
    app: AppContext,
    watch: Annotated[
        str | None,
        Option(
            "--watch",
            value="[SECONDS]",
            bare=WATCH_EVERY,
            help=f"Ask again every SECONDS ({WATCH_EVERY} when not given).",
        ),
    ] = None,
    max_stale: Annotated[
        str, Option("--max-stale", value="DURATION", help="Show no number that is older than this.")
    ] = "24h",
) -> Snapshot | None:
    """Show the five numbers of the school, and where each came from."""
    from shema_cli.clock import parse_duration, parse_interval
    from shema_cli.dashboard.snapshot import SchoolAccess, look

    max_stale_s = parse_duration(max_stale, "--max-stale")
    school = SchoolAccess(app.settings, app.state, app.clock, app.target, app.services, lambda: app.store)
    if watch is None:
        return await look(school, app.person, max_stale_s)
    from shema_cli.dashboard.watch import watch_until_quit

    every_s = parse_interval(watch, "--watch")
    await watch_until_quit(school, app.output, every_s, max_stale_s, app.still_admin)
    return None
