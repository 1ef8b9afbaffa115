"""`shema trace ID`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shema_cli.events.printer import MessageLines, NoticeLine
    from shema_cli.trace.results import TraceStep

group = new_group("trace")


@command(group, "trace", access=Access.READ, view="trace")
def trace(
    app: AppContext,
    id: Annotated[str, typer.Argument(metavar="ID", help="An enrollment, event, request or booking.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with each event that mentions it.")] = False,
) -> Result | ExitCode:
    """Follow one id through decisions, audit trail, dead letters and live events, in order of time."""
    from shema_cli.trace import find

    if not follow:
        return find.trace(app.store, id)
    from shema_cli.events.printer import StdoutPrinter
    from shema_cli.events.tail import EVERYTHING, TailOptions, tail

    known = find.known(app.store, id)
    if known.nothing:
        app.output.note(known.nothing)
    for step in known.steps:
        app.output.record(step, _step)
    options = TailOptions((EVERYTHING,), filter=find.Mentioning(ids=known.ids))
    printer = StdoutPrinter(app.output, options, _message)
    return tail(app.store, options, printer, clock=app.clock, still_admin=app.still_admin)


def _message(record: MessageLines | NoticeLine, width: int) -> RenderableType:
    from shema_cli.events.views import lines

    return lines(record, width)


def _step(record: TraceStep, width: int) -> RenderableType:
    from shema_cli.trace.views import step

    return step(record, width)
