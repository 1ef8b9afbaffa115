"""`shema audit …`"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import (
    ACTIONS,
    ACTORS,
    SAFETY,
    TARGETS,
    WHICH,
    Follow,
    Option,
    Since,
    Until,
)
from shema_cli.context import AppContext
from shema_cli.results import Stream

if TYPE_CHECKING:
    from shema_cli.audit import views
    from shema_cli.audit.results import AuditList, AuditRecord, Verification
else:
    views = Later("shema_cli.audit.views")

group = new_group("audit", see_also=("trace",))

SHOWN = 100
FOLLOWED_FROM = 10


@command(
    group,
    "list",
    access=Access.READ,
    view=views.listing,
    examples=(
        Example("The last day", "shema audit list --since 1d"),
        Example("What one admin approved", "shema audit list --actor admin@shema.test --action approve -o csv"),
        Example("A copy of the whole trail", "shema audit list --json > copy.json"),
        Example("As it happens", "shema audit list --follow", needs="endless"),
    ),
    see_also=("audit verify", "trace"),
)
def list_entries(
    app: AppContext,
    actor: Annotated[
        str | None,
        Option(
            "--actor", value="ADMIN", heading=WHICH, completes=ACTORS, help="Only what this admin did (email or uid)."
        ),
    ] = None,
    action: Annotated[
        str | None,
        Option("--action", value="ACTION", heading=WHICH, completes=ACTIONS, help="Only this action, as `approve`."),
    ] = None,
    target: Annotated[
        str | None,
        Option("--target", value="ID", heading=WHICH, completes=TARGETS, help="Only what was done to this id."),
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[
        int | None,
        Option("--limit", value="N", heading=WHICH, min=1, help="At most so many (100 in a table; 10 with --follow)."),
    ] = None,
    follow: Follow = False,
) -> AuditList | AuditRecord | Stream:
    """Show who did what, newest first."""
    from shema_cli.audit import read
    from shema_cli.audit.results import AuditFilter, named
    from shema_cli.clock import parse_optional_moment
    from shema_cli.output.sink import Format
    from shema_cli.people.shown import NamesAside, names_of
    from shema_cli.store.remembered import compare

    now = app.clock.now()
    wanted = AuditFilter(
        actor,
        action,
        target,
        since=parse_optional_moment(since, "--since", now),
        until=parse_optional_moment(until, "--until", now),
    )
    if follow:
        records = read.follow(app.store, app.clock, app.person, wanted, limit or FOLLOWED_FROM)
        return Stream(records if app.output.format is Format.JSON else named(records, NamesAside(app.names, app.clock)))
    compare(app.store, app.trail_memory, app.output.warn)
    drawn = app.output.format is Format.TABLE
    found = read.list_entries(app.store, wanted, limit or (SHOWN if drawn else None))
    if app.output.format is Format.JSON:
        return found
    return replace(found, names=names_of(app.names, app.person, found.subjects()))


@command(
    group,
    "verify",
    access=Access.READ,
    view=views.verification,
    examples=(
        Example("Is the trail whole?", "shema audit verify"),
        Example("For a nightly job", "shema audit verify --json"),
        Example("After a trail was begun anew, on purpose", "shema audit verify --accept"),
    ),
    exits={1: "an entry was removed, changed or forged"},
    see_also=("audit list",),
)
def verify(
    app: AppContext,
    accept: Annotated[
        bool,
        Option("--accept", heading=SAFETY, help="Forget what this machine saw earlier: a trail that was begun anew."),
    ] = False,
) -> Verification:
    """Check that no entry was removed, changed or forged."""
    from shema_cli.audit.verify import verify
    from shema_cli.store.seal import Sealer

    if accept:
        app.trail_memory.forget()
    return verify(app.store, Sealer.from_settings(app.settings), app.trail_memory)
