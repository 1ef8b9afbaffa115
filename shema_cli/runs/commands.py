"""`shema dlq runs …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import RUNS, Argument, DryRun, Yes
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.runs import views
    from shema_cli.runs.results import RunList, StoppedRun
else:
    views = Later("shema_cli.runs.views")

group = new_group("dlq")


@command(
    group,
    "runs",
    access=Access.READ,
    view=views.listing,
    examples=(
        Example("Who is at work, and how far", "shema dlq runs"),
        Example("For a program", "shema dlq runs --json"),
    ),
    see_also=("dlq runs stop", "dlq recover", "audit list"),
)
def list_all(app: AppContext) -> RunList:
    """List the replays, discards, imports and resends that are under way, or were abandoned."""
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.runs.look import list_runs

    return list_runs(DeadLetters(app.store))


@command(
    group,
    "runs stop",
    access=Access.CHANGE,
    view=views.stopped,
    examples=(
        Example("See how far it is", "shema dlq runs stop 3f9a --dry-run", ends=(1,)),
        Example("End it after the batch in hand", "shema dlq runs stop 3f9a --yes", ends=(1,)),
    ),
    exits={
        0: "it has ended, or ends before its next step",
        1: "there is no such run, it had ended already, or it has died",
    },
    see_also=("dlq runs", "dlq recover", "audit list"),
)
def stop_run(
    app: AppContext,
    run: Annotated[str, Argument("RUN", completes=RUNS, help="A run (shema dlq runs), or its first four digits.")],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> StoppedRun:
    """End a run gently, on whatever machine it is. It does nothing more; what it has done stays done."""
    from shema_cli.dlq.run.run import Operator
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.runs.stop import stop

    letters, environ = DeadLetters(app.store), app.output.streams.environ
    operator = Operator(letters, app.clock, app.journal, app.person, app.still_admin, environ, yes)
    return stop(operator, run, dry_run=dry_run)
