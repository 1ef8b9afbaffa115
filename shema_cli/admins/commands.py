"""`shema admins …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.admins.change import Administration

group = new_group("admins")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's email.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")]


@command(group, "list", access=Access.READ, view="listing")
def list_admins(app: AppContext) -> Result:
    """List who is an admin."""
    from shema_cli.admins.change import list_admins
    from shema_cli.auth.project import Realm

    return list_admins(Realm.from_settings(app.settings, app.state, app.clock))


@command(group, "grant", access=Access.CHANGE)
def grant(app: AppContext, email: Email, reason: Reason = "", dry_run: DryRun = False, yes: Yes = False) -> Result:
    """Make an account an admin."""
    from shema_cli.admins.change import Mode

    return _administration(app).grant(email, Mode(dry_run, yes, reason=reason))


@command(group, "revoke", access=Access.CHANGE)
def revoke(
    app: AppContext,
    email: Email,
    reason: Reason = "",
    force: Annotated[bool, typer.Option("--force", help="Also the last admin, also yourself.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Take an account's admin rights."""
    from shema_cli.admins.change import Mode

    return _administration(app).revoke(email, Mode(dry_run, yes, force, reason))


def _administration(app: AppContext) -> Administration:
    from shema_cli.admins.change import Administration
    from shema_cli.auth.project import Realm

    assert app.admin
    realm = Realm.from_settings(app.settings, app.state, app.clock)
    return Administration(realm, app.person, app.store, app.journal, app.admin.uid)
