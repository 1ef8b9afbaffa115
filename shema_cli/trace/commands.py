"""`shema trace ID`"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import ENROLLMENTS, Argument, Follow
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode

if TYPE_CHECKING:
    from shema_cli.events import views as event_views
    from shema_cli.trace import views
    from shema_cli.trace.results import Trace
else:
    event_views = Later("shema_cli.events.views")
    views = Later("shema_cli.trace.views")

group = new_group("trace")


@command(
    group,
    "trace",
    access=Access.READ,
    view=views.trace,
    examples=(
        Example("What happened to an event", "shema trace evt_00000000-0000-7000-8000-000000000008"),
        Example("Wait for more about an enrollment", "shema trace enr-0314 --follow", needs="endless"),
    ),
    exits={1: "nothing knows this id"},
    see_also=("audit list", "dlq show", "events tail"),
)
def trace(
    app: AppContext,
    id: Annotated[str, Argument("ID", completes=ENROLLMENTS, help="An enrollment, event, request or booking.")],
    follow: Follow = False,
) -> Trace | ExitCode:
    """Follow one id through decisions, audit trail, dead letters and live events, in order of time."""
    from shema_cli.output.sink import Format
    from shema_cli.people.shown import NamesAside, names_of
    from shema_cli.trace import find
    from shema_cli.trace.service import asking

    service = asking(app.settings, app.services)
    if not follow:
        found = find.trace(app.store, id, service)
        if app.output.format is Format.JSON:
            return found
        return replace(found, names=names_of(app.names, app.person, found.subjects()))
    from shema_cli.events.printer import StdoutPrinter
    from shema_cli.events.tail import EVERYTHING, TailOptions, tail

    known = find.known(app.store, id, service)
    if known.nothing:
        app.output.note(known.nothing)
    for step in known.steps:
        app.output.record(step, views.step)
    options = TailOptions((EVERYTHING,), filter=find.Mentioning(ids=known.ids))
    printer = StdoutPrinter(app.output, options, event_views.lines, NamesAside(app.names, app.clock))
    return tail(app.store, options, printer, clock=app.clock, still_admin=app.still_admin)
