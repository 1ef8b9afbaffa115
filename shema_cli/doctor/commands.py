"""`shema doctor`"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.doctor import views
    from shema_cli.doctor.results import Diagnosis
else:
    views = Later("shema_cli.doctor.views")

group = new_group("doctor")


@command(
    group,
    "doctor",
    access=Access.OPEN,
    view=views.diagnosis,
    any_profile=True,
    examples=(
        Example("What is wrong?", "shema doctor"),
        Example("For a bug report or a monitor", "shema doctor --json"),
    ),
    exits={0: "nothing failed; there may be warnings", 1: "a check failed"},
    see_also=("config show", "services health", "auth status"),
)
def doctor(app: AppContext) -> Diagnosis:
    """Look at settings, files, sign-in, Redis, services and this terminal, and say what to do. Changes nothing."""
    from shema_cli.doctor.bench import Bench
    from shema_cli.doctor.diagnose import CHECKS, diagnose

    wanted_profile = app.options.profile or app.settings.get("SHEMA_PROFILE")
    return diagnose(Bench(app.settings, app.output.streams, app.clock, wanted_profile), CHECKS)
