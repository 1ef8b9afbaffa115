"""`shema trace ID`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import ENROLLMENTS, Argument, Follow
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode

if TYPE_CHECKING:
    from shema_cli.events import views as event_views
    from shema_cli.trace import views
    from shema_cli.trace.results import Candidates, Trace
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
        Example("What became of an enrollment", "shema trace enr-0314"),
        Example("Of all that somebody applied for", "shema trace anggun.handayani1@shema.test"),
        Example("What happened to an event", "shema trace evt_00000000-0000-7000-8000-000000000008"),
        Example("Wait for more about an enrollment", "shema trace enr-0314 --follow", needs="endless"),
    ),
    exits={
        1: "nothing is known of it, several people may be meant, or a source did not answer",
        3: "nothing is known of it, and a source did not answer",
    },
    see_also=("find", "audit list", "dlq show", "events history", "events tail"),
)
def trace(
    app: AppContext,
    id: Annotated[
        str,
        Argument(
            "ID",
            completes=ENROLLMENTS,
            help="A name, an email, or the id of a user, enrollment, booking, session, event or request.",
        ),
    ],
    follow: Follow = False,
) -> Trace | Candidates | ExitCode:
    """Tell what became of somebody or something: one story out of services, audit trail, dead letters and history."""
    from shema_cli.people.shown import NamesAside, names_of
    from shema_cli.trace import follow as live
    from shema_cli.trace.look import Tracer, nothing_known
    from shema_cli.trace.results import Trace

    found = Tracer(app.services, lambda: app.store, app.clock).trace(id, nothing_is_known=follow)
    if not isinstance(found, Trace):
        return found
    as_json = app.output.format.value == "json"
    if not as_json:
        found = found.named(names_of(app.names, app.person, found.nameless))
    if not app.person.looks_at_tables and found.events:
        for remark in found.remarks():
            app.person.warn(remark)
    if not follow:
        return found
    if not found.events:
        app.output.note(nothing_known(id, found).message)
    if as_json:
        app.output.record(found.opening())
        for event in found.events:
            app.output.record(event)
    elif found.events:
        app.output.record(found, views.trace)
    return live.follow(
        app.store,
        found,
        app.output,
        (views.event, event_views.lines),
        NamesAside(app.names, app.clock),
        clock=app.clock,
        still_admin=app.still_admin,
    )
