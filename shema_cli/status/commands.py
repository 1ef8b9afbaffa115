"""`shema status`"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.status import views
    from shema_cli.status.look import Sight
    from shema_cli.status.results import Status
else:
    views = Later("shema_cli.status.views")

group = new_group("status")


@command(
    group,
    "status",
    access=Access.READ,
    view=views.status,
    examples=(
        Example("What is wrong now, and what to do about it", "shema status", ends=(0, 1)),
        Example("The worst of it, for a script", "shema status --json | jq '.problems[0]'", needs="jq", ends=(0, 1)),
    ),
    exits={0: "nothing is wrong", 1: "something is wrong", 3: "nothing of the system gave an answer"},
    see_also=("runbook", "check", "doctor", "dashboard", "services health", "dlq stats"),
)
async def status(app: AppContext) -> Status:
    """Say what is wrong now, worst first, with its cause and the next command. Takes at most five seconds."""
    from shema_cli.status.look import look
    from shema_cli.status.results import Status

    return Status(await look(_sight(app)))


def _sight(app: AppContext) -> Sight:
    from shema_cli.status.look import Sight

    return Sight(
        app.settings, app.clock, app.target, lambda: app.store, app.services, lambda: app.trail_memory, app.admin
    )
