"""`shema trace ID`"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result

group = new_group("trace")


@command(group, "trace", access=Access.READ, view="trace")
def trace(
    app: AppContext,
    id: Annotated[str, typer.Argument(metavar="ID", help="An enrollment, event, request or booking.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with each event that mentions it.")] = False,
) -> Result | ExitCode:
    """Follow one id through decisions, audit trail, dead letters and live events, in order of time."""
    from shema_cli.trace import find

    if follow:
        from shema_cli.trace.follow import follow as follow_live

        return follow_live(app, id, _message, _step)
    return find.trace(app, id)


def _message(record: Any, width: int) -> Any:
    from shema_cli.events.views import lines

    return lines(record, width)


def _step(record: Any, width: int) -> Any:
    from shema_cli.trace.views import step

    return step(record, width)
