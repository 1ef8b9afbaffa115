"""`shema dashboard`"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import Option
from shema_cli.context import AppContext
from shema_cli.errors import InvalidUsage

WATCH_EVERY = "5"
SCHOOL_STATES = ("healthy", "degraded")
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
        Example("Wait for the school after a deployment", "shema dashboard --until healthy --wait 60"),
        Example("One number for a script", "shema dashboard --json | jq .stats.pending_enrollments", needs="jq"),
    ),
    exits={
        0: "all five numbers are live, or --until was reached",
        1: "some number is stale or unavailable, or --until was not reached",
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
    until: Annotated[
        str | None,
        Option("--until", value="STATE", help=f"Watch until it is {' or '.join(SCHOOL_STATES)}."),
    ] = None,
    wait: Annotated[str | None, Option("--wait", value="SECONDS", help="With --until: wait at most this long.")] = None,
    max_stale: Annotated[
        str, Option("--max-stale", value="DURATION", help="Show no number that is older than this.")
    ] = "24h",
    *,
    bell: Annotated[bool, Option("--bell", help="With --watch: ring when something turns worse.")] = False,
) -> Snapshot | int:
    """Show the five numbers of the school, and where each came from."""
    from shema_cli.clock import parse_duration, parse_interval, parse_optional_duration
    from shema_cli.dashboard.snapshot import SchoolAccess, look

    max_stale_s = parse_duration(max_stale, "--max-stale")
    school = SchoolAccess(app.settings, app.state, app.clock, app.target, app.services, lambda: app.store)
    if wait is not None and until is None:
        raise InvalidUsage("usage", "--wait says how long to wait for a state", "say which: --until healthy")
    if watch is None and until is None:
        if bell:
            raise InvalidUsage("usage", "--bell rings while the dashboard is watched", "add --watch")
        snapshot = await look(school, app.person, max_stale_s)
        if not app.output.drawn:
            return snapshot
        from shema_cli.output.terminal import screen_size

        return replace(snapshot, lines=screen_size()[1])
    from shema_cli.dashboard.watch import Watch, wanted_state, watch_until_quit

    every_s = parse_interval(watch or WATCH_EVERY, "--watch")
    wait_s = parse_optional_duration(wait, "--wait")
    how = Watch(every_s, max_stale_s, wanted_state(until), wait_s, bell)
    return await watch_until_quit(school, app.output, how, app.still_admin)
