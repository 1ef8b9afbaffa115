"""`shema audit …`"""

from __future__ import annotations

from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result, Stream

group = new_group("audit")

SHOWN = 100
FOLLOWED_FROM = 10


@command(group, "list", access=Access.READ, view="listing")
def list_entries(
    app: AppContext,
    actor: Annotated[str | None, typer.Option(help="Only what this admin did (email or uid).")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, as `approve`.")] = None,
    target: Annotated[str | None, typer.Option(help="Only what was done to this id.")] = None,
    since: Annotated[str | None, typer.Option(help="From: a duration ago (2h, 3d) or an ISO time.")] = None,
    until: Annotated[str | None, typer.Option(help="To: a duration ago or an ISO time.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many (100; 10 with --follow).")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with each new entry as it comes.")] = False,
) -> Result | Stream:
    """Show who did what, newest first."""
    from shema_cli.audit import read
    from shema_cli.audit.results import AuditFilter
    from shema_cli.durations import parse_moment

    now = app.clock.now()
    wanted = AuditFilter(
        actor,
        action,
        target,
        since=parse_moment(since, "--since", now) if since else None,
        until=parse_moment(until, "--until", now) if until else None,
    )
    if follow:
        return Stream(read.follow(app.store, app.clock, app.person, wanted, limit or FOLLOWED_FROM))
    return read.list_entries(app.store, wanted, limit or SHOWN)


@command(group, "verify", access=Access.READ, view="verification")
def verify(app: AppContext) -> Result:
    """Check that no entry was removed, changed or forged."""
    from shema_cli.audit.verify import verify

    return verify(app.store)
