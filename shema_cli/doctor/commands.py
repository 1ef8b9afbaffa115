"""`shema doctor`"""

from __future__ import annotations

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

group = new_group("doctor")


@command(group, "doctor", access=Access.OPEN, view="diagnosis", any_profile=True)
def doctor(app: AppContext) -> Result:
    """Look at settings, files, sign-in, Redis, services and this terminal, and say what to do. Changes nothing."""
    from shema_cli.doctor.bench import Bench
    from shema_cli.doctor.diagnose import CHECKS, diagnose

    wanted_profile = app.options.profile or app.settings.get("SHEMA_PROFILE")
    return diagnose(Bench(app.settings, app.output.streams, app.clock, wanted_profile), CHECKS)
