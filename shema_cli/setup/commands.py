"""`shema setup`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import FILE, PROFILES, SAFETY, Argument, DryRun, Option, Yes
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.setup import views
else:
    views = Later("shema_cli.setup.views")

group = new_group("setup")


@command(
    group,
    "setup",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example(
            "Be asked for everything, and see at once whether it works", "shema setup production", needs="terminal"
        ),
        Example(
            "From a file or a pipe, without questions",
            "printf 'REDIS_URL=%s\\n' \"$REDIS_URL\" | shema setup staging --from - --json",
        ),
        Example("What would be written", "shema sandbox env | shema setup copy --from - --dry-run", needs="sandbox"),
    ),
    exits={
        0: "the profile is written, or says all of that already",
        1: "a value failed and nothing was written",
        2: "nobody can be asked, or the file cannot be taken as it is",
        5: "not confirmed, or somebody else changed the profile meanwhile; nothing was written",
    },
    see_also=("config set", "config show", "auth login", "status", "help profiles"),
)
def setup(
    app: AppContext,
    name: Annotated[
        str | None, Argument("[PROFILE]", completes=PROFILES, help="The profile to set up, new or there already.")
    ] = None,
    source: Annotated[
        str | None,
        Option(
            "--from", value="FILE", completes=FILE, help="Take NAME=value lines from FILE, - for stdin; ask nothing."
        ),
    ] = None,
    force: Annotated[bool, Option("--force", heading=SAFETY, help="Write also what failed when it was tried.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> int:
    """Set up a profile: what it needs is asked for, tried at once, and written in the end; then you are signed in."""
    from shema_cli.setup.setup import Setup, SetupRequest, Views

    work = Setup(
        app.settings,
        app.clock,
        app.output.streams.stdin,
        app.person_at,
        lambda profile: app.of_profile(profile).state,
        Views(views.question, views.tried, views.told, views.difference),
    )
    request = SetupRequest(app.options.profile if name is None else name, source, force, dry_run, yes)
    done = work.carry_out(request)
    if source is not None or not app.output.drawn:
        app.output.result(done, views.set_up)
    else:  # each value was shown when it was tried
        for note in done.notes():
            app.output.note(note)
    if app.output.drawn and done.signed_in and not dry_run:
        _status(app, done.profile)
    return done.exit_code


def _status(app: AppContext, profile: str) -> None:
    """What `shema status` says of the profile, as the next command finds it."""
    from shema_cli.app import declared
    from shema_cli.cli.declare import carry_out

    carry_out(app.of_profile(profile), declared("status"), "status", {})
